import type { CaseGroup } from "../build-case.ts";
import { CHECKS } from "./checks.ts";
import { CONFIG } from "./config.ts";
import { COPY } from "./copy.ts";
import { LAYERS } from "./layers.ts";
import { PARSER } from "./parser.ts";
import { RUN } from "./run.ts";
import { STAGES } from "./stages.ts";
import { VARIABLES } from "./variables.ts";

/** The whole corpus. */
export const GROUPS: readonly CaseGroup[] = [PARSER, VARIABLES, CONFIG, RUN, LAYERS, COPY, STAGES, CHECKS];

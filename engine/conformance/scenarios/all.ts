import type { Scenario } from "../scenario.ts";
import { containers, inspect, refusals, runs } from "./containers.ts";
import { events } from "./events.ts";
import { exec } from "./exec.ts";
import { files } from "./files.ts";
import { images } from "./images.ts";
import { networks } from "./networks.ts";
import { system } from "./system.ts";
import { volumes } from "./volumes.ts";

/** In the order in which they are run: each leaves the engine as it found it. */
export const SCENARIOS: readonly Scenario[] = [
  system,
  containers,
  runs,
  inspect,
  refusals,
  exec,
  images,
  files,
  volumes,
  networks,
  events,
];

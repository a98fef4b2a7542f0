import { EngineError } from "../base/errors.ts";
import { commandLineOf } from "./command-line.ts";
import type { Place, RunInstruction } from "./dockerfile.ts";
import { quote } from "./go-text.ts";
import { parseFlags } from "./instruction-flags.ts";
import type { InstructionNode } from "./instruction-node.ts";
import { parseMountOption } from "./parse-run-mount.ts";

const FLAGS = { mount: "list", network: "text", security: "text" } as const;
const NETWORKS = ["default", "none", "host"] as const;
const SECURITIES = ["sandbox", "insecure"] as const;

/** @throws EngineError */
export function parseRun(node: InstructionNode, place: Place): RunInstruction {
  const flags = parseFlags(node.flags, FLAGS);
  const mounts = (flags.mount ?? []).map(parseMountOption);
  const network = NETWORKS.find((mode) => mode === flags.network);
  if (flags.network !== undefined && network === undefined)
    throw invalid(`invalid network mode ${quote(flags.network)}`);
  const security = SECURITIES.find((mode) => mode === flags.security);
  if (flags.security !== undefined && security === undefined)
    throw invalid(`security ${quote(flags.security)} is not valid`);
  return {
    ...place,
    name: "RUN",
    command: commandLineOf(node),
    mounts,
    ...(network && { network }),
    ...(security && { security }),
  };
}

function invalid(message: string): EngineError {
  return new EngineError("invalid-argument", message);
}

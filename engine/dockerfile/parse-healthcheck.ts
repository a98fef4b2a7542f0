import { EngineError } from "../base/errors.ts";
import type { HealthcheckInstruction, Place } from "./dockerfile.ts";
import { commandLineOf } from "./command-line.ts";
import { parseDuration } from "./go-duration.ts";
import { quote } from "./go-text.ts";
import { parseFlags } from "./instruction-flags.ts";
import type { InstructionNode } from "./instruction-node.ts";

const FLAGS = {
  interval: "text",
  timeout: "text",
  "start-period": "text",
  "start-interval": "text",
  retries: "text",
} as const;

const MIN_NANOSECONDS = 1e6;

/** `NONE`, or options and `CMD`. @throws EngineError */
export function parseHealthcheck(node: InstructionNode, place: Place): HealthcheckInstruction {
  const [first, ...args] = node.args;
  if (first === undefined) throw invalid("HEALTHCHECK requires at least one argument");
  const type = first.toUpperCase();
  if (type === "NONE") {
    if (args.length > 0) throw invalid("HEALTHCHECK NONE takes no arguments");
    return { ...place, name: "HEALTHCHECK" };
  }
  const flags = parseFlags(node.flags, FLAGS);
  if (type !== "CMD") throw invalid(`Unknown type ${quote(type)} in HEALTHCHECK (try CMD)`);
  if (args.length === 0) throw invalid("Missing command after HEALTHCHECK CMD");
  for (const name of ["interval", "timeout", "start-period", "start-interval"] as const)
    checkDuration(name, flags[name]);
  checkRetries(flags.retries);
  return {
    ...place,
    name: "HEALTHCHECK",
    command: commandLineOf({ ...node, args }),
    ...(flags.interval !== undefined && { interval: flags.interval }),
    ...(flags.timeout !== undefined && { timeout: flags.timeout }),
    ...(flags["start-period"] !== undefined && { startPeriod: flags["start-period"] }),
    ...(flags["start-interval"] !== undefined && { startInterval: flags["start-interval"] }),
    ...(flags.retries !== undefined && { retries: flags.retries }),
  };
}

function checkDuration(name: string, value = ""): void {
  const nanoseconds = value === "" ? 0 : parseDuration(value);
  if (nanoseconds !== 0 && nanoseconds < MIN_NANOSECONDS)
    throw invalid(`Interval ${quote(name)} cannot be less than 1ms`);
}

function checkRetries(value = ""): void {
  if (value === "") return;
  const parsing = `strconv.ParseInt: parsing ${quote(value)}`;
  if (!/^[+-]?\d+$/.test(value)) throw invalid(`${parsing}: invalid syntax`);
  const retries = Number(value);
  if (retries >= 2 ** 31 || retries < -(2 ** 31)) throw invalid(`${parsing}: value out of range`);
  if (retries < 0) throw invalid(`--retries cannot be negative (${retries})`);
}

function invalid(message: string): EngineError {
  return new EngineError("invalid-argument", message);
}

import { EngineError } from "../base/errors.ts";
import { splitWords } from "./shell-words.ts";

/** Docker's `HealthConfig` as an image config has it: durations in nanoseconds. */
type Healthcheck = Readonly<Record<string, unknown>>;

const DURATIONS: Readonly<Record<string, string>> = {
  interval: "Interval",
  timeout: "Timeout",
  "start-period": "StartPeriod",
  "start-interval": "StartInterval",
};
const UNITS: Readonly<Record<string, number>> = { ns: 1, us: 1e3, ms: 1e6, s: 1e9, m: 60e9, h: 3600e9 };
/** Docker allows no shorter one. */
const MIN_NANOSECONDS = 1e6;

/** `NONE`, or `[--interval=30s …] CMD command`. @throws EngineError invalid-argument */
export function parseHealthcheck(text: string): Healthcheck {
  const options: Record<string, unknown> = {};
  let rest = text.trim();
  for (let word = splitWords(rest)[0]; word?.startsWith("--"); word = splitWords(rest)[0]) {
    Object.assign(options, optionOf(word));
    rest = rest.slice(rest.indexOf(word) + word.length).trim();
  }
  const [, kind = "", command = ""] = /^(\S*)\s*(.*)$/s.exec(rest) ?? [];
  if (kind.toUpperCase() === "NONE") {
    if (command !== "") throw invalid("HEALTHCHECK NONE takes no arguments");
    return { Test: ["NONE"] };
  }
  if (kind.toUpperCase() !== "CMD") throw invalid(`Unknown type "${kind.toUpperCase()}" in HEALTHCHECK (try CMD)`);
  if (command === "") throw invalid("Missing command after HEALTHCHECK CMD");
  return { Test: testOf(command), ...options };
}

function testOf(command: string): readonly string[] {
  try {
    const list: unknown = JSON.parse(command);
    if (Array.isArray(list) && list.every((item) => typeof item === "string")) return ["CMD", ...list];
  } catch {
    // Not a list: for the shell.
  }
  return ["CMD-SHELL", command];
}

function optionOf(word: string): Readonly<Record<string, number>> {
  const [, name = "", value = ""] = /^--([\w-]+)=(.*)$/s.exec(word) ?? [];
  const field = DURATIONS[name];
  if (field !== undefined) return { [field]: nanosecondsOf(name, value) };
  if (name !== "retries") throw invalid(`Unknown flag: ${word.replace(/^--|=.*$/gs, "")}`);
  if (!/^\d+$/.test(value)) throw invalid(`--retries must be at least 0 (not ${value})`);
  return { Retries: Number(value) };
}

function nanosecondsOf(name: string, text: string): number {
  const parts = [...text.matchAll(/(\d+(?:\.\d*)?|\.\d+)(ns|us|ms|s|m|h)/gy)];
  if (text !== "0" && (parts.length === 0 || parts.map(([part]) => part).join("") !== text))
    throw invalid(`time: invalid duration ${JSON.stringify(text)}`);
  const nanoseconds = parts.reduce((sum, [, number, unit]) => sum + Number(number) * (UNITS[unit as string] ?? 0), 0);
  if (nanoseconds !== 0 && nanoseconds < MIN_NANOSECONDS) throw invalid(`Interval "${name}" cannot be less than 1ms`);
  return Math.round(nanoseconds);
}

function invalid(message: string): EngineError {
  return new EngineError("invalid-argument", message);
}

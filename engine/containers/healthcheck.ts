import { EngineError } from "../base/errors.ts";
import type { ContainerConfig, Healthcheck } from "./container.ts";

const DEFAULT_SHELL = ["/bin/sh", "-c"];
const NS_PER_MS = 1_000_000;
const DURATIONS = [
  ["intervalNs", "Interval"],
  ["timeoutNs", "Timeout"],
  ["startPeriodNs", "StartPeriod"],
  ["startIntervalNs", "StartInterval"],
] as const;

/** Docker's defaults (`daemon/health.go`), in milliseconds. */
const DEFAULTS_MS = { intervalNs: 30_000, timeoutNs: 30_000, startPeriodNs: 0, startIntervalNs: 5000 } as const;
const DEFAULT_RETRIES = 3;

/** What the monitor of a container goes by; times in milliseconds. */
export interface Probe {
  readonly command: readonly string[];
  readonly intervalMs: number;
  readonly timeoutMs: number;
  readonly startPeriodMs: number;
  readonly startIntervalMs: number;
  readonly retries: number;
}

/** undefined when nothing says how to look after the container, or `NONE` does. */
export function probeOf({ healthcheck, shell = [] }: ContainerConfig): Probe | undefined {
  const [kind, ...words] = healthcheck?.test ?? [];
  if (healthcheck === undefined || words.length === 0 || (kind !== "CMD" && kind !== "CMD-SHELL")) return undefined;
  const milliseconds = (name: keyof typeof DEFAULTS_MS): number =>
    healthcheck[name] === 0 ? DEFAULTS_MS[name] : healthcheck[name] / NS_PER_MS;
  return {
    command: kind === "CMD" ? words : [...(shell.length > 0 ? shell : DEFAULT_SHELL), ...words],
    intervalMs: milliseconds("intervalNs"),
    timeoutMs: milliseconds("timeoutNs"),
    startPeriodMs: milliseconds("startPeriodNs"),
    startIntervalMs: milliseconds("startIntervalNs"),
    retries: healthcheck.retries > 0 ? healthcheck.retries : DEFAULT_RETRIES,
  };
}

/** @throws EngineError invalid-argument, in Docker's words */
export function validateHealthcheck(healthcheck: Healthcheck | undefined): void {
  if (healthcheck === undefined) return;
  for (const [name, word] of DURATIONS)
    if (healthcheck[name] !== 0 && healthcheck[name] < NS_PER_MS)
      throw new EngineError("invalid-argument", `${word} in Healthcheck cannot be less than 1ms`);
  if (healthcheck.retries < 0) throw new EngineError("invalid-argument", "Retries in Healthcheck cannot be negative");
}

/** What the user set, the rest as the image says (its `Healthcheck` has the names of Docker's JSON). */
export function mergeHealthcheck(
  user: Healthcheck | undefined,
  image: Readonly<Record<string, unknown>> | undefined,
): Healthcheck | undefined {
  if (image === undefined) return user;
  const number = (name: string): number => (typeof image[name] === "number" ? image[name] : 0);
  const test = image["Test"];
  return {
    test: user !== undefined && user.test.length > 0 ? user.test : Array.isArray(test) ? test.map(String) : [],
    intervalNs: user?.intervalNs || number("Interval"),
    timeoutNs: user?.timeoutNs || number("Timeout"),
    startPeriodNs: user?.startPeriodNs || number("StartPeriod"),
    startIntervalNs: user?.startIntervalNs || number("StartInterval"),
    retries: user?.retries || number("Retries"),
  };
}

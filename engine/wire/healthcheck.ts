import type { Fields } from "./json.ts";
import type { HealthcheckModel, HealthModel } from "./model.ts";

/** Docker's `HealthConfig`, durations in nanoseconds; fields that are zero are left out. */
export interface WireHealthcheck {
  readonly Test?: readonly string[];
  readonly Interval?: number;
  readonly Timeout?: number;
  readonly StartPeriod?: number;
  readonly StartInterval?: number;
  readonly Retries?: number;
}

export function healthcheckFrom(fields: Fields): HealthcheckModel {
  return {
    test: fields.strings("Test") ?? [],
    intervalNs: fields.integer("Interval"),
    timeoutNs: fields.integer("Timeout"),
    startPeriodNs: fields.integer("StartPeriod"),
    startIntervalNs: fields.integer("StartInterval"),
    retries: fields.integer("Retries"),
  };
}

export function toWireHealthcheck(healthcheck: HealthcheckModel): WireHealthcheck {
  const { test, intervalNs, timeoutNs, startPeriodNs, startIntervalNs, retries } = healthcheck;
  return {
    ...(test.length > 0 && { Test: test }),
    ...(intervalNs !== 0 && { Interval: intervalNs }),
    ...(timeoutNs !== 0 && { Timeout: timeoutNs }),
    ...(startPeriodNs !== 0 && { StartPeriod: startPeriodNs }),
    ...(startIntervalNs !== 0 && { StartInterval: startIntervalNs }),
    ...(retries !== 0 && { Retries: retries }),
  };
}

/** `State.Health` of `inspect`. */
export interface WireHealth {
  readonly Status: string;
  readonly FailingStreak: number;
  readonly Log: readonly {
    readonly Start: string;
    readonly End: string;
    readonly ExitCode: number;
    readonly Output: string;
  }[];
}

export function toWireHealth({ status, failingStreak, log }: HealthModel): WireHealth {
  return {
    Status: status,
    FailingStreak: failingStreak,
    Log: log.map(({ start, end, exitCode, output }) => ({
      Start: start,
      End: end,
      ExitCode: exitCode,
      Output: output,
    })),
  };
}

import type { Clock } from "../base/clock.ts";
import { messageOf } from "../base/errors.ts";
import type { BuildRecord } from "./build-record.ts";
import type { BuildRecords } from "./build-records.ts";
import type { BuildRequest } from "./build-request.ts";
import { BuildFailure, type BuildResult } from "./build-service.ts";
import type { BuildPlan } from "./plan/build-plan.ts";
import { RecordedSteps } from "./recorded-steps.ts";

/** The record of a build that goes on. */
export class RunningRecord {
  readonly #records: BuildRecords;
  readonly #clock: Clock;
  #record: BuildRecord;

  constructor(id: string, request: BuildRequest, ports: { readonly clock: Clock; readonly records: BuildRecords }) {
    this.#records = ports.records;
    this.#clock = ports.clock;
    const { dockerfile, target, tags, contextPath } = request;
    this.#record = {
      id,
      status: "running",
      startedMs: this.#clock.now(),
      dockerfile,
      target,
      tags,
      ...(contextPath !== undefined && { contextPath }),
      steps: [],
    };
    this.#records.change(this.#record);
  }

  /** What will be done is known. */
  planned(plan: BuildPlan): RecordedSteps {
    this.#records.keepDrafts(
      this.#record.id,
      plan.stages.flatMap(({ from, steps }) => [from.after, ...steps.map(({ after }) => after)]),
    );
    return new RecordedSteps(
      plan,
      () => this.#clock.now(),
      (steps) => this.#change({ steps }),
    );
  }

  completed({ image }: BuildResult): void {
    this.#change({ status: "completed", completedMs: this.#clock.now(), ...(image && { image: image.id }) });
  }

  failed(error: unknown, { isCanceled }: { readonly isCanceled: boolean }): void {
    const line = error instanceof BuildFailure ? error.source?.ranges[0]?.start : undefined;
    const steps = this.#record.steps.map((step) =>
      step.status === "pending" || step.status === "running" ? ({ ...step, status: "canceled" } as const) : step,
    );
    this.#change({
      status: isCanceled ? "canceled" : "failed",
      completedMs: this.#clock.now(),
      error: { message: messageOf(error), ...(line !== undefined && { line }) },
      steps,
    });
  }

  #change(change: Partial<BuildRecord>): void {
    this.#record = { ...this.#record, ...change };
    this.#records.change(this.#record);
  }
}

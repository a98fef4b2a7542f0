import type { BuildStep } from "./build-record.ts";
import type { BuildPlan, PlannedStep, StagePlan } from "./plan/build-plan.ts";

/** The steps of a build as its record shows them: those of the stages that were needed, in the order of the file. */
export class RecordedSteps {
  readonly #steps: BuildStep[] = [];
  readonly #places = new Map<StagePlan | PlannedStep, number>();
  readonly #now: () => number;
  readonly #changed: (steps: readonly BuildStep[]) => void;

  constructor(plan: BuildPlan, now: () => number, changed: (steps: readonly BuildStep[]) => void) {
    this.#now = now;
    this.#changed = changed;
    for (const stage of plan.stages) {
      this.#add(stage, stage.name, stage.from);
      for (const step of stage.steps) this.#add(step, stage.name, step);
    }
    this.#changed([...this.#steps]);
  }

  get steps(): readonly BuildStep[] {
    return [...this.#steps];
  }

  /** @param step undefined: the stage's `FROM` */
  reached(
    stage: StagePlan,
    step: PlannedStep | undefined,
    change: Pick<BuildStep, "status"> & Partial<Pick<BuildStep, "layer" | "sizeBytes" | "layers">>,
  ): void {
    const index = this.#places.get(step ?? stage);
    const before = index === undefined ? undefined : this.#steps[index];
    if (index === undefined || before === undefined) return;
    const now = this.#now();
    const isRunning = change.status === "running";
    this.#steps[index] = {
      ...before,
      ...change,
      startedMs: before.startedMs ?? now,
      ...(!isRunning && { completedMs: now }),
    };
    this.#changed([...this.#steps]);
  }

  /** Tells how much of each layer is of no use to the image. */
  wasted(bytes: ReadonlyMap<string, number>): void {
    for (const [index, step] of this.#steps.entries()) {
      const wasteBytes = step.layer === undefined ? undefined : bytes.get(step.layer);
      if (wasteBytes !== undefined) this.#steps[index] = { ...step, wasteBytes };
    }
    this.#changed([...this.#steps]);
  }

  #add(key: StagePlan | PlannedStep, stage: string, { range, text }: Pick<BuildStep, "range" | "text">): void {
    const index = this.#steps.length;
    this.#places.set(key, index);
    this.#steps.push({ index, stage, range, text, status: "pending" });
  }
}

import { EngineError, messageOf } from "../base/errors.ts";
import { type LayerStep, StepMaker } from "./step-maker.ts";
import type { Disposals } from "../base/disposal.ts";
import type { Lease } from "../images/leases.ts";
import type { TransferSlots } from "../images/transfer-slots.ts";
import type { Digest } from "../oci/digest.ts";
import { toFailure } from "./build-errors.ts";
import type { Afterwards } from "./afterwards.ts";
import type { BuildPorts } from "./build-ports.ts";
import type { BuildRequest } from "./build-request.ts";
import type { CachedStep } from "./cache/build-cache.ts";
import type { ImportedCache } from "./cache/imported-cache.ts";
import type { SharedWork } from "./cache/shared-work.ts";
import { type StageState, withHistory } from "./export-image.ts";
import { layerWork, type SourceFiles, type StepContext } from "./make-layers.ts";
import { sourceDateEpoch } from "./plan/build-args.ts";
import type { BuildPlan, FileSource, PlannedStep, StagePlan } from "./plan/build-plan.ts";
import type { Progress, Vertex } from "./progress.ts";
import type { RecordedSteps } from "./recorded-steps.ts";

/** What the builds of an engine share. */
export interface SharedBuilds {
  /** Steps that are being made, by key. */
  readonly work: SharedWork<CachedStep>;
  /** Processes and copies that run at the same time: the guest has one CPU. */
  readonly slots: TransferSlots;
  /** What steps leave to be done behind them. */
  readonly afterwards: Afterwards;
}

export interface JobRequest {
  readonly request: BuildRequest;
  readonly plan: BuildPlan;
  readonly progress: Progress;
  readonly steps: RecordedSteps;
  /** Of `--cache-from`. */
  readonly imported: ImportedCache;
  /** Holds the layers of the build while it goes on. */
  readonly lease: Lease;
  readonly owned: Disposals;
  readonly signal: AbortSignal;
}

/** One build, being done: stages that do not need each other go on at the same time. The first failure ends the others. */
export class BuildJob {
  readonly #ports: BuildPorts;
  readonly #job: JobRequest;
  readonly #stages = new Map<StagePlan, Promise<StageState>>();
  readonly #vertexes = new Map<PlannedStep | StagePlan, Vertex>();
  readonly #maker: StepMaker;
  readonly #shared: SharedBuilds;
  readonly #stop = new AbortController();
  readonly #signal: AbortSignal;
  readonly #epoch: number | undefined;

  constructor(ports: BuildPorts, shared: SharedBuilds, job: JobRequest) {
    this.#ports = ports;
    this.#job = job;
    this.#signal = AbortSignal.any([job.signal, this.#stop.signal]);
    this.#shared = shared;
    this.#maker = new StepMaker(ports, shared, job, this.#signal);
    this.#epoch = sourceDateEpoch(job.request.buildArgs);
  }

  /** @returns the state of the target @throws BuildFailure, or the signal's reason */
  async run(): Promise<StageState> {
    const { plan } = this.#job;
    this.#announce();
    const results = await Promise.allSettled(plan.stages.map((stage) => this.#stage(stage)));
    if (results.some(({ status }) => status === "rejected")) await this.#shared.afterwards.settled();
    this.#job.signal.throwIfAborted();
    const failed = results.find((result) => result.status === "rejected");
    if (failed !== undefined) throw this.#stop.signal.aborted ? this.#stop.signal.reason : failed.reason;
    return await this.#stage(plan.target);
  }

  /** How much of each layer later steps undo: of the target's, and in stages that it only copies from. */
  async waste(): Promise<ReadonlyMap<Digest, number>> {
    const { plan } = this.#job;
    const waste = new Map<Digest, number>();
    for (const stage of [...plan.stages.filter((each) => each !== plan.target), plan.target]) {
      const { layers } = await this.#stage(stage);
      const usage = await this.#ports.usage(layers);
      for (const [index, layer] of layers.entries()) waste.set(layer, usage[index]?.wasteBytes ?? 0);
    }
    return waste;
  }

  /** All steps are known before the first begins. */
  #announce(): void {
    const { plan, progress } = this.#job;
    for (const stage of plan.stages) {
      let before: string[] = [];
      if (stage.from.vertex !== undefined && stage.base.type === "image") {
        const vertex = progress.add(stage.from.vertex, `FROM ${stage.base.image.name}`);
        vertex.rename(stage.from.vertex);
        this.#vertexes.set(stage, vertex);
        before = [vertex.digest];
      }
      for (const step of stage.steps) {
        if (step.type === "config") continue;
        const vertex = progress.add(step.vertex, `${stage.name} ${step.vertex}`, before);
        this.#vertexes.set(step, vertex);
        before = [vertex.digest];
      }
    }
  }

  /** Here-documents are steps of BuildKit's own. */
  #announceDocuments(step: LayerStep, vertex: Vertex): void {
    const count = step.type === "copy" ? step.request.heredocs.length : step.type === "run" && step.script ? 1 : 0;
    for (let index = 0; index < count; index += 1)
      this.#job.progress.add("[internal] preparing inline document", `document ${index} of ${vertex.digest}`).done();
    for (const mount of step.type === "run" ? step.mounts : [])
      if (mount.type === "cache" && (mount.uid ?? mount.gid ?? mount.mode) !== undefined)
        this.#job.progress
          .add("[internal] setting cache mount permissions", `mount ${mount.id} of ${vertex.digest}`)
          .done();
  }

  #stage(stage: StagePlan): Promise<StageState> {
    const known = this.#stages.get(stage);
    if (known !== undefined) return known;
    const building = this.#build(stage).catch((error: unknown) => {
      this.#stop.abort(error);
      throw error;
    });
    building.catch(() => undefined);
    this.#stages.set(stage, building);
    return building;
  }

  async #build(stage: StagePlan): Promise<StageState> {
    const { steps } = this.#job;
    let state = await this.#base(stage);
    steps.reached(stage, undefined, { status: "done", layers: state.layers });
    for (const step of stage.steps) state = await this.#step(stage, step, state);
    return state;
  }

  async #base(stage: StagePlan): Promise<StageState> {
    const { base } = stage;
    if (base.type === "stage") return await this.#stage(base.stage);
    if (base.type === "image") {
      const { layers, config } = base.image;
      await this.#job.lease.add({ layers });
      this.#vertexes.get(stage)?.done({ cached: true });
      return { layers, history: config.history ?? [] };
    }
    if (base.type === "files") return await this.#filesBase(stage, base);
    return { layers: [], history: [] };
  }

  /** A named context that a stage begins with: its files are the first layer. */
  async #filesBase(stage: StagePlan, base: Extract<StagePlan["base"], { type: "files" }>): Promise<StageState> {
    const vertex = this.#job.progress.add(stage.from.vertex ?? `FROM ${base.name}`);
    const made = await this.#make(
      stage,
      NOTHING,
      {
        type: "copy",
        range: stage.from.range,
        text: stage.from.text,
        createdBy: "",
        after: stage.from.after,
        vertex: stage.from.vertex ?? "",
        from: base,
        request: { instruction: "COPY", sources: ["/"], heredocs: [], destination: "/", workingDirectory: "/" },
      },
      vertex,
    );
    return {
      layers: [made.step.layer],
      history: withHistory([], `COPY / / # buildkit`, { layerMs: made.step.createdMs }),
    };
  }

  async #step(stage: StagePlan, step: PlannedStep, state: StageState): Promise<StageState> {
    const { steps } = this.#job;
    const epoch = this.#epoch === undefined ? {} : { epoch: this.#epoch };
    if (step.type === "config") {
      steps.reached(stage, step, { status: "done", layers: state.layers });
      return { ...state, history: withHistory(state.history, step.createdBy, epoch) };
    }
    const vertex = this.#vertexes.get(step) as Vertex;
    const { step: made, cached } = await this.#make(stage, state, step, vertex);
    const layers = [...state.layers, made.layer];
    steps.reached(stage, step, {
      status: cached ? "cached" : "done",
      layer: made.layer,
      sizeBytes: made.sizeBytes,
      layers,
    });
    const history = withHistory(state.history, step.createdBy, { ...epoch, layerMs: made.createdMs });
    return { layers, history, cacheId: made.id };
  }

  async #make(
    stage: StagePlan,
    state: StageState,
    step: LayerStep,
    vertex: Vertex,
  ): Promise<{ readonly step: CachedStep; readonly cached: boolean }> {
    const { steps } = this.#job;
    try {
      this.#signal.throwIfAborted();
      this.#announceDocuments(step, vertex);
      await using work = await layerWork(this.#contextOf(stage, state), step);
      const result = await this.#maker.resolve(work, { stage, step, vertex, state });
      this.#job.owned.use(this.#ports.cache.hold(result.step.id));
      vertex.done({ cached: result.cached });
      return result;
    } catch (error) {
      if (this.#signal.aborted) {
        vertex.fail("context canceled");
        steps.reached(stage, step, { status: "canceled" });
        throw error;
      }
      vertex.fail(messageOf(error));
      steps.reached(stage, step, { status: "failed" });
      throw toFailure(withReason(error), this.#job.request.dockerfile, { range: step.range, vertex: vertex.digest });
    }
  }

  #contextOf(stage: StagePlan, { layers }: StageState): StepContext {
    const madeSeconds = this.#epoch ?? secondsOf(baseCreated(stage));
    return {
      ports: this.#ports,
      request: this.#job.request,
      layers,
      times: { madeSeconds, ...(this.#epoch !== undefined && { latestSeconds: this.#epoch }) },
      source: (source) => this.#source(source),
      afterwards: (work) => this.#shared.afterwards.add(work),
      signal: this.#signal,
    };
  }

  async #source(source: FileSource): Promise<SourceFiles> {
    const { lower } = this.#ports;
    switch (source.type) {
      case "context":
        this.#announceContext();
        return { files: this.#job.request.context, layers: undefined };
      case "files":
        return { files: source.files, layers: undefined };
      case "image": {
        const { layers, name } = source.image;
        const vertex = this.#job.progress.add(`FROM ${name}`);
        await this.#job.lease.add({ layers });
        vertex.done({ cached: true });
        return { files: await lower(layers), layers };
      }
      case "stage": {
        const { layers } = await this.#stage(source.stage);
        return { files: await lower(layers), layers };
      }
    }
  }

  /** It is here already; the step is told because it is one of BuildKit's. */
  #announceContext(): void {
    const vertex = this.#job.progress.add("[internal] load build context");
    if (vertex.isOver) return;
    vertex.start();
    vertex.part("transferring context:", { current: this.#job.request.contextBytes ?? 0, isOver: true });
    vertex.done();
  }
}

const NOTHING: StageState = { layers: [], history: [] };

/** BuildKit says of what it looks at before a step that it could not even look for the step. */
function withReason(error: unknown): unknown {
  if (!(error instanceof EngineError) || !error.message.startsWith("failed to calculate checksum")) return error;
  return new EngineError(error.kind, `failed to compute cache key: ${error.message}`, { cause: error });
}

/** Of the image that a stage begins with, through the stages between them; nothing of this build, whose times are the clock's. */
function baseCreated({ base }: StagePlan): string | undefined {
  if (base.type === "stage") return baseCreated(base.stage);
  return base.type === "image" ? base.image.config.created : undefined;
}

/** Of what no source gives a time: as old as the image below, so that the same build gives the same bytes. */
function secondsOf(created: string | undefined): number {
  const milliseconds = created === undefined ? 0 : Date.parse(created);
  return Number.isNaN(milliseconds) ? 0 : Math.max(0, Math.floor(milliseconds / 1000));
}

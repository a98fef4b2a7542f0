import { Incoming } from "../images/incoming.ts";
import type { Digest } from "../oci/digest.ts";
import type { JobRequest, SharedBuilds } from "./build-job.ts";
import type { BuildPorts } from "./build-ports.ts";
import type { CachedStep } from "./cache/build-cache.ts";
import type { StageState } from "./export-image.ts";
import type { LayerWork } from "./make-layers.ts";
import type { PlannedStep, StagePlan } from "./plan/build-plan.ts";
import type { Vertex } from "./progress.ts";

export type LayerStep = Exclude<PlannedStep, { readonly type: "config" }>;

/** A step, and where it is. */
export interface StepPlace {
  readonly stage: StagePlan;
  readonly step: LayerStep;
  readonly vertex: Vertex;
  readonly state: StageState;
}

/** Finds the layers of one build's steps in the cache, or makes them. */
export class StepMaker {
  readonly #ports: BuildPorts;
  readonly #shared: SharedBuilds;
  readonly #job: JobRequest;
  readonly #signal: AbortSignal;
  /** Of steps that were made without asking the cache: the same step twice in one build is still one. */
  readonly #made = new Map<Digest, Promise<CachedStep>>();

  /** @param signal of the whole build */
  constructor(ports: BuildPorts, shared: SharedBuilds, job: JobRequest, signal: AbortSignal) {
    this.#ports = ports;
    this.#shared = shared;
    this.#job = job;
    this.#signal = signal;
  }

  /** @throws EngineError in BuildKit's words, the signal's reason */
  async resolve(work: LayerWork, at: StepPlace): Promise<{ readonly step: CachedStep; readonly cached: boolean }> {
    const { stage } = at;
    const { lease } = this.#job;
    const { cache } = this.#ports;
    // BuildKit takes even a --no-cache for RUN, COPY and ADD alone.
    if (at.step.type !== "workdir" && this.#skipsCache(stage)) {
      const known = this.#made.get(work.key);
      if (known !== undefined) return { step: await known, cached: true };
      const making = this.#makeLayer(work, at);
      making.catch(() => undefined);
      this.#made.set(work.key, making);
      return { step: await making, cached: false };
    }
    const found = await cache.find(work.key, lease);
    if (found !== undefined) return { step: found, cached: true };
    const imported = await this.#import(work.key, at);
    if (imported !== undefined) return { step: imported, cached: true };
    const { value, isOwn } = await this.#shared.work.run(work.key, () => this.#makeLayer(work, at), {
      signal: this.#signal,
    });
    if (!isOwn) await lease.add({ layers: [value.layer] });
    return { step: value, cached: !isOwn };
  }

  #skipsCache(stage: StagePlan): boolean {
    const { noCache } = this.#job.request;
    return typeof noCache === "boolean" ? noCache : noCache.has(stage.name.toLowerCase());
  }

  /** What an image of `--cache-from` has for a step. Files that are copied or mounted are not in its history: such a step is made. */
  async #import(key: Digest, { step, state }: StepPlace): Promise<CachedStep | undefined> {
    const isToldWhole = step.type === "workdir" || (step.type === "run" && step.mounts.length === 0);
    const found = isToldWhole ? this.#job.imported.find(state, step.createdBy) : undefined;
    if (found === undefined) return undefined;
    const { cache, layers } = this.#ports;
    await this.#job.lease.add({ layers: [found.layer] });
    if (!(await layers.has(found.layer))) return undefined;
    return await cache.add(key, {
      ...found,
      sizeBytes: await layers.size(found.layer),
      description: step.vertex,
      type: "regular",
      parents: parentsOf(state),
    });
  }

  async #makeLayer(work: LayerWork, { stage, step, vertex, state }: StepPlace): Promise<CachedStep> {
    const { lease, steps } = this.#job;
    const { cache, clock, layers } = this.#ports;
    using _slot = await this.#shared.slots.acquire({ signal: this.#signal });
    // What the last step has written is in the guest's memory until then.
    this.#shared.afterwards.begin();
    vertex.start();
    steps.reached(stage, step, { status: "running" });
    let made: CachedStep | undefined;
    await work.make({
      signal: this.#signal,
      onOutput: (stream, bytes) => vertex.log(stream, bytes),
      store: async (tar) => {
        made = await Incoming.during(this.#ports, async (incoming) => {
          const { digest } = await incoming.newLayer(abortable(tar, this.#signal));
          await lease.add({ layers: [digest] });
          return await cache.add(work.key, {
            layer: digest,
            sizeBytes: await layers.size(digest),
            createdMs: clock.now(),
            description: step.vertex,
            type: "regular",
            parents: parentsOf(state),
          });
        });
      },
    });
    if (made === undefined) throw new Error("a step made no layer");
    return made;
  }
}

function parentsOf({ cacheId }: StageState): readonly string[] {
  return cacheId === undefined ? [] : [cacheId];
}

/** Ends with the build, not with the layer. */
function abortable(tar: ReadableStream<Uint8Array>, signal: AbortSignal): ReadableStream<Uint8Array> {
  return tar.pipeThrough(new TransformStream<Uint8Array, Uint8Array>(), { signal });
}

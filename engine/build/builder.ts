import { EngineError } from "../base/errors.ts";
import type { Image } from "../images/image-service.ts";
import { TransferSlots } from "../images/transfer-slots.ts";
import { OCI_LAYER } from "../oci/media-types.ts";
import { Afterwards } from "./afterwards.ts";
import { buildImage } from "./build-image.ts";
import type { SharedBuilds } from "./build-job.ts";
import type { BuildPorts } from "./build-ports.ts";
import type { BuildRecord } from "./build-record.ts";
import { BuildRecords } from "./build-records.ts";
import type { BuildRequest } from "./build-request.ts";
import type { BuildResult, BuildRun, BuildService, CacheEntry, PruneCache } from "./build-service.ts";
import { type CachedStep, randomId } from "./cache/build-cache.ts";
import { SharedWork } from "./cache/shared-work.ts";
import { draftDocument } from "./export-image.ts";
import { Progress } from "./progress.ts";
import { RunningRecord } from "./running-record.ts";

/** Steps that are made at the same time. More would only share the guest's one CPU. */
const PARALLEL_STEPS = 4;

/** Builds images of Dockerfiles (docs/decisions/0012-the-builder.md). */
export class Builder implements BuildService, AsyncDisposable {
  readonly #ports: BuildPorts;
  readonly #records: BuildRecords;
  readonly #owned: AsyncDisposable | undefined;
  readonly #shared: SharedBuilds;
  readonly #running = new Set<Promise<void>>();
  readonly #stop = new AbortController();

  /** @param owned goes with the builder, after its builds */
  static async open(ports: BuildPorts, owned?: AsyncDisposable): Promise<Builder> {
    return new Builder(ports, await BuildRecords.open(ports), owned);
  }

  private constructor(ports: BuildPorts, records: BuildRecords, owned: AsyncDisposable | undefined) {
    this.#ports = ports;
    this.#records = records;
    this.#owned = owned;
    this.#shared = {
      work: new SharedWork<CachedStep>(),
      slots: new TransferSlots(PARALLEL_STEPS),
      afterwards: new Afterwards((error) => ports.report("build-cleanup", error)),
    };
  }

  build(request: BuildRequest, options: { readonly signal?: AbortSignal } = {}): BuildRun {
    const id = randomId();
    const progress = new Progress(this.#ports.clock);
    const signal =
      options.signal === undefined ? this.#stop.signal : AbortSignal.any([options.signal, this.#stop.signal]);
    const record = new RunningRecord(id, request, { clock: this.#ports.clock, records: this.#records });
    const result = this.#ports.trace.measure("build", () => this.#build({ request, progress, record, signal }), id);
    const over = result
      .then(
        () => undefined,
        () => undefined,
      )
      .finally(() => this.#running.delete(over));
    this.#running.add(over);
    return { id, status: progress.statuses, result };
  }

  records(): readonly BuildRecord[] {
    return this.#records.list();
  }

  subscribe(listener: (record: BuildRecord) => void): Disposable {
    return this.#records.subscribe(listener);
  }

  async stepImage(buildId: string, step: number): Promise<Image> {
    const { images, layers } = this.#ports;
    const { layers: state, completedMs = 0 } = this.#records.get(buildId)?.steps[step] ?? {};
    const draft = await this.#records.draft(buildId, step);
    if (state === undefined || draft === undefined)
      throw new EngineError("not-found", `No such state: step ${step} of build ${buildId}`);
    const lease = await images.lease({ layers: state });
    try {
      const sizes = await Promise.all(state.map((layer) => layers.tarBytes(layer)));
      const descriptors = state.map((digest, at) => ({ mediaType: OCI_LAYER, digest, size: sizes[at] ?? 0 }));
      return await images.create(draftDocument(draft, state, completedMs), descriptors);
    } finally {
      await lease.end();
    }
  }

  async cacheUsage(): Promise<readonly CacheEntry[]> {
    const { cache, cacheMounts } = this.#ports;
    return [...(await cache.usage()), ...(await cacheMounts.usage())];
  }

  async prune(options: PruneCache): Promise<{ readonly entries: readonly string[]; readonly freedBytes: number }> {
    const { cache, cacheMounts } = this.#ports;
    const steps = await cache.prune(options);
    const mounts = await cacheMounts.prune(options);
    return { entries: [...steps.entries, ...mounts.entries], freedBytes: steps.freedBytes + mounts.freedBytes };
  }

  /** Ends the builds that go on, and waits until nothing of them is left. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort(new EngineError("unavailable", "context canceled"));
    await Promise.all(this.#running);
    await this.#shared.afterwards.settled();
    await this.#ports.cache.settled();
    await this.#records.settled();
    await this.#owned?.[Symbol.asyncDispose]();
  }

  async #build(task: Parameters<typeof buildImage>[2]): Promise<BuildResult> {
    const { record, progress, signal } = task;
    try {
      const result = await buildImage(this.#ports, this.#shared, task);
      record.completed(result);
      return result;
    } catch (error) {
      record.failed(error, { isCanceled: signal.aborted });
      throw error;
    } finally {
      progress.end();
      this.#shared.afterwards.begin();
    }
  }
}

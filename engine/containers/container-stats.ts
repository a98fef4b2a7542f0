import type { LiveContainer } from "./live-container.ts";
import type { StatsSample, StatsSampler } from "./stats-sampler.ts";

/** What a client sees of a container at one moment; everything is zero while it does not run. */
export interface ContainerStats {
  /** Empty for one look that asked for no more. */
  readonly id: string;
  readonly name: string;
  readonly sample: StatsSample | undefined;
  /** The one before, which processor use is reckoned from. */
  readonly previous: StatsSample | undefined;
}

export interface StatsOptions {
  /** One answer each second until the container is removed; otherwise one. */
  readonly stream: boolean;
  /** Without `stream`: one look instead of two a second apart. */
  readonly oneShot: boolean;
  readonly signal?: AbortSignal;
}

/** `docker stats` (moby's `daemon/stats.go`). */
export async function* containerStats(
  sampler: StatsSampler,
  container: LiveContainer,
  options: StatsOptions,
): AsyncGenerator<ContainerStats, void, undefined> {
  const { id } = container;
  const name = `/${container.record.name}`;
  const isIdle = container.task === undefined && container.state.status !== "restarting";
  if (!options.stream && isIdle) return yield { id, name, sample: undefined, previous: undefined };
  if (!options.stream)
    return yield options.oneShot ? await oneLook(sampler, container) : await twoLooks(sampler, container, options);
  const end = new AbortController();
  const stop = (): void => end.abort(new Error("nobody reads"));
  options.signal?.addEventListener("abort", stop, { once: true });
  if (options.signal?.aborted) stop();
  container.waits.register("removed", end.signal).then(stop, () => undefined);
  try {
    let previous: StatsSample | undefined;
    for await (const sample of sampler.watch(container, end.signal)) {
      yield { id, name: `/${container.record.name}`, sample, previous };
      previous = sample;
    }
  } finally {
    options.signal?.removeEventListener("abort", stop);
    stop();
  }
}

/** Docker leaves out whose it is. */
async function oneLook(sampler: StatsSampler, container: LiveContainer): Promise<ContainerStats> {
  return { id: "", name: "", sample: await sampler.sample(container), previous: undefined };
}

/** A second apart. */
async function twoLooks(
  sampler: StatsSampler,
  container: LiveContainer,
  { signal }: StatsOptions,
): Promise<ContainerStats> {
  const previous = await sampler.sample(container);
  await sampler.pause(signal);
  const sample = await sampler.sample(container);
  return { id: container.id, name: `/${container.record.name}`, sample, previous };
}

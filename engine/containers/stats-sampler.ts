import type { Clock } from "../base/clock.ts";
import { Queue } from "../base/queue.ts";
import type { Runtime, Task } from "../runtime/runtime.ts";
import type { MachineStats, TaskStats } from "../runtime/task-stats.ts";
import type { LiveContainer } from "./live-container.ts";

/** One look at a container. */
export interface StatsSample {
  /** Nanoseconds since 1970. */
  readonly timeNs: bigint;
  readonly machine: MachineStats;
  readonly task: TaskStats;
  /** The container's own limits, 0 for none. */
  readonly limits: { readonly memoryBytes: number; readonly pids: number };
}

const INTERVAL_MS = 1000;
/** A reader that is this far behind misses samples. */
const LONGEST_QUEUE = 4;

type Samples = ReadonlyMap<LiveContainer, StatsSample>;
type Watcher = Queue<StatsSample | undefined>;

/**
 * Looks at all watched containers once a second, with one request to the machine whatever their number, as long as anybody watches
 * (moby's `daemon/stats/collector.go`). With nobody watching there is no timer.
 */
export class StatsSampler {
  readonly #runtime: Pick<Runtime, "stats">;
  readonly #clock: Clock;
  readonly #timeNs: () => bigint;
  readonly #watchers = new Map<LiveContainer, Set<Watcher>>();
  readonly #asking = new Set<LiveContainer>();
  #lastLook: Promise<Samples> = Promise.resolve(new Map());
  #nextLook: Promise<Samples> | undefined;
  #ticking: AbortController | undefined;

  constructor(ports: {
    readonly runtime: Pick<Runtime, "stats">;
    readonly clock: Clock;
    readonly timeNs: () => bigint;
  }) {
    this.#runtime = ports.runtime;
    this.#clock = ports.clock;
    this.#timeNs = ports.timeNs;
  }

  /** One look, now; undefined when the container does not run. Who asks while another look is under way shares the next one. */
  async sample(container: LiveContainer): Promise<StatsSample | undefined> {
    this.#asking.add(container);
    this.#nextLook ??= this.#lastLook
      .catch(() => undefined)
      .then(() => {
        const containers = [...this.#asking];
        this.#asking.clear();
        this.#nextLook = undefined;
        return (this.#lastLook = this.#look(containers));
      });
    return (await this.#nextLook).get(container);
  }

  /** The time between two samples. Rejects when aborted. */
  pause(signal: AbortSignal | undefined): Promise<void> {
    return this.#clock.sleep(INTERVAL_MS, signal === undefined ? {} : { signal });
  }

  /** A sample now and each second until the signal; undefined while the container does not run. */
  watch(container: LiveContainer, signal: AbortSignal): AsyncIterable<StatsSample | undefined> {
    const watcher: Watcher = new Queue();
    const watchers = this.#watchers.get(container) ?? new Set();
    this.#watchers.set(container, watchers.add(watcher));
    const stop = (): void => {
      watcher.close();
      watchers.delete(watcher);
      if (watchers.size === 0) this.#watchers.delete(container);
      if (this.#watchers.size === 0) this.#ticking?.abort(new Error("nobody watches"));
    };
    if (signal.aborted) stop();
    else signal.addEventListener("abort", stop, { once: true });
    if (signal.aborted) return watcher;
    if (this.#ticking === undefined) void this.#tick();
    // Others are watching: whoever comes does not wait for their next look.
    else
      void this.sample(container).then(
        (sample) => watcher.push(sample),
        (error: unknown) => watcher.fail(error),
      );
    return watcher;
  }

  async #tick(): Promise<void> {
    while (this.#watchers.size > 0) {
      const ticking = new AbortController();
      this.#ticking = ticking;
      await this.#publish();
      if (this.#watchers.size > 0)
        await this.#clock.sleep(INTERVAL_MS, { signal: ticking.signal }).catch(() => undefined);
    }
    this.#ticking = undefined;
  }

  async #publish(): Promise<void> {
    const containers = [...this.#watchers.keys()];
    try {
      const samples = await this.#look(containers);
      for (const container of containers)
        for (const watcher of this.#watchers.get(container) ?? [])
          if (watcher.size < LONGEST_QUEUE) watcher.push(samples.get(container));
    } catch (error) {
      // The machine is gone: everybody is told.
      for (const container of containers)
        for (const watcher of this.#watchers.get(container) ?? []) watcher.fail(error);
    }
  }

  async #look(containers: readonly LiveContainer[]): Promise<Samples> {
    const tasks = new Map<LiveContainer, Task>();
    for (const container of containers) if (container.task !== undefined) tasks.set(container, container.task);
    if (tasks.size === 0) return new Map();
    const stats = await this.#runtime.stats([...tasks.values()]);
    const timeNs = this.#timeNs();
    const samples = [...tasks].flatMap(([container, { id }]) => {
      const task = stats.tasks.get(id);
      if (task === undefined) return [];
      const { host } = container.record;
      const limits = { memoryBytes: host.resources.memoryBytes, pids: host.resources.pidsLimit };
      // The machine's own devices are not the container's.
      const own = host.networkMode === "host" ? { ...task, networks: new Map() } : task;
      return [[container, { timeNs, machine: stats.machine, task: own, limits }] as const];
    });
    return new Map(samples);
  }
}

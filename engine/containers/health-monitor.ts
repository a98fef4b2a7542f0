import { messageOf } from "../base/errors.ts";
import { isKind } from "../base/errors.ts";
import type { ContainerState, HealthResult } from "./container.ts";
import { type EngineContext, publish } from "./engine-context.ts";
import { formatTime } from "./event-bus.ts";
import type { ExecProcesses } from "./exec-processes.ts";
import { type Probe, probeOf } from "./healthcheck.ts";
import type { LiveContainer } from "./live-container.ts";

/** How many results Docker keeps. */
const LOG_LENGTH = 5;

type Health = NonNullable<ContainerState["health"]>;

/** Looks after containers that say how: runs their probes, keeps their health (moby's `daemon/health.go`). */
export class HealthMonitors {
  readonly #context: EngineContext;
  readonly #execs: Pick<ExecProcesses, "probe">;

  constructor(context: EngineContext, execs: Pick<ExecProcesses, "probe">) {
    this.#context = context;
    this.#execs = execs;
  }

  /** The container has started: its health is open again, what earlier probes said stays. */
  begin(container: LiveContainer): void {
    if (probeOf(container.record.config) === undefined) return;
    stopMonitor(container);
    const log = container.state.health?.log ?? [];
    setHealth(container, { status: "starting", failingStreak: 0, log });
    this.resume(container);
  }

  /** Goes on after a pause. */
  resume(container: LiveContainer): void {
    const probe = probeOf(container.record.config);
    if (probe === undefined || container.healthMonitor !== undefined || container.state.status !== "running") return;
    const monitor = new AbortController();
    container.healthMonitor = monitor;
    void this.#watch(container, probe, monitor.signal).catch((error: unknown) => {
      if (!monitor.signal.aborted) this.#context.report("health", error);
    });
  }

  async #watch(container: LiveContainer, probe: Probe, signal: AbortSignal): Promise<void> {
    const { clock } = this.#context;
    const startedMs = Date.parse(container.state.startedAt);
    const isStarting = (ms: number): boolean => ms - startedMs < probe.startPeriodMs;
    for (;;) {
      const isEarly = isStarting(clock.now()) && container.state.health?.status === "starting";
      await clock.sleep(isEarly ? probe.startIntervalMs : probe.intervalMs, { signal });
      const beganMs = clock.now();
      const result = await this.#look(container, probe, signal);
      if (signal.aborted) return;
      this.#record(container, result, { retries: probe.retries, isStarting: isStarting(beganMs) });
    }
  }

  async #look(container: LiveContainer, probe: Probe, signal: AbortSignal): Promise<HealthResult> {
    const start = this.#time();
    const late = new AbortController();
    const stop = (): void => late.abort(new Error("the monitor has stopped"));
    signal.addEventListener("abort", stop, { once: true });
    const timer = new AbortController();
    let isLate = false;
    void this.#context.clock.sleep(probe.timeoutMs, { signal: timer.signal }).then(
      () => {
        isLate = true;
        late.abort(new Error("the probe takes too long"));
      },
      () => undefined,
    );
    try {
      const { exitCode, output } = await this.#execs.probe(container, probe.command, late.signal);
      const end = this.#time();
      if (!isLate) return { start, end, exitCode, output };
      const words = `Health check exceeded timeout (${formatDuration(probe.timeoutMs)})`;
      return { start, end, exitCode: -1, output: output === "" ? words : `${words}: ${output}` };
    } catch (error) {
      // A probe that cannot start is a failure like another.
      if (!isKind(error, "invalid-argument", "conflict", "not-found", "internal")) throw error;
      return { start, end: this.#time(), exitCode: -1, output: messageOf(error) };
    } finally {
      timer.abort();
      signal.removeEventListener("abort", stop);
    }
  }

  #record(container: LiveContainer, result: HealthResult, rules: { retries: number; isStarting: boolean }): void {
    const before = container.state.health;
    if (before === undefined) return;
    const log = [...before.log, result].slice(-LOG_LENGTH);
    const after = { ...judge(before, result.exitCode === 0, rules), log };
    setHealth(container, after);
    if (after.status === before.status) return;
    this.#context.store.save(container);
    publish(this.#context, container, `health_status: ${after.status}`);
  }

  #time(): string {
    return formatTime(this.#context.events.timeNs());
  }
}

/** A failure during the start period counts only once a probe has succeeded. */
function judge(
  { status, failingStreak }: Health,
  isHealthy: boolean,
  { retries, isStarting }: { retries: number; isStarting: boolean },
): Pick<Health, "status" | "failingStreak"> {
  if (isHealthy) return { status: "healthy", failingStreak: 0 };
  if (status === "starting" && isStarting) return { status, failingStreak };
  const streak = failingStreak + 1;
  return { status: streak >= retries ? "unhealthy" : status, failingStreak: streak };
}

/** Nobody looks after the container any more (it has ended, or is frozen): Docker calls that unhealthy. */
export function stopMonitor(container: LiveContainer): void {
  const { healthMonitor, state } = container;
  if (healthMonitor === undefined) return;
  container.healthMonitor = undefined;
  healthMonitor.abort(new Error("the monitor has stopped"));
  if (state.health !== undefined) setHealth(container, { ...state.health, status: "unhealthy" });
}

function setHealth(container: LiveContainer, health: Health): void {
  container.record.state = { ...container.state, health };
}

/** As Go prints a duration: `200ms`, `1.5s`, `1m30s`, `1h0m0s`. */
export function formatDuration(ms: number): string {
  if (ms < 1000) return `${ms}ms`;
  const hours = Math.floor(ms / 3_600_000);
  const minutes = Math.floor(ms / 60_000) % 60;
  const seconds = (ms % 60_000) / 1000;
  const head = hours > 0 ? `${hours}h${minutes}m` : minutes > 0 ? `${minutes}m` : "";
  return `${head}${seconds}s`;
}

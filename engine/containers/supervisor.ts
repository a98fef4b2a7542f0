import { followRun, forget, type RunHooks } from "./container-run.ts";
import { transition } from "./container-state.ts";
import type { EngineContext } from "./engine-context.ts";
import type { ExecProcesses } from "./exec-processes.ts";
import { HealthMonitors, stopMonitor } from "./health-monitor.ts";
import type { LiveContainer } from "./live-container.ts";
import { startContainer } from "./start-container.ts";
import type { UserDatabases } from "./user-databases.ts";

/** Sees to the runs of containers: begins them, begins them again when the restart policy says so, and clears away what `--rm` asks for. */
export class Supervisor {
  readonly #context: EngineContext;
  readonly #users: UserDatabases;
  readonly #execs: ExecProcesses;
  readonly #health: HealthMonitors;
  #isClosed = false;

  constructor(context: EngineContext, users: UserDatabases, execs: ExecProcesses) {
    this.#context = context;
    this.#users = users;
    this.#execs = execs;
    this.#health = new HealthMonitors(context, execs);
  }

  /** @throws EngineError why it cannot start; with `--rm` it is gone then */
  async begin(container: LiveContainer): Promise<void> {
    const hooks: RunHooks = {
      restart: (ended, delayMs) => this.#restartLater(ended, delayMs),
      autoRemove: (ended) => this.forget(ended, { volumes: true }),
    };
    try {
      await startContainer(this.#context, container, this.#users, (started, task) => {
        this.#health.begin(started);
        followRun(this.#context, started, task, hooks);
      });
    } catch (error) {
      container.io.end();
      if (container.record.host.autoRemove) this.forget(container, { volumes: true });
      throw error;
    }
  }

  /** It runs on after a pause. */
  resumed(container: LiveContainer): void {
    this.#health.resume(container);
  }

  /** The next attempt of a container that waits for it. */
  async restart(container: LiveContainer): Promise<void> {
    await container.changes.run(async () => {
      if (this.#isClosed || container.state.status !== "restarting") return;
      container.record.restartCount += 1;
      await this.begin(container);
    });
  }

  /** No further attempt: it stays as its last run left it. */
  giveUpRestart(container: LiveContainer): void {
    container.record.state = transition(container.state, "give-up-restart");
    this.#context.store.save(container);
    container.waits.exited({ exitCode: container.state.exitCode });
  }

  forget(container: LiveContainer, options: { volumes: boolean }): void {
    this.#execs.forgetContainer(container);
    forget(this.#context, container, options);
  }

  /** Nothing is started again. */
  close(): void {
    this.#isClosed = true;
    for (const container of this.#context.store.list()) {
      container.pendingRestart?.abort();
      stopMonitor(container);
    }
  }

  #restartLater(container: LiveContainer, delayMs: number): void {
    const pending = new AbortController();
    container.pendingRestart = pending;
    void this.#context.clock
      .sleep(delayMs, { signal: pending.signal })
      .then(() => this.restart(container))
      .catch((error: unknown) => {
        if (!pending.signal.aborted) this.#context.report("restart", error);
      });
  }
}

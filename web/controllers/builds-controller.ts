import type { ReactiveController, ReactiveControllerHost } from "lit";
import { buildRecord, type BuildRecord } from "../data/build-records.ts";
import { ask } from "../data/drydock-api.ts";
import type { EngineClient } from "../data/engine-client.ts";
import { object, text } from "../data/fields.ts";
import { jsonLines } from "../data/json-lines.ts";

const RECONNECT_MS = 1_000;
/** While something runs, its time is shown as it passes. */
const TICK_MS = 200;

/** Builds as the engine knows them, whoever started them. */
export class BuildsController implements ReactiveController {
  /** Newest first. */
  records: readonly BuildRecord[] = [];

  readonly #host: ReactiveControllerHost;
  #client: EngineClient | undefined;
  #abort = new AbortController();
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor(host: ReactiveControllerHost) {
    this.#host = host;
    host.addController(this);
  }

  hostDisconnected(): void {
    this.use(undefined);
  }

  /** Follows this engine's builds, and no other's any more. */
  use(client: EngineClient | undefined): void {
    if (client === this.#client) return;
    this.#client = client;
    this.#abort.abort();
    this.#abort = new AbortController();
    this.#stopTimer();
    // What ran in a machine that is gone runs no more; the next one tells what it knows of it.
    this.records = this.records.map((each) => (each.status === "running" ? { ...each, status: "canceled" } : each));
    if (client) void this.#follow(client, this.#abort.signal);
  }

  /** The state right after a step as an image without a name. Resolves with its id. */
  async stepImage(build: string, step: number): Promise<string> {
    if (!this.#client) throw new Error("the machine is not up");
    const path = `/drydock/builds/${encodeURIComponent(build)}/steps/${step}/image`;
    const answer = await ask(this.#client.fetch, "POST", path);
    return text(object(await answer.json())["Id"]);
  }

  async #follow(client: EngineClient, signal: AbortSignal): Promise<void> {
    while (client === this.#client) {
      try {
        const response = await ask(client.fetch, "GET", "/drydock/builds/events", { signal });
        if (!response.body) return;
        for await (const value of jsonLines(response.body)) {
          if (client !== this.#client) return;
          const record = buildRecord(value);
          if (record) this.#put(record);
        }
      } catch {
        // Over, or not there: asked again below.
      }
      await new Promise((resolve) => setTimeout(resolve, RECONNECT_MS));
    }
  }

  #put(record: BuildRecord): void {
    const others = this.records.filter((each) => each.id !== record.id);
    this.records = [record, ...others].toSorted((a, b) => b.startedMs - a.startedMs);
    const isRunning = this.records.some((each) => each.status === "running");
    if (isRunning) this.#timer ??= setInterval(() => this.#host.requestUpdate(), TICK_MS);
    else this.#stopTimer();
    this.#host.requestUpdate();
  }

  #stopTimer(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}

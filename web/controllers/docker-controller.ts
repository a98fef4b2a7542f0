import type { ReactiveController, ReactiveControllerHost } from "lit";
import { containerRows, imageRows, type ContainerRow, type ImageRow } from "../data/docker-lists.ts";
import type { EngineClient } from "../data/engine-client.ts";
import { jsonLines } from "../data/json-lines.ts";
import type { EngineObserver } from "./engine-controller.ts";

/** Events come in bursts; one refresh answers a burst. */
const REFRESH_DELAY_MS = 60;
/** Status texts ("Up 3 seconds") age without any event. */
const AGE_EVERY_MS = 15_000;
const RECONNECT_MS = 1_000;

export type ContainerAction = "start" | "stop" | "remove";

/** Containers and images as the engine has them, kept up to date by its events. */
export class DockerController implements ReactiveController, EngineObserver {
  /** Undefined until they were read once. */
  containers: readonly ContainerRow[] | undefined;
  images: readonly ImageRow[] | undefined;
  problem: string | undefined;
  /** Ids with an action under way. */
  busy: ReadonlySet<string> = new Set();

  readonly #host: ReactiveControllerHost;
  readonly #changed: () => void;
  #client: EngineClient | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #ageTimer: ReturnType<typeof setInterval> | undefined;

  /** `changed` is called after every refresh. */
  constructor(host: ReactiveControllerHost, changed: () => void) {
    this.#host = host;
    this.#changed = changed;
    host.addController(this);
  }

  hostConnected(): void {
    this.#ageTimer = setInterval(() => {
      if (!document.hidden && this.containers?.length) this.#refreshSoon();
    }, AGE_EVERY_MS);
  }

  hostDisconnected(): void {
    clearInterval(this.#ageTimer);
    clearTimeout(this.#timer);
  }

  engineReady(client: EngineClient): void {
    this.#client = client;
    this.#refreshSoon();
    void this.#follow(client);
  }

  engineLost(): void {
    this.#client = undefined;
    this.containers = undefined;
    this.images = undefined;
    this.#host.requestUpdate();
  }

  async act(id: string, action: ContainerAction): Promise<void> {
    const path = `/containers/${encodeURIComponent(id)}`;
    await this.#run(id, () =>
      action === "remove" ? this.#send("DELETE", `${path}?force=1`) : this.#send("POST", `${path}/${action}`),
    );
  }

  async removeImage(name: string): Promise<void> {
    await this.#run(name, () => this.#send("DELETE", `/images/${name}`));
  }

  /** Removes stopped containers, then every image no container uses. Resolves with the bytes freed. */
  async prune(): Promise<number> {
    let freed = 0;
    const everyUnused = encodeURIComponent(JSON.stringify({ dangling: ["false"] }));
    for (const path of ["/containers/prune", `/images/prune?filters=${everyUnused}`]) {
      const answer = (await (await this.#send("POST", path)).json()) as { SpaceReclaimed?: number };
      freed += answer.SpaceReclaimed ?? 0;
    }
    this.#refreshSoon();
    return freed;
  }

  async #run(id: string, work: () => Promise<unknown>): Promise<void> {
    this.busy = new Set([...this.busy, id]);
    this.problem = undefined;
    this.#host.requestUpdate();
    try {
      await work();
    } catch (error) {
      this.problem = error instanceof Error ? error.message : String(error);
    }
    this.busy = new Set([...this.busy].filter((each) => each !== id));
    this.#host.requestUpdate();
    this.#refreshSoon();
  }

  async #send(method: string, path: string): Promise<Response> {
    if (!this.#client) throw new Error("the machine is not up");
    const response = await this.#client.fetch(path, { method });
    if (response.status < 400) return response;
    const answer = (await response.json().catch(() => ({}))) as { message?: string };
    throw new Error(answer.message ?? `HTTP ${response.status}`);
  }

  #refreshSoon(): void {
    if (this.#timer !== undefined) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      void this.#refresh();
    }, REFRESH_DELAY_MS);
  }

  async #refresh(): Promise<void> {
    const client = this.#client;
    if (!client) return;
    try {
      const read = async (path: string): Promise<unknown> => (await this.#send("GET", path)).json();
      const [containers, images] = await Promise.all([read("/containers/json?all=1"), read("/images/json")]);
      if (client !== this.#client) return;
      this.containers = containerRows(containers);
      this.images = imageRows(images);
    } catch (error) {
      if (client !== this.#client) return;
      this.problem = error instanceof Error ? error.message : String(error);
    }
    this.#host.requestUpdate();
    this.#changed();
  }

  /** Refreshes at every event, for as long as this engine lives. */
  async #follow(client: EngineClient): Promise<void> {
    while (client === this.#client) {
      try {
        const response = await client.fetch("/events");
        if (response.status >= 400 || !response.body) throw new Error(`HTTP ${response.status}`);
        for await (const event of jsonLines(response.body)) {
          if (isOfInterest(event)) this.#refreshSoon();
        }
      } catch {
        // Over, or not there: ask again below.
      }
      await new Promise((resolve) => setTimeout(resolve, RECONNECT_MS));
      this.#refreshSoon();
    }
  }
}

/** Execs and health checks change no list. */
function isOfInterest(event: unknown): boolean {
  const { Type, Action } = event as { Type?: unknown; Action?: unknown };
  return (Type === "container" || Type === "image") && !String(Action).startsWith("exec_");
}

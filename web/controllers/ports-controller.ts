import type { ReactiveControllerHost } from "lit";
import type { ContainerRow } from "../data/docker-lists.ts";

/** A port that a container has just published. */
export interface NewPort {
  readonly port: number;
  readonly container: string;
}

/** Notices when running containers publish ports that were not there before. */
export class PortsController {
  /** The latest, until somebody has seen to it or it is gone. */
  latest: NewPort | undefined;

  readonly #host: Pick<ReactiveControllerHost, "requestUpdate">;
  #known: ReadonlySet<number> | undefined;

  constructor(host: Pick<ReactiveControllerHost, "requestUpdate">) {
    this.#host = host;
  }

  /** The containers as they are now; undefined while there is no machine. What the first list holds is not new. */
  update(containers: readonly ContainerRow[] | undefined): void {
    const running = containers?.filter(({ state }) => state === "running");
    const open = running?.flatMap(({ name, published }) => published.map(({ port }) => ({ port, container: name })));
    if (this.latest && !open?.some(({ port }) => port === this.latest?.port)) this.latest = undefined;
    const fresh = this.#known && open?.find(({ port }) => this.#known?.has(port) === false);
    if (fresh) this.latest = fresh;
    this.#known = open && new Set(open.map(({ port }) => port));
    this.#host.requestUpdate();
  }

  /** The person has opened it, or does not want to. */
  settle(): void {
    this.latest = undefined;
    this.#host.requestUpdate();
  }
}

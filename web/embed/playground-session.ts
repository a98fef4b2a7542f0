import { ask, messageOf } from "../data/drydock-api.ts";
import { listFiles, removeFile, WORKSPACE } from "../data/workspace-files.ts";
import { tarOf } from "./document-tar.ts";
import type { ApiHost } from "./playground-api.ts";
import type { Playground } from "./playground-document.ts";
import type { EventName, Events } from "./protocol.ts";
import { watchBuilds, watchPorts } from "./watch.ts";

/** The page, as a document is opened in it. */
export interface SessionHost extends ApiHost {
  /** Shows a place of the workbench, and there what is meant. */
  show(place: string, what?: string): void;
  /** Lines to offer beside the terminal. */
  offer(commands: readonly string[]): void;
}

export interface SessionOptions {
  /** The embedding page asks for it and the reader has clicked: commands are run, not only typed. */
  readonly mayRun: boolean;
  readonly tell: <E extends EventName>(event: E, detail: Events[E]) => void;
}

/** A document that is open in a machine of its own. */
export class PlaygroundSession {
  readonly #host: SessionHost;
  readonly #playground: Playground;
  readonly #options: SessionOptions;
  #watching: AbortController | undefined;

  constructor(host: SessionHost, playground: Playground, options: SessionOptions) {
    this.#host = host;
    this.#playground = playground;
    this.#options = options;
  }

  /** Puts the document into the machine, when that is up. What a reader has changed at an earlier visit stays. */
  async open(): Promise<void> {
    await this.#host.ready;
    await this.#begin({ keepFiles: true });
  }

  /** A fresh machine without containers, networks and volumes; the document's files as they were. */
  async reset(): Promise<void> {
    this.#watching?.abort();
    await this.#host.restart();
    await this.#begin({ keepFiles: false });
  }

  async #begin({ keepFiles }: { readonly keepFiles: boolean }): Promise<void> {
    const { commands, open, run, lesson } = this.#playground;
    try {
      await this.#clear();
      await this.#writeFiles(keepFiles);
    } catch (error) {
      this.#options.tell("error", { message: `the document's files could not be written: ${messageOf(error)}` });
      throw error;
    }
    this.#watch();
    if (open !== undefined) this.#host.show("editor", open);
    if (lesson !== undefined) this.#host.show("lesson", lesson);
    if (this.#playground.files.length > 0) this.#host.type(`cd ${WORKSPACE.replace("/root", "~")}\r`);
    const isRun = run && this.#options.mayRun;
    if (isRun && commands.length > 0) this.#host.type(`${commands.join(" && ")}\r`);
    else this.#host.type(commands[0] ?? "");
    this.#host.offer(commands.length > 1 || isRun ? commands : []);
    this.#options.tell("ready", {});
    void this.#pull();
  }

  /** What an earlier visit left in these stores: a name that is taken would fail the document's first command. */
  async #clear(): Promise<void> {
    const { fetch } = this.#host;
    const every = encodeURIComponent(JSON.stringify({ all: ["true"] }));
    for (const path of ["/containers/prune", "/networks/prune", `/volumes/prune?filters=${every}`]) {
      await ask(fetch, "POST", path);
    }
  }

  async #writeFiles(keepFiles: boolean): Promise<void> {
    const { fetch } = this.#host;
    const { files } = this.#playground;
    const known = (await listFiles(fetch)).files;
    if (keepFiles && known.length > 0) return;
    const top = new Set(known.map(({ path }) => path.split("/")[0] ?? path));
    for (const path of top) await removeFile(fetch, path);
    if (files.length === 0) return;
    await ask(fetch, "PUT", "/drydock/workspace/archive?path=", {
      body: tarOf(files),
      headers: { "content-type": "application/x-tar" },
    });
  }

  async #pull(): Promise<void> {
    for (const image of this.#playground.images) {
      try {
        const response = await ask(this.#host.fetch, "POST", `/images/create?fromImage=${encodeURIComponent(image)}`);
        const last = (await response.text()).trim().split("\n").at(-1) ?? "{}";
        const { error } = JSON.parse(last) as { error?: unknown };
        if (typeof error === "string") throw new Error(error);
      } catch (error) {
        this.#options.tell("error", { message: `${image}: ${messageOf(error)}` });
      }
    }
  }

  #watch(): void {
    this.#watching?.abort();
    const watching = new AbortController();
    this.#watching = watching;
    const { fetch } = this.#host;
    void watchBuilds(fetch, (record) => this.#options.tell("build", { record }), watching.signal);
    void watchPorts(fetch, (port) => this.#tellPort(port), watching.signal);
  }

  #tellPort(port: Events["port"]): void {
    this.#options.tell("port", port);
    if (port.isOpen && port.port === this.#playground.port) {
      this.#host.show("preview", `http://localhost:${port.port}/`);
    }
  }
}

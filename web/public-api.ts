/**
 * `window.drydock`: what scripts can do with the page. Tests use it, embeds will.
 *
 * ```js
 * await drydock.ready;
 * drydock.type("docker run --rm busybox uname -a\r");
 * const version = await (await drydock.fetch("/version")).json();
 * ```
 */
import type { DockerFetch } from "./data/engine-client.ts";
import type { FilesApi, RunOptions } from "./embed/playground-api.ts";
import type { RunResult } from "./embed/protocol.ts";

/** The page as scripts see it. Members are never removed or changed in meaning. */
export interface Drydock {
  /** Resolves when the first shell takes input. Stays pending when the machine does not come up. */
  readonly ready: Promise<void>;
  /** Types into the active terminal, as a person would; Enter is `\r`. Kept until there is a shell. */
  type(text: string): void;
  /** All text of the active terminal, scrollback included: lines joined by `\n`, without trailing blanks. */
  screen(): string;
  /**
   * The Docker Engine API of this page, after the browser's `fetch`: `drydock.fetch("/containers/json?all=1")`. Streams both
   * ways; rejects while no machine is up, and when it is lost. HTTP errors are answers, as always.
   */
  readonly fetch: DockerFetch;
  /**
   * Runs a command line in a shell of its own in the guest, without a terminal, in `/root/workspace`; resolves with what it printed and
   * its exit code: `const { exitCode, output } = await drydock.run("docker build -q .")`.
   */
  run(command: string, options?: RunOptions): Promise<RunResult>;
  /** The workspace: `list()`, `read(path)`, `write(path, content)`, `remove(path)`, with paths relative to it. */
  readonly files: FilesApi;
  /** A fresh machine; in a playground made of a document also its files as they were, and no containers, networks and volumes. */
  reset(): Promise<void>;
  /** Tells every piece of the output of the terminal in front, with escape sequences; the answer stops it. */
  onOutput(listener: (text: string) => void): () => void;
}

/** What the page lends to scripts. */
export type PageHost = Drydock;

/** The API, usable before the page has been loaded: what is asked of it then is done when it has. */
export function createDrydock(loading: Promise<PageHost>): Drydock {
  let host: PageHost | undefined;
  void loading.then((loaded) => (host = loaded));
  return Object.freeze({
    ready: loading.then((loaded) => loaded.ready),
    type: (text: string) => void loading.then((loaded) => loaded.type(text)),
    screen: () => host?.screen() ?? "",
    fetch: async (path: string, init?: RequestInit) => (await loading).fetch(path, init),
    run: async (command: string, options?: RunOptions) => (await loading).run(command, options),
    files: Object.freeze<FilesApi>({
      list: async () => (await loading).files.list(),
      read: async (path) => (await loading).files.read(path),
      write: async (path, content) => (await loading).files.write(path, content),
      remove: async (path) => (await loading).files.remove(path),
    }),
    reset: async () => (await loading).reset(),
    onOutput(listener: (text: string) => void) {
      let stop: (() => void) | undefined;
      let isOver = false;
      void loading.then((loaded) => {
        if (!isOver) stop = loaded.onOutput(listener);
      });
      return () => {
        isOver = true;
        stop?.();
      };
    },
  });
}

declare global {
  interface Window {
    /** @see Drydock */
    readonly drydock: Drydock;
    /** Set by `index.html`: replaces the page by a word on what this browser lacks. */
    readonly drydockTooOld?: (reason: string) => void;
  }
}

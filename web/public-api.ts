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
}

/** What the page lends to scripts. */
export interface PageHost {
  readonly ready: Promise<void>;
  type(text: string): void;
  screen(): string;
  readonly fetch: DockerFetch;
}

/** The API, usable before the page has been loaded: what is asked of it then is done when it has. */
export function createDrydock(loading: Promise<PageHost>): Drydock {
  let host: PageHost | undefined;
  void loading.then((loaded) => (host = loaded));
  return Object.freeze({
    ready: loading.then((loaded) => loaded.ready),
    type: (text: string) => void loading.then((loaded) => loaded.type(text)),
    screen: () => host?.screen() ?? "",
    fetch: async (path: string, init?: RequestInit) => (await loading).fetch(path, init),
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

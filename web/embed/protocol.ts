/**
 * How a page talks to a playground in an iframe. Two window messages make a connection, everything else goes over a `MessagePort`
 * that only the two of them have.
 *
 *   frame  ──► parent    { type: "drydock:hello", version: 1, nonce }                      once it listens, and when asked
 *   parent ──► frame     { type: "drydock:ask" }                                           optional: say hello again
 *   parent ──► frame     { type: "drydock:connect", version: 1, nonce, start?, document? }  + one MessagePort
 *
 * over the port:
 *
 *   parent ──► frame     { id, method, params }        { id, cancel: true }
 *   frame  ──► parent    { id, result } or { id, error: { name, message } }                one for each id
 *   frame  ──► parent    { event, detail }
 *
 * The frame obeys a window message only when `event.source` is its parent and the nonce is the one it said hello with; the parent, only
 * when the source is the iframe it made and the origin is the playground's.
 */

export const PROTOCOL_VERSION = 1;

/** What a page can ask of a playground: parameters and answer of each method. */
export interface Methods {
  /** Starts the machine, as the poster's button does. */
  start: { params: Record<string, never>; result: void };
  run: { params: { readonly command: string; readonly directory?: string }; result: RunResult };
  type: { params: { readonly text: string }; result: void };
  screen: { params: Record<string, never>; result: string };
  "files.list": { params: Record<string, never>; result: readonly FileEntry[] };
  "files.read": { params: { readonly path: string }; result: Uint8Array<ArrayBuffer> };
  "files.write": {
    params: { readonly path: string; readonly content: string | Uint8Array<ArrayBuffer> };
    result: void;
  };
  "files.remove": { params: { readonly path: string }; result: void };
  reset: { params: Record<string, never>; result: void };
}

export type MethodName = keyof Methods;

/** How a command ended. */
export interface RunResult {
  readonly exitCode: number;
  /** Both streams, in the order in which they came, as UTF-8. */
  readonly output: string;
  /** More was said than `output` holds. */
  readonly isCut: boolean;
}

/** A file or directory of the playground, relative to its directory. */
export interface FileEntry {
  readonly path: string;
  readonly type: string;
  readonly sizeBytes: number;
}

/** What a playground tells unasked. */
export interface Events {
  /** The shell takes input, files are there. Again after every reset. */
  ready: Record<string, never>;
  /** Text of the terminal in front, as a terminal gets it: with escape sequences. */
  output: { readonly text: string };
  /** A build has changed: the newest state of its record, as `GET /drydock/builds` has it. */
  build: { readonly record: unknown };
  /** A port of the machine leads to a container now, or no longer. */
  port: { readonly port: number; readonly containerPort: number; readonly container: string; readonly isOpen: boolean };
  error: { readonly message: string };
}

export type EventName = keyof Events;

export interface Hello {
  readonly type: "drydock:hello";
  readonly version: number;
  readonly nonce: string;
}

export interface Connect {
  readonly type: "drydock:connect";
  readonly version: number;
  readonly nonce: string;
  /** The reader has clicked already: no second poster. */
  readonly start?: boolean;
  /** A playground document, to be checked. */
  readonly document?: unknown;
}

export type ToFrame =
  | { readonly id: number; readonly method: string; readonly params: unknown }
  | { readonly id: number; readonly cancel: true };

export type FromFrame =
  | { readonly id: number; readonly result: unknown }
  | { readonly id: number; readonly error: { readonly name: string; readonly message: string } }
  | { readonly event: EventName; readonly detail: unknown };

/** Whether a window message says hello. Whom it is from is for the caller to see. */
export function isHello(data: unknown): data is Hello {
  const { type, nonce } = (data ?? {}) as Partial<Hello>;
  return type === "drydock:hello" && typeof nonce === "string";
}

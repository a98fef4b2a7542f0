/**
 * Every message between the page and the engine's worker. One `postMessage` channel carries calls with answers (by id), byte
 * streams with credit (by id, see `data/message-streams.ts`) and notices from the worker.
 *
 *   page   ──► start · call · abort · stream            worker ──► progress · console · ready · failed · died · answer · stream
 */
import type { BootProgress, CommandRequest } from "../engine/index.ts";

/** How the page wants its engine. */
export interface StartOptions {
  /** The page's own directory, absolute: artifacts and the static registry are below it. */
  readonly baseUrl: string;
  /** Boot the kernel even when a snapshot fits. */
  readonly coldBoot: boolean;
  readonly memoryBytes?: number;
  /** Stores apart from the visitor's own, for documents of other people. */
  readonly scope?: "shared";
  /** Which workspace of the stores is at `/root/workspace`. */
  readonly workspace?: string;
  /** Development and test builds only: `"fake"`. */
  readonly engine?: string;
}

/** A byte stream that the sender of this reference is going to send. */
export interface StreamRef {
  readonly stream: number;
}

/** Messages of one stream: `chunk`, `end` and `error` flow with the bytes, `credit` and `cancel` against them. */
export type StreamMessage =
  | { readonly type: "chunk"; readonly stream: number; readonly bytes: Uint8Array<ArrayBuffer> }
  | { readonly type: "end"; readonly stream: number }
  | { readonly type: "error"; readonly stream: number; readonly error: WireError }
  /** The receiver takes this many more bytes. */
  | { readonly type: "credit"; readonly stream: number; readonly bytes: number }
  | { readonly type: "cancel"; readonly stream: number };

/** What the page can ask of the worker: argument and answer of each call. */
export interface Calls {
  fetch: { argument: WireRequest; answer: WireResponse };
  openTerminal: { argument: TerminalSize & { readonly input: StreamRef }; answer: WireTerminal };
  resizeTerminal: { argument: TerminalSize & { readonly terminal: number }; answer: void };
  closeTerminal: { argument: { readonly terminal: number }; answer: void };
  /** Resolves when the shell has exited. */
  waitTerminal: { argument: { readonly terminal: number }; answer: { readonly code: number } };
  runCommand: { argument: CommandRequest; answer: WireCommand };
  /** Resolves when the command has exited. */
  waitCommand: { argument: { readonly command: number }; answer: { readonly code: number } };
  killCommand: { argument: { readonly command: number }; answer: void };
  /** Answers over `link` what the preview of a published port asks of it (`preview/protocol.ts`), and of nothing else. */
  openLink: { argument: { readonly port: number; readonly link: MessagePort }; answer: { readonly link: number } };
  closeLink: { argument: { readonly link: number }; answer: void };
  /** Answered at once by a worker that is alive. */
  ping: { argument: void; answer: void };
  /** Disposes the engine and gives its claims (the machine's number) back. */
  stop: { argument: void; answer: void };
  /** All of the kernel's console since boot (bounded). */
  readConsole: { argument: void; answer: string };
}

export type CallName = keyof Calls;

export interface TerminalSize {
  readonly rows: number;
  readonly columns: number;
}

interface WireTerminal {
  readonly terminal: number;
  readonly output: StreamRef;
}

interface WireCommand {
  readonly command: number;
  readonly output: StreamRef;
}

/** A request to the Docker Engine API. A short body travels with it, a long one as a stream. */
export interface WireRequest {
  readonly method: string;
  /** With query. */
  readonly path: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body?: Uint8Array<ArrayBuffer> | StreamRef;
}

export interface WireResponse {
  readonly status: number;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body?: StreamRef;
}

export interface WireError {
  readonly name: string;
  readonly message: string;
  /** An `EngineError`'s kind. */
  readonly kind?: string;
}

/** Why there is no engine (any more). The page has one screen for each kind. */
export interface Failure {
  readonly kind:
    | "no-webassembly"
    | "artifact-missing"
    | "artifact-unreachable"
    | "storage-full"
    | "storage-broken"
    | "boot-failed"
    | "guest-died"
    | "worker-lost";
  /** One sentence of the engine's own. */
  readonly message: string;
  /** The file an artifact failure is about, relative to the page. */
  readonly path?: string;
  /** The kernel's last lines. */
  readonly console?: string;
}

/** The engine is up. */
export interface Ready {
  readonly from: "snapshot" | "cold";
  readonly milliseconds: number;
  /** No other open tab of this origin has the same: letters and digits. */
  readonly machine: string;
  /** False when this browser keeps nothing (private window): images live as long as the tab. */
  readonly isStorageLasting: boolean;
}

export type FromPage =
  | { readonly type: "start"; readonly options: StartOptions }
  | {
      [N in CallName]: {
        readonly type: "call";
        readonly id: number;
        readonly name: N;
        readonly argument: Calls[N]["argument"];
      };
    }[CallName]
  /** The page no longer wants the answer (or the body) of call `id`. */
  | { readonly type: "abort"; readonly id: number }
  | StreamMessage;

export type FromWorker =
  | { readonly type: "progress"; readonly progress: BootProgress }
  | { readonly type: "console"; readonly text: string }
  | { readonly type: "ready"; readonly ready: Ready }
  | { readonly type: "failed"; readonly failure: Failure }
  | { readonly type: "died"; readonly failure: Failure }
  | { readonly type: "answer"; readonly id: number; readonly value?: unknown; readonly error?: WireError }
  | StreamMessage;

/** An error as it crosses threads. */
export function toWireError(error: unknown): WireError {
  if (!(error instanceof Error)) return { name: "Error", message: String(error) };
  const kind = "kind" in error && typeof error.kind === "string" ? error.kind : undefined;
  return { name: error.name, message: error.message, ...(kind !== undefined && { kind }) };
}

/** The error of the other thread, as one of this thread. */
export function fromWireError(wire: WireError): Error {
  const error = new Error(wire.message);
  error.name = wire.name;
  return wire.kind === undefined ? error : Object.assign(error, { kind: wire.kind });
}

import type { EngineFetch } from "../api/app.ts";

/** What a `docker` command is given: the process around it, and the API. It keeps no state of its own. */
export interface CommandContext {
  readonly argv: readonly string[];
  readonly env: ReadonlyMap<string, string>;
  readonly cwd: string;
  readonly stdin: CommandInput;
  readonly stdout: CommandOutput;
  readonly stderr: CommandOutput;
  readonly fetch: EngineFetch;
  readonly files: CommandFiles;
  /** Signals sent to the `docker` process, by number. */
  onSignal(listener: (signal: number) => void): Disposable;
  /** The terminal's size changed. */
  onResize(listener: (size: TerminalSize) => void): Disposable;
  /** Aborted when the `docker` process is gone. */
  readonly signal: AbortSignal;
}

export interface TerminalSize {
  readonly rows: number;
  readonly columns: number;
}

export interface CommandInput {
  readonly isTerminal: boolean;
  /** Nothing is read from the user's stdin before this is called and pulled. */
  stream(): ReadableStream<Uint8Array>;
  /** Terminal only: raw mode on or off. */
  setRaw(raw: boolean): void;
}

export interface CommandOutput {
  readonly isTerminal: boolean;
  size(): TerminalSize;
  /** Resolves when the process on the other side can take more. Rejects with EPIPE when it is gone. */
  write(data: Uint8Array | string): Promise<void>;
}

/** Files of the machine the command runs on (the guest), relative paths resolved against `cwd`. */
export interface CommandFiles {
  read(path: string): Promise<ReadableStream<Uint8Array>>;
  write(path: string, body: ReadableStream<Uint8Array>): Promise<void>;
}

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

/** Files of the machine the command runs on (the guest), relative paths resolved against `cwd`. Errors are in Go's words. */
export interface CommandFiles {
  read(path: string): Promise<ReadableStream<Uint8Array>>;
  /** Replaces the file; `mode`: of a new one, 0644 when it is not given. */
  write(path: string, body: ReadableStream<Uint8Array>, options?: { readonly mode?: number }): Promise<void>;
  /** Undefined when there is nothing of that name. `follow`: what a symlink leads to. */
  stat(path: string, options?: { readonly follow?: boolean }): Promise<FileStat | undefined>;
  /** A directory and what leads to it; one that exists is fine. */
  makeDirectory(path: string, mode: number): Promise<void>;
  /**
   * A tar file of a file, or of a directory with all that is below it. Its entries begin with `name`; "" for none: what is in the
   * directory. `follow`: of what a symlink leads to. `leaveOut`: of a directory, without these; they are not even read.
   */
  readTar(
    path: string,
    name: string,
    options?: { readonly follow?: boolean; readonly leaveOut?: LeaveOut },
  ): Promise<ReadableStream<Uint8Array>>;
  /**
   * Unpacks into an existing directory, as the user's own files. A directory is never replaced by what is none, nor the reverse.
   * `rename`: entries below the one name go below the other.
   */
  writeTar(directory: string, tar: ReadableStream<Uint8Array>, options?: { readonly rename?: Rename }): Promise<void>;
}

/** Paths relative to a directory, `a/b`; a `.dockerignore` file is one. */
export interface LeaveOut {
  ignores(path: string): boolean;
  /** Whether something below a directory that is left out is not. */
  mayContainExceptions(directory: string): boolean;
}

/** Relative paths without a slash at the end; `from` may be "": everything. */
export interface Rename {
  readonly from: string;
  readonly to: string;
}

export interface FileStat {
  readonly type: "file" | "directory" | "symlink" | "other";
  /** A symlink's target. */
  readonly link?: string;
}

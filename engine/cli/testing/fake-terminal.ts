import type { EngineFetch } from "../../api/app.ts";
import { Queue } from "../../base/queue.ts";
import { collect, decodeUtf8, encodeUtf8, streamFrom, streamOf } from "../../base/streams.ts";
import type { CommandContext, CommandFiles, CommandOutput, FileStat, TerminalSize } from "../command-context.ts";
import { runCli } from "../main.ts";

export interface FakeTerminalOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly files?: Readonly<Record<string, string>>;
  /** In place of `files`: a file system with all it can do. */
  readonly fileSystem?: CommandFiles;
  /** All three streams are a terminal. */
  readonly tty?: boolean;
  /** What comes in; more can be typed later. */
  readonly stdin?: string;
  /** Leave stdin open after that. */
  readonly keepsOpen?: boolean;
}

export interface CliResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

const DIRECTORIES: readonly string[] = ["/", "/root", "/tmp", "."];

/** The process around one `docker …` command, for tests. */
export class FakeTerminal {
  readonly files: Map<string, string>;
  /** Raw mode on and off, in order. */
  readonly rawModes: boolean[] = [];
  readonly #fetch: EngineFetch;
  readonly #options: FakeTerminalOptions;
  readonly #input = new Queue<Uint8Array>();
  readonly #gone = new AbortController();
  readonly #signalListeners = new Set<(signal: number) => void>();
  readonly #resizeListeners = new Set<(size: TerminalSize) => void>();
  #size: TerminalSize = { rows: 24, columns: 80 };
  #stdout = "";
  #stderr = "";
  #watchers: (() => void)[] = [];
  /** True once the command has asked for stdin. */
  readsStdin = false;

  constructor(fetch: EngineFetch, options: FakeTerminalOptions = {}) {
    this.#fetch = fetch;
    this.#options = options;
    this.files = new Map(Object.entries(options.files ?? {}));
    if (options.stdin !== undefined) this.type(options.stdin);
    if (options.keepsOpen !== true) this.#input.close();
  }

  get stdout(): string {
    return this.#stdout;
  }

  type(text: string): void {
    this.#input.push(encodeUtf8(text));
  }

  endInput(): void {
    this.#input.close();
  }

  signal(number: number): void {
    for (const listener of this.#signalListeners) listener(number);
  }

  resize(size: TerminalSize): void {
    this.#size = size;
    for (const listener of this.#resizeListeners) listener(size);
  }

  hangUp(): void {
    this.#gone.abort(new Error("the process is gone"));
  }

  /** Runs `docker …` to its end. */
  async docker(...argv: readonly string[]): Promise<CliResult> {
    const exitCode = await runCli(this.context(["docker", ...argv]));
    return { exitCode, stdout: this.#stdout, stderr: this.#stderr };
  }

  /** Resolves when stdout holds the text. */
  async waitFor(text: string): Promise<void> {
    while (!this.#stdout.includes(text)) await new Promise<void>((resolve) => this.#watchers.push(resolve));
  }

  context(argv: readonly string[]): CommandContext {
    const { tty = false, env = {} } = this.#options;
    return {
      argv,
      env: new Map(Object.entries({ HOME: "/root", ...env })),
      cwd: "/root",
      fetch: this.#fetch,
      signal: this.#gone.signal,
      stdin: {
        isTerminal: tty,
        stream: () => {
          this.readsStdin = true;
          return streamFrom(this.#input);
        },
        setRaw: (raw) => void this.rawModes.push(raw),
      },
      stdout: this.#output(tty, (text) => (this.#stdout += text)),
      stderr: this.#output(tty, (text) => (this.#stderr += text)),
      files: this.#options.fileSystem ?? this.#flatFiles(),
      onSignal: (listener) => listen(this.#signalListeners, listener),
      onResize: (listener) => listen(this.#resizeListeners, listener),
    };
  }

  /** Names and texts; directories are there because something is in them. */
  #flatFiles(): CommandFiles {
    const absent = (call: string, path: string): Error => new Error(`${call} ${path}: no such file or directory`);
    const stat = async (path: string): Promise<FileStat | undefined> => {
      if (this.files.has(path)) return { type: "file" };
      const isDirectory =
        DIRECTORIES.includes(path) || [...this.files.keys()].some((file) => file.startsWith(`${path}/`));
      return isDirectory ? { type: "directory" } : undefined;
    };
    return {
      read: async (path) => {
        const text = this.files.get(path) ?? this.files.get(`/root/${path}`);
        if (text === undefined) throw absent("open", path);
        return streamOf(encodeUtf8(text));
      },
      write: async (path, body) => void this.files.set(path, decodeUtf8(await collect(body))),
      stat,
      makeDirectory: async () => undefined,
      readTar: async (path) => Promise.reject(absent("lstat", path)),
      writeTar: async (path) => Promise.reject(absent("open", path)),
    };
  }

  #output(isTerminal: boolean, add: (text: string) => void): CommandOutput {
    return {
      isTerminal,
      size: () => this.#size,
      write: async (data) => {
        add(typeof data === "string" ? data : decodeUtf8(data));
        const watchers = this.#watchers;
        this.#watchers = [];
        for (const watcher of watchers) watcher();
      },
    };
  }
}

function listen<T>(listeners: Set<T>, listener: T): Disposable {
  listeners.add(listener);
  return { [Symbol.dispose]: () => void listeners.delete(listener) };
}

import type { EngineError } from "../base/errors.ts";
import { Queue } from "../base/queue.ts";
import { encodeUtf8, type ByteStream } from "../base/streams.ts";
import { deferred } from "../base/deferred.ts";
import { ERRNO } from "./errno.ts";
import { guestError } from "./fake-files.ts";
import { FakePipe } from "./fake-pipe.ts";
import type { ExitStatus, GuestProcess, StartSpec } from "./guest.ts";
import type { Op } from "./ops.ts";

/** How a scripted process ends, with what it still says before. */
export interface FakeOutcome {
  readonly stdout?: string | Uint8Array;
  readonly stderr?: string | Uint8Array;
  /** Exit code; 0 when absent. */
  readonly exit?: number;
  /** Died of this signal, as after `kill -9`. */
  readonly signal?: number;
}

/** What a script sees of its process. */
export interface FakeProcess {
  readonly pid: number;
  readonly spec: StartSpec;
  readonly argv: readonly string[];
  readonly env: readonly string[];
  /** Ends at once when the process has no stdin. On a pty: what is typed. */
  readonly stdin: ByteStream;
  /** Writes to standard output (a pty's screen). Without one, nothing happens. @throws EPIPE when nobody reads */
  stdout(text: string | Uint8Array): Promise<void>;
  stderr(text: string | Uint8Array): Promise<void>;
  /** Signals as they come. A script that looks here handles them itself, all but SIGKILL. */
  readonly signals: AsyncIterable<number>;
  /** Window size of its pty. */
  readonly size: { rows: number; columns: number } | undefined;
  /** Resolves when it has ended, for whatever reason. */
  readonly ended: Promise<ExitStatus>;
}

/** Decides what a process does; the process lives until the promise is settled. Throwing a GuestError fails the start. */
export type FakeScript = (process: FakeProcess) => FakeOutcome | void | Promise<FakeOutcome | void>;

const SIGKILL = 9;
const IGNORED_BY_DEFAULT = new Set([0, 17, 18, 23, 28]);

/** A process of a {@link FakeGuest}, seen from both sides. */
export class ScriptedProcess implements FakeProcess {
  readonly pid: number;
  readonly spec: StartSpec;
  readonly argv: readonly string[];
  readonly env: readonly string[];
  readonly ended: Promise<ExitStatus>;
  size: { rows: number; columns: number } | undefined;

  readonly #exit = deferred<ExitStatus>();
  readonly #signals = new Queue<number>();
  readonly #stdin: FakePipe | undefined;
  readonly #stdout: FakePipe | undefined;
  readonly #stderr: FakePipe | undefined;
  readonly #outputs: Record<"stdout" | "stderr", WritableStreamDefaultWriter<Uint8Array> | undefined>;
  #handlesSignals = false;
  #over = false;

  constructor(pid: number, spec: StartSpec) {
    const { stdio } = spec;
    const last = spec.childOps.at(-1) as Extract<Op, { op: "exec" }>;
    const pty = stdio.mode === "pty";
    this.pid = pid;
    this.spec = spec;
    this.argv = last.argv;
    this.env = last.env;
    this.ended = this.#exit.promise;
    this.ended.catch(() => undefined);
    this.size = pty ? { rows: stdio.rows, columns: stdio.columns } : undefined;
    this.#stdin = pty || stdio.stdin ? brokenPipe() : undefined;
    this.#stdout = pty || stdio.stdout ? brokenPipe() : undefined;
    this.#stderr = !pty && stdio.stderr ? brokenPipe() : undefined;
    this.#outputs = { stdout: this.#stdout?.writable.getWriter(), stderr: this.#stderr?.writable.getWriter() };
  }

  get stdin(): ByteStream {
    return this.#stdin?.readable ?? new ReadableStream({ start: (controller) => controller.close() });
  }

  get signals(): AsyncIterable<number> {
    this.#handlesSignals = true;
    return this.#signals;
  }

  /** Ended. */
  get over(): boolean {
    return this.#over;
  }

  /** Pipes whose far end the engine has neither read to the end nor cancelled. */
  get openPipes(): number {
    return [this.#stdout, this.#stderr].filter((pipe) => pipe !== undefined && !pipe.ended).length;
  }

  async stdout(text: string | Uint8Array): Promise<void> {
    await this.#outputs.stdout?.write(bytesOf(text));
  }

  async stderr(text: string | Uint8Array): Promise<void> {
    await (this.size === undefined ? this.#outputs.stderr : this.#outputs.stdout)?.write(bytesOf(text));
  }

  /** The process as the engine holds it. */
  handle(): GuestProcess {
    return {
      pid: this.pid,
      stdin: this.#stdin?.writable,
      stdout: this.#stdout?.readable,
      stderr: this.#stderr?.readable,
      exited: this.ended,
      resize: async (rows, columns) => {
        if (this.size === undefined) throw new TypeError("only a process on a pty has a window size");
        this.size = { rows, columns };
      },
    };
  }

  deliver(signal: number): void {
    if (signal === SIGKILL) this.finish({ signal });
    else if (this.#handlesSignals) this.#signals.push(signal);
    else if (!IGNORED_BY_DEFAULT.has(signal)) this.finish({ signal });
  }

  /** Ends the process. Later calls do nothing. */
  finish(outcome: FakeOutcome = {}): void {
    if (this.#over) return;
    this.#over = true;
    const { signal } = outcome;
    void this.#say(outcome).then(() =>
      this.#exit.resolve({
        code: signal === undefined ? (outcome.exit ?? 0) : 128 + signal,
        signal,
        userUs: 1000,
        systemUs: 500,
      }),
    );
  }

  /** The guest died. */
  destroy(error: EngineError): void {
    for (const pipe of [this.#stdin, this.#stdout, this.#stderr]) pipe?.destroy(error);
    if (this.#over) return;
    this.#over = true;
    this.#signals.close();
    this.#exit.reject(error);
  }

  async #say(outcome: FakeOutcome): Promise<void> {
    const { stdout = "", stderr = "" } = outcome;
    // Like the agent: the exit is told when the output is out, whether or not somebody reads it.
    void this.stdout(stdout).catch(() => undefined);
    void this.stderr(stderr).catch(() => undefined);
    for (const output of Object.values(this.#outputs)) void output?.close().catch(() => undefined);
    this.#stdin?.destroy(guestError(ERRNO.EPIPE, "write(stdin)"));
    this.#signals.close();
  }
}

function brokenPipe(): FakePipe {
  return new FakePipe(() => guestError(ERRNO.EPIPE, "write"));
}

function bytesOf(text: string | Uint8Array): Uint8Array {
  return typeof text === "string" ? encodeUtf8(text) : text;
}

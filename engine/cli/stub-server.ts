import type { EngineFetch } from "../api/app.ts";
import { Queue } from "../base/queue.ts";
import { encodeUtf8 } from "../base/streams.ts";
import type { CommandContext, CommandFiles, CommandOutput, TerminalSize } from "./command-context.ts";
import { runCli } from "./main.ts";
import {
  decodeHello,
  decodeSignal,
  decodeWinch,
  encodeStubFrame,
  encodeU32,
  FROM_STUB,
  type Hello,
  readFrames,
  type StubFrame,
  StubProtocolError,
  TO_STUB,
} from "./stub-frames.ts";

/** One connection of a `docker` process in the guest. */
export interface StubConnection {
  readonly readable: ReadableStream<Uint8Array>;
  readonly writable: WritableStream<Uint8Array>;
}

export interface StubOptions {
  readonly fetch: EngineFetch;
  /** The guest's files as that process sees them (relative paths against its `cwd`). */
  readonly files: (process: Hello) => CommandFiles;
  /** Runs a command; tests hand in their own. */
  readonly run?: (context: CommandContext) => Promise<number>;
}

/** Bytes of stdin that the stub may be ahead of us. */
const STDIN_WINDOW = 32 << 10;
const MAX_OUTPUT_BYTES = 16 << 10;
/** Signals of which a `docker` process dies, where nothing took them: the shell is to see that. */
const FATAL_SIGNALS: readonly number[] = [1, 3, 10, 12];
const SIGPIPE = 13;

/**
 * Runs the command of one stub. Resolves when the connection is over; never rejects: what does not keep to the protocol is
 * disconnected.
 */
export async function serveStub(connection: StubConnection, options: StubOptions): Promise<void> {
  const session = new Session(connection, options);
  try {
    await session.run();
  } catch {
    await session.disconnect();
  }
}

class Session {
  readonly #options: StubOptions;
  readonly #readable: ReadableStream<Uint8Array>;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;
  readonly #gone = new AbortController();
  readonly #stdin: StdinStream;
  readonly #signalListeners = new Set<(signal: number) => void>();
  readonly #resizeListeners = new Set<(size: TerminalSize) => void>();
  readonly #signals = new Set<number>();
  #size: TerminalSize = { rows: 0, columns: 0 };

  constructor({ readable, writable }: StubConnection, options: StubOptions) {
    this.#options = options;
    this.#readable = readable;
    this.#writer = writable.getWriter();
    this.#writer.closed.catch(() => undefined);
    this.#stdin = new StdinStream(
      (bytes) => void this.#send(TO_STUB.stdinCredit, encodeU32(bytes)).catch(() => undefined),
    );
  }

  async run(): Promise<void> {
    const frames = readFrames(this.#readable);
    const { done, value } = await frames.next();
    if (done === true) return await this.disconnect();
    if (value.type !== FROM_STUB.hello) throw new StubProtocolError("the first frame is not HELLO");
    const hello = decodeHello(value.payload);
    this.#size = { rows: hello.rows, columns: hello.columns };
    const listening = this.#listen(frames);
    const exitCode = await (this.#options.run ?? runCli)(this.#context(hello));
    if (!this.#gone.signal.aborted) await this.#exit(exitCode);
    await this.disconnect();
    await listening;
  }

  /** Closes both directions; a command that still runs sees its process gone. */
  async disconnect(): Promise<void> {
    this.#gone.abort(new Error("the docker process is gone"));
    this.#stdin.end();
    await this.#writer.close().catch(() => undefined);
  }

  async #exit(exitCode: number): Promise<void> {
    const fatal = exitCode - 128;
    const diesOf = fatal === SIGPIPE || (FATAL_SIGNALS.includes(fatal) && this.#signals.has(fatal)) ? fatal : undefined;
    if (diesOf === undefined) await this.#send(TO_STUB.exit, encodeU32(exitCode & 0xff));
    else await this.#send(TO_STUB.signalSelf, encodeU32(diesOf));
  }

  /** Until the stub has gone. */
  async #listen(frames: AsyncGenerator<StubFrame, void, undefined>): Promise<void> {
    try {
      for await (const frame of frames) this.#receive(frame);
    } catch {
      // A stub that breaks the protocol, or its connection, is as good as gone.
    }
    await this.disconnect();
  }

  #receive({ type, payload }: StubFrame): void {
    if (type === FROM_STUB.stdin) this.#stdin.receive(payload);
    else if (type === FROM_STUB.stdinEof) this.#stdin.end();
    else if (type === FROM_STUB.signal) {
      const signal = decodeSignal(payload);
      this.#signals.add(signal);
      for (const listener of this.#signalListeners) listener(signal);
    } else if (type === FROM_STUB.winch) {
      this.#size = decodeWinch(payload);
      for (const listener of this.#resizeListeners) listener(this.#size);
    } else throw new StubProtocolError(`frame of unknown type ${type}`);
  }

  #send(type: number, payload: Uint8Array): Promise<void> {
    return this.#writer.write(encodeStubFrame(type, payload));
  }

  #context(hello: Hello): CommandContext {
    const { terminals } = hello;
    return {
      argv: hello.argv,
      env: new Map(hello.env.map((item) => splitAtEquals(item))),
      cwd: hello.cwd,
      stdin: {
        isTerminal: terminals.stdin,
        stream: () => this.#stdin.stream,
        setRaw: (raw) => void this.#send(TO_STUB.raw, Uint8Array.of(raw ? 1 : 0)).catch(() => undefined),
      },
      stdout: this.#output(TO_STUB.stdout, terminals.stdout),
      stderr: this.#output(TO_STUB.stderr, terminals.stderr),
      fetch: this.#options.fetch,
      files: this.#options.files(hello),
      onSignal: (listener) => listen(this.#signalListeners, listener),
      onResize: (listener) => listen(this.#resizeListeners, listener),
      signal: this.#gone.signal,
    };
  }

  #output(type: number, isTerminal: boolean): CommandOutput {
    return {
      isTerminal,
      size: () => this.#size,
      write: async (data) => {
        const bytes = typeof data === "string" ? encodeUtf8(data) : data;
        if (this.#gone.signal.aborted) throw brokenPipe();
        try {
          for (let offset = 0; offset < bytes.length; offset += MAX_OUTPUT_BYTES) {
            await this.#send(type, bytes.subarray(offset, offset + MAX_OUTPUT_BYTES));
          }
        } catch (cause) {
          throw brokenPipe(cause);
        }
      },
    };
  }
}

/** The user's stdin: credit is given as it is read, so nothing is taken from the user that nobody asked for. */
class StdinStream {
  readonly stream: ReadableStream<Uint8Array>;
  readonly #chunks = new Queue<Uint8Array>();
  /** Bytes that the stub may still send. */
  #credit = 0;

  constructor(giveCredit: (bytes: number) => void) {
    const chunks = this.#chunks[Symbol.asyncIterator]();
    this.stream = new ReadableStream<Uint8Array>(
      {
        pull: async (controller) => {
          const grant = STDIN_WINDOW - this.#credit;
          if (grant >= STDIN_WINDOW / 2) {
            this.#credit += grant;
            giveCredit(grant);
          }
          const { done, value } = await chunks.next();
          if (done === true) controller.close();
          else controller.enqueue(value);
        },
        cancel: () => this.#chunks.close(),
      },
      { highWaterMark: 0 },
    );
  }

  /** @throws StubProtocolError for more than was allowed */
  receive(bytes: Uint8Array): void {
    if (bytes.length > this.#credit) throw new StubProtocolError("more stdin than was asked for");
    this.#credit -= bytes.length;
    this.#chunks.push(bytes);
  }

  end(): void {
    this.#chunks.close();
  }
}

function splitAtEquals(item: string): readonly [string, string] {
  const equals = item.indexOf("=");
  return equals < 0 ? [item, ""] : [item.slice(0, equals), item.slice(equals + 1)];
}

function listen<T>(listeners: Set<T>, listener: T): Disposable {
  listeners.add(listener);
  return { [Symbol.dispose]: () => void listeners.delete(listener) };
}

function brokenPipe(cause?: unknown): Error {
  return Object.assign(new Error("write EPIPE", { cause }), { code: "EPIPE" });
}

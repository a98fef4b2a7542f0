/**
 * The two-way stream between a process in a container and the user's terminal or pipes: attach, run, start -a, exec. Ends when the
 * output has ended, or when the detach keys were typed.
 */
import { chunksOf } from "../../base/streams.ts";
import { decodeFrames } from "../../wire/stdcopy.ts";
import type { ApiCall, Client } from "../client.ts";
import type { CommandContext } from "../command-context.ts";
import { warn } from "../output.ts";
import { DEFAULT_DETACH_KEYS, DetachScanner, parseDetachKeys } from "./detach-keys.ts";

export interface AttachOptions {
  /** What to call: the stream goes into its body, comes out of its answer. */
  readonly call: ApiCall;
  /** Pass the user's stdin on. Nothing is read from it otherwise. */
  readonly stdin: boolean;
  readonly stdout: boolean;
  readonly stderr: boolean;
  /** The process has a terminal: output is raw. */
  readonly tty: boolean;
  /** Empty: the default. */
  readonly detachKeys: string;
}

export interface Attached extends Disposable {
  readonly finished: Promise<"ended" | "detached">;
  // [Symbol.dispose]: gives the terminal back and drops the connection.
}

/** Resolves when the engine has answered; the streams flow from then on. @throws ApiError */
export async function openAttached(context: CommandContext, client: Client, options: AttachOptions): Promise<Attached> {
  const closing = new AbortController();
  const signal = AbortSignal.any([closing.signal, context.signal]);
  const input = options.stdin ? new Input(context, await detachKeysOf(context, options)) : undefined;
  const headers = { ...options.call.headers, upgrade: "tcp", connection: "Upgrade" };
  const response = await client.call({ ...options.call, headers, signal, ...(input && { body: input.body }) });
  const raw = options.stdin && options.tty && context.stdin.isTerminal;
  if (raw) context.stdin.setRaw(true);
  let isOpen = true;
  const close = (): void => {
    if (!isOpen) return;
    isOpen = false;
    if (raw) context.stdin.setRaw(false);
    input?.stop();
    closing.abort(new Error("the attachment was closed"));
  };
  const ended = writeOutput(context, options, response.body).then(
    () => "ended" as const,
    (error: unknown) => {
      if (closing.signal.aborted) return "ended" as const;
      throw error;
    },
  );
  const finished = Promise.race([ended, ...(input ? [input.detached] : [])]).finally(close);
  finished.catch(() => undefined);
  return { finished, [Symbol.dispose]: close };
}

async function detachKeysOf(
  context: CommandContext,
  { tty, detachKeys }: AttachOptions,
): Promise<Uint8Array | undefined> {
  if (!tty) return undefined;
  const keys = parseDetachKeys(detachKeys || DEFAULT_DETACH_KEYS);
  if (keys === undefined)
    await warn(context, `invalid detach escape keys, using default: Unknown character: '${detachKeys}'`);
  return keys ?? parseDetachKeys(DEFAULT_DETACH_KEYS);
}

async function writeOutput(
  context: CommandContext,
  options: AttachOptions,
  body: ReadableStream<Uint8Array> | undefined,
): Promise<void> {
  if (body === undefined) return;
  if (options.tty) {
    for await (const chunk of chunksOf(body)) if (options.stdout) await context.stdout.write(chunk);
    return;
  }
  for await (const { stream, bytes } of decodeFrames(body)) {
    if (stream === "systemerr") throw new Error(`error from daemon in stream: ${new TextDecoder().decode(bytes)}`);
    if (stream === "stderr") {
      if (options.stderr) await context.stderr.write(bytes);
    } else if (options.stdout) await context.stdout.write(bytes);
  }
}

/** The user's stdin as a request's body; reads only when it is asked to. */
class Input {
  readonly body: ReadableStream<Uint8Array>;
  readonly detached: Promise<"detached">;
  readonly #scanner: DetachScanner | undefined;
  #reader: ReadableStreamDefaultReader<Uint8Array> | undefined;
  #detach: (value: "detached") => void = () => undefined;

  constructor(context: CommandContext, detachKeys: Uint8Array | undefined) {
    this.#scanner = detachKeys && new DetachScanner(detachKeys);
    this.detached = new Promise((resolve) => (this.#detach = resolve));
    this.body = new ReadableStream<Uint8Array>(
      {
        pull: (controller) => this.#pull(context, controller),
        cancel: () => this.stop(),
      },
      { highWaterMark: 0 },
    );
  }

  stop(): void {
    void this.#reader?.cancel().catch(() => undefined);
  }

  async #pull(context: CommandContext, controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> {
    this.#reader ??= context.stdin.stream().getReader();
    for (;;) {
      const { done, value } = await this.#reader.read();
      if (done) return controller.close();
      const { bytes, detached } = this.#scanner ? this.#scanner.push(value) : { bytes: value, detached: false };
      if (bytes.length > 0) controller.enqueue(bytes);
      // After the keys there is no more input, but it has not ended either.
      if (detached) return this.#detach("detached");
      if (bytes.length > 0) return;
    }
  }
}

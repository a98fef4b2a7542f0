import { deferred } from "../../base/deferred.ts";
import { EngineError } from "../../base/errors.ts";
import { Queue } from "../../base/queue.ts";
import { decodeUtf8, encodeUtf8, streamFrom } from "../../base/streams.ts";
import type { Attachment, OutputChunk } from "../../containers/container-service.ts";

/** What a fake program can do: it is given its world and returns an exit code. */
export type FakeProgram = (world: FakeWorld) => Promise<number> | number;

export interface FakeWorld {
  readonly argv: readonly string[];
  readonly env: readonly string[];
  readonly workingDir: string;
  readonly user: string;
  readonly tty: boolean;
  /** Lines or chunks as they were written; ends at EOF. */
  readonly stdin: AsyncIterable<string>;
  readonly size: () => readonly [rows: number, columns: number];
  readonly stdout: (text: string) => void;
  readonly stderr: (text: string) => void;
  /** Resolves with the first signal. */
  readonly signalled: Promise<string>;
}

/** The programs of every fake image. */
const FAKE_PROGRAMS: Readonly<Record<string, FakeProgram>> = {
  true: () => 0,
  echo: ({ argv, stdout }) => {
    stdout(`${argv.slice(1).join(" ")}\n`);
    return 0;
  },
  env: ({ env, stdout }) => {
    stdout(env.map((item) => `${item}\n`).join(""));
    return 0;
  },
  pwd: ({ workingDir, stdout }) => {
    stdout(`${workingDir || "/"}\n`);
    return 0;
  },
  cat: async ({ stdin, stdout }) => {
    for await (const chunk of stdin) stdout(chunk);
    return 0;
  },
  size: ({ size, stdout }) => {
    stdout(`${size().join(" ")}\n`);
    return 0;
  },
  exit: ({ argv }) => Number(argv[1] ?? 0),
  warn: ({ argv, stderr }) => {
    stderr(`${argv.slice(1).join(" ")}\n`);
    return 0;
  },
  sleep: async ({ signalled }) => {
    const signal = await signalled;
    return 128 + (signal === "KILL" || signal === "SIGKILL" ? 9 : 15);
  },
  /** Names every signal it gets; `USR1` ends it with 0. */
  trap: async (world) => {
    world.stdout(`got ${await world.signalled}\n`);
    return 0;
  },
};

/** A running fake program with its streams. */
export class FakeProcess {
  readonly exited: Promise<number>;
  readonly #tty: boolean;
  readonly #stdin = new Queue<string>();
  readonly #readers = new Set<Queue<OutputChunk>>();
  readonly #written: OutputChunk[] = [];
  readonly #signalled = deferred<string>();
  #ended = false;
  size: readonly [rows: number, columns: number] = [24, 80];

  constructor(
    program: FakeProgram,
    world: Pick<FakeWorld, "argv" | "env" | "workingDir" | "user" | "tty">,
    readers: readonly Queue<OutputChunk>[] = [],
  ) {
    this.#tty = world.tty;
    for (const reader of readers) this.#readers.add(reader);
    this.exited = Promise.resolve()
      .then(() =>
        program({
          ...world,
          stdin: this.#stdin,
          size: () => this.size,
          stdout: (text) => this.#write("stdout", text),
          stderr: (text) => this.#write("stderr", text),
          signalled: this.#signalled.promise,
        }),
      )
      .finally(() => this.#end());
  }

  get written(): readonly OutputChunk[] {
    return this.#written;
  }

  signal(name: string): void {
    this.#signalled.resolve(name);
  }

  input(bytes: Uint8Array): void {
    this.#stdin.push(decodeUtf8(bytes));
  }

  endInput(): void {
    this.#stdin.close();
  }

  read(queue: Queue<OutputChunk>): void {
    if (this.#ended) queue.close();
    else this.#readers.add(queue);
  }

  #write(stream: "stdout" | "stderr", text: string): void {
    const chunk: OutputChunk = this.#tty
      ? { stream: "stdout", bytes: encodeUtf8(text.replace(/\n/g, "\r\n")) }
      : { stream, bytes: encodeUtf8(text) };
    this.#written.push(chunk);
    for (const reader of this.#readers) reader.push(chunk);
  }

  #end(): void {
    this.#ended = true;
    for (const reader of this.#readers) reader.close();
  }
}

/** @throws EngineError in runc's words */
export function findProgram(name: string, prefix: string): FakeProgram {
  const program = FAKE_PROGRAMS[name];
  if (program !== undefined) return program;
  const reason =
    name === "/etc"
      ? "is a directory: permission denied"
      : name.startsWith("/")
        ? "permission denied"
        : "executable file not found in $PATH";
  throw new EngineError("invalid-argument", `${prefix}exec: "${name}": ${reason}`);
}

/** An attachment whose input goes to whatever `target` is by then. */
export function attachmentOf(
  tty: boolean,
  output: Queue<OutputChunk>,
  target: (() => FakeProcess | Promise<FakeProcess>) | undefined,
): Attachment {
  const stdin =
    target &&
    new WritableStream<Uint8Array>({
      write: async (bytes) => {
        // Ctrl-P Ctrl-Q in one piece is enough for a fake.
        if (decodeUtf8(bytes).includes("\u0010\u0011")) output.close();
        else (await target()).input(bytes);
      },
      close: async () => (await target()).endInput(),
    });
  return { tty, stdin, output: streamFrom(output) };
}

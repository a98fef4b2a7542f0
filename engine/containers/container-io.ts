import type { AttachOptions, Attachment, OutputChunk } from "./container-service.ts";
import { DEFAULT_DETACH_KEYS, DetachScanner, parseDetachKeys } from "./detach-keys.ts";

/** A reader that is this far behind holds the process up (moby's `pkg/ioutils/bytespipe`). */
const HIGH_WATER_BYTES = 1 << 20;

interface Sink {
  readonly controller: ReadableStreamDefaultController<OutputChunk>;
  readonly wants: (stream: OutputChunk["stream"]) => boolean;
  /** Called when the reader has taken something. */
  drained: (() => void) | undefined;
}

/**
 * The standard streams of a container as its clients see them: any number of attachments, made before the process starts, while
 * it runs, or between two runs. Each run ends all of them.
 */
export class ContainerIo {
  readonly #sinks = new Set<Sink>();
  #stdin: WritableStreamDefaultWriter<Uint8Array> | undefined;
  #started: { readonly promise: Promise<void>; readonly resolve: () => void } = gate();

  /** Connects the attachments to a process that has started. */
  begin(stdin: WritableStream<Uint8Array> | undefined): void {
    this.#stdin = stdin?.getWriter();
    // A process that is gone rejects this: its end is told otherwise.
    this.#stdin?.closed.catch(() => undefined);
    this.#started.resolve();
  }

  /** Gives a piece of output to all who want it (or to `everyone`); waits for the slowest. */
  write(chunk: OutputChunk, everyone = false): Promise<void> | undefined {
    const slow: Promise<void>[] = [];
    for (const sink of this.#sinks) {
      if (!everyone && !sink.wants(chunk.stream)) continue;
      sink.controller.enqueue(chunk);
      if ((sink.controller.desiredSize ?? 0) <= 0) slow.push(new Promise((resolve) => (sink.drained = resolve)));
    }
    return slow.length === 0 ? undefined : Promise.all(slow).then(() => undefined);
  }

  /** The run is over (or never began): readers see the end once they have read everything. */
  end(): void {
    for (const sink of this.#sinks) this.#close(sink);
    this.#stdin?.releaseLock();
    this.#stdin = undefined;
    this.#started.resolve();
    this.#started = gate();
  }

  /** `tty`, `closesStdin` (StdinOnce) and `openStdin` are the container's. */
  attach(
    options: AttachOptions,
    container: { tty: boolean; openStdin: boolean; closesStdin: boolean },
    onDetach: () => void = () => undefined,
  ): Attachment {
    const keys = container.tty ? parseDetachKeys(options.detachKeys || DEFAULT_DETACH_KEYS) : [];
    let sink: Sink | undefined;
    const output = new ReadableStream<OutputChunk>(
      {
        start: (controller) => {
          sink = {
            controller,
            wants: (stream) => (stream === "stdout" ? options.stdout : options.stderr),
            drained: undefined,
          };
          this.#sinks.add(sink);
        },
        pull: () => wake(sink),
        cancel: () => this.#forget(sink),
      },
      { highWaterMark: HIGH_WATER_BYTES, size: (chunk) => chunk.bytes.length },
    );
    const detach = (): void => {
      if (sink !== undefined && this.#sinks.has(sink)) {
        this.#close(sink);
        onDetach();
      }
    };
    const stdin =
      options.stdin && container.openStdin
        ? this.#input(new DetachScanner(keys), {
            closes: container.closesStdin && !container.tty,
            detach,
            leave: () => this.#leave(sink),
          })
        : undefined;
    return { tty: container.tty, stdin, output };
  }

  /** The end of its input is the container's (`closes`), or else the end of the attachment (`leave`), as in moby's copyStdin. */
  #input(
    scanner: DetachScanner,
    { closes, detach, leave }: { closes: boolean; detach: () => void; leave: () => void },
  ): WritableStream<Uint8Array> {
    let detached = false;
    return new WritableStream<Uint8Array>({
      write: async (bytes) => {
        if (detached) return;
        const { pass, detached: now } = scanner.push(bytes);
        await this.#started.promise;
        if (pass.length > 0) await this.#stdin?.write(pass).catch(() => undefined);
        if (!now) return;
        detached = true;
        detach();
      },
      close: async () => {
        if (detached) return;
        if (!closes) return leave();
        await this.#started.promise;
        await this.#stdin?.close().catch(() => undefined);
      },
    });
  }

  #close(sink: Sink): void {
    this.#forget(sink);
    sink.controller.close();
  }

  #leave(sink: Sink | undefined): void {
    if (sink !== undefined && this.#sinks.has(sink)) this.#close(sink);
  }

  #forget(sink: Sink | undefined): void {
    if (sink === undefined) return;
    this.#sinks.delete(sink);
    wake(sink);
  }
}

function wake(sink: Sink | undefined): void {
  const drained = sink?.drained;
  if (sink !== undefined) sink.drained = undefined;
  drained?.();
}

function gate(): { promise: Promise<void>; resolve: () => void } {
  let resolve: () => void = () => undefined;
  const promise = new Promise<void>((done) => (resolve = done));
  return { promise, resolve };
}

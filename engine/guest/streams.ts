import { AgentStream, type AgentStreamOptions } from "./agent-stream.ts";
import { ProtocolError } from "./codec.ts";
import { decodeErrno, decodeU32, GUEST_STREAM_BIT } from "./events.ts";
import { FRAME, type Frame } from "./frames.ts";
import type { FrameSource } from "./link.ts";

/** All streams of a link, by id. */
export class StreamTable {
  readonly #link: { send(frame: Frame): void; offer(source: FrameSource): void };
  readonly #streams = new Map<number, AgentStream>();
  #nextId: number;

  constructor(link: { send(frame: Frame): void; offer(source: FrameSource): void }, options: { nextId?: number } = {}) {
    this.#link = link;
    this.#nextId = options.nextId ?? 1;
  }

  /** Streams that are not over yet. */
  get size(): number {
    return this.#streams.size;
  }

  /** Where the engine's ids stand; goes into a snapshot. */
  get nextId(): number {
    return this.#nextId;
  }

  /** A stream under a new id of the engine's. It exists for the guest once a request names it. */
  create(options: Omit<AgentStreamOptions, "id"> = {}): AgentStream {
    while (this.#streams.has(this.#nextId)) this.#advance();
    const id = this.#nextId;
    this.#advance();
    return this.#add({ ...options, id });
  }

  /** The stream of a connection that the guest opened. */
  accept(id: number): AgentStream {
    if (id < GUEST_STREAM_BIT) throw new ProtocolError(`the guest opened a stream with id ${id}`);
    return this.adopt({ id });
  }

  /** A stream under an id that the other side chose. @throws ProtocolError when it is in use */
  adopt(options: AgentStreamOptions): AgentStream {
    if (this.#streams.has(options.id)) throw new ProtocolError(`there is a stream ${options.id} already`);
    return this.#add(options);
  }

  /**
   * Hands a DATA, CREDIT, CLOSE or RESET frame to its stream. Frames for a stream that is over are normal (they crossed with our
   * RESET) and dropped.
   */
  handle(frame: Frame): void {
    const stream = this.#streams.get(frame.id);
    if (stream === undefined) return;
    if (frame.type === FRAME.data) stream.receive(frame.payload);
    else if (frame.type === FRAME.credit) stream.addCredit(decodeU32(frame.payload));
    else if (frame.type === FRAME.close) stream.receiveClose();
    else if (frame.type === FRAME.reset) stream.receiveReset(decodeErrno(frame.payload));
  }

  /** Errors every stream. */
  fail(error: Error): void {
    for (const stream of this.#streams.values()) stream.destroy(error);
  }

  #add(options: AgentStreamOptions): AgentStream {
    const stream = new AgentStream(options, {
      send: (frame) => this.#link.send(frame),
      offer: (source) => this.#link.offer(source),
      gone: (id) => this.#streams.delete(id),
    });
    this.#streams.set(options.id, stream);
    return stream;
  }

  #advance(): void {
    this.#nextId = this.#nextId === GUEST_STREAM_BIT - 1 ? 1 : this.#nextId + 1;
  }
}

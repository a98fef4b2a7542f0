import { chunksOf } from "../base/streams.ts";
import { encodeTreeHeader, type TreeEntry } from "../guest/tree.ts";
import type { Place, TreeGuest } from "./place.ts";

/** A file may not replace a directory nor the reverse. */
const KEEP_KIND = 1;
/** How many of the last entries are remembered, to say which one was refused: more than can be on their way. */
const REMEMBERED = 4096;
const END = new Uint8Array(4);

/** Files that are being written below one place. The guest makes them as they come. */
export class TreeSink {
  readonly place: Place;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;
  readonly #done: Promise<void>;
  readonly #sent: { readonly path: string; readonly mode: number }[] = [];

  constructor(guest: TreeGuest, place: Place, options: { readonly keepKinds: boolean }) {
    this.place = place;
    const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
    this.#writer = writable.getWriter();
    this.#done = guest.writeTree(place.path, readable, {
      root: place.root,
      flags: options.keepKinds ? KEEP_KIND : 0,
    });
    this.#done.catch(() => undefined);
    this.#writer.closed.catch(() => undefined);
  }

  /** The last entries that were sent, oldest first. */
  get sent(): readonly { readonly path: string; readonly mode: number }[] {
    return this.#sent;
  }

  /** @throws GuestError when an entry, this one or one before, cannot be made */
  async add(entry: TreeEntry): Promise<void> {
    this.#sent.push({ path: entry.path, mode: entry.mode });
    if (this.#sent.length > REMEMBERED) this.#sent.splice(0, REMEMBERED / 2);
    await this.#write(encodeTreeHeader(entry));
    if (entry.size === 0) return;
    for await (const chunk of chunksOf(entry.content)) await this.#write(chunk);
  }

  /** Resolves when all of it is on the guest's disk, times of directories included. @throws GuestError */
  async end(): Promise<void> {
    await this.#write(END);
    await this.#writer.close().catch(() => undefined);
    await this.#done;
  }

  /** Gives up; what was made stays. */
  async abort(reason: unknown): Promise<void> {
    await this.#writer.abort(reason).catch(() => undefined);
    await this.#done.catch(() => undefined);
  }

  async #write(bytes: Uint8Array): Promise<void> {
    try {
      await this.#writer.write(bytes);
    } catch (error) {
      // The guest has stopped to read: it tells why.
      await this.#done;
      throw error;
    }
  }
}

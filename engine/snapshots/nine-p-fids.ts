/** The client's handles on files, and how they are kept with a boot snapshot. */
import { EngineError } from "../base/errors.ts";
import { decodeUtf8, encodeUtf8 } from "../base/streams.ts";
import { INDEX_VERSION } from "./layer-index-layout.ts";
import { EXPORT_ROOT, type Exports, type Place } from "./nine-p-exports.ts";
import { Errno, NinePError } from "./nine-p-messages.ts";

export interface Fid {
  readonly place: Place;
  isOpen: boolean;
  /** The fid reads this attribute (or list of names) instead of the file. */
  readonly xattr?: Uint8Array | undefined;
}

/** Changes whenever the bytes change, and with the way in which nodes are numbered: a saved guest knows files by these numbers. */
const STATE_VERSION = `1.${INDEX_VERSION}`;

interface SavedState {
  readonly version: string;
  readonly msize: number;
  readonly slots: readonly (readonly [name: string, id: string, pathHigh: number])[];
  /** `place` is a directory's name, or the slot's index and the node. */
  readonly fids: readonly {
    readonly fid: number;
    readonly place: string | readonly [number, number];
    readonly open?: true;
    readonly xattr?: readonly number[];
  }[];
}

export class FidTable {
  readonly #fids = new Map<number, Fid>();

  /** @throws NinePError EBADF */
  get(number: number): Fid {
    const fid = this.#fids.get(number);
    if (!fid) throw new NinePError(Errno.EBADF);
    return fid;
  }

  has(number: number): boolean {
    return this.#fids.has(number);
  }

  set(number: number, fid: Fid): void {
    this.#fids.set(number, fid);
  }

  delete(number: number): boolean {
    return this.#fids.delete(number);
  }

  clear(): void {
    this.#fids.clear();
  }

  get size(): number {
    return this.#fids.size;
  }

  save(msize: number): Uint8Array {
    const slots = [...new Set([...this.#fids.values()].flatMap(({ place }) => place.slot ?? []))];
    const state: SavedState = {
      version: STATE_VERSION,
      msize,
      slots: slots.map(({ name, id, pathHigh }) => [name, id, pathHigh]),
      fids: [...this.#fids].map(([fid, { place, isOpen, xattr }]) => ({
        fid,
        place: place.slot ? [slots.indexOf(place.slot), place.node] : place.directory,
        ...(isOpen && { open: true }),
        ...(xattr && { xattr: [...xattr] }),
      })),
    };
    return encodeUtf8(JSON.stringify(state));
  }

  /** Answers the saved msize. @throws EngineError invalid-argument when the state is not one of this version */
  restore(bytes: Uint8Array, exports: Exports): number {
    const state = parseState(bytes);
    const slots = state.slots.map(([name, id, pathHigh]) => exports.slot(name, id, pathHigh));
    this.#fids.clear();
    for (const { fid, place, open, xattr } of state.fids) {
      const restored =
        typeof place === "string" ? { ...EXPORT_ROOT, directory: place } : { slot: slots[place[0]], node: place[1] };
      this.#fids.set(fid, { place: restored as Place, isOpen: open ?? false, xattr: xattr && new Uint8Array(xattr) });
    }
    return state.msize;
  }
}

function parseState(bytes: Uint8Array): SavedState {
  let state: SavedState | undefined;
  try {
    state = JSON.parse(decodeUtf8(bytes)) as SavedState;
  } catch {
    // Told below.
  }
  if (state?.version !== STATE_VERSION)
    throw new EngineError("invalid-argument", "the boot snapshot's file table is of another version");
  return state;
}

import type { Clock } from "../base/clock.ts";
import type { RecordStore } from "../content/record-store.ts";
import type { Digest } from "../oci/digest.ts";

/** Content by name: blobs by digest, layers by diffId. */
export interface ContentSet {
  readonly blobs: readonly Digest[];
  readonly layers: readonly Digest[];
}

/**
 * Keeps content alive while work on it is under way, and says what to look at when the work never ended: whoever stores content writes
 * a lease first, and ends it when something else (an image) holds the content. A lease that is never ended (a crash, a failed pull)
 * keeps its content for a day, so that the next try goes on from it. (After containerd's leases.)
 */
export interface Lease {
  /** Names more content. Durable when it resolves. */
  add(content: Partial<ContentSet>): Promise<void>;
  /** Call now and then during long work. */
  renew(): void;
  end(): Promise<void>;
}

interface LeaseRecord extends ContentSet {
  /** Milliseconds since 1970; 0 for content that only waits to be collected. */
  readonly renewedAt: number;
}

export interface StoredLease extends LeaseRecord {
  readonly key: string;
}

const PREFIX = "leases/";
const RENEW_AFTER_MS = 60_000;
/** Longer than any silence in a transfer: whoever holds an older lease is gone. */
export const ABANDONED_AFTER_MS = 10 * 60_000;
/** How long the leftovers of broken work wait for another try. */
export const KEPT_FOR_MS = 24 * 3_600_000;

export class Leases {
  readonly #records: RecordStore;
  readonly #clock: Clock;

  constructor(ports: { readonly records: RecordStore; readonly clock: Clock }) {
    this.#records = ports.records;
    this.#clock = ports.clock;
  }

  async open(content: Partial<ContentSet> = {}): Promise<Lease> {
    const key = PREFIX + randomId();
    let blobs: readonly Digest[] = [];
    let layers: readonly Digest[] = [];
    let renewedAt = 0;
    let isOver = false;
    const save = async (): Promise<void> => {
      renewedAt = this.#clock.now();
      await this.#records.set(key, { blobs, layers, renewedAt } satisfies LeaseRecord);
    };
    const add = async (more: Partial<ContentSet>): Promise<void> => {
      blobs = [...blobs, ...(more.blobs ?? [])];
      layers = [...layers, ...(more.layers ?? [])];
      await save();
    };
    await add(content);
    return {
      add,
      renew: () => {
        if (isOver || this.#clock.now() - renewedAt < RENEW_AFTER_MS) return;
        // A renewal that fails costs nothing yet: the next one comes in time.
        void save().catch(() => undefined);
      },
      end: async () => {
        isOver = true;
        await this.#records.delete(key);
      },
    };
  }

  /** Marks content for the collector before the last thing that holds it goes. */
  async doom(content: ContentSet): Promise<void> {
    await this.#records.set(PREFIX + randomId(), { ...content, renewedAt: 0 } satisfies LeaseRecord);
  }

  async delete(key: string): Promise<void> {
    await this.#records.delete(key);
  }

  /** All leases, parted by whether they were renewed in the last `maxAgeMs`. */
  async list(
    maxAgeMs: number,
  ): Promise<{ readonly live: readonly StoredLease[]; readonly expired: readonly StoredLease[] }> {
    const all = (await this.#records.entries<LeaseRecord>(PREFIX)).map(([key, record]) => ({ key, ...record }));
    const oldest = this.#clock.now() - maxAgeMs;
    return {
      live: all.filter(({ renewedAt }) => renewedAt > oldest),
      expired: all.filter(({ renewedAt }) => renewedAt <= oldest),
    };
  }
}

/** `crypto.randomUUID` is missing where a page is served over plain HTTP. */
function randomId(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

import { EngineError } from "../base/errors.ts";
import type { RecordStore } from "../content/record-store.ts";
import type { LiveContainer, StoredContainer } from "./live-container.ts";

const PREFIX = "containers/";
/** A container that is removed sooner never costs a write. */
const DELAY_MS = 200;

/** The containers of this engine by id and name, and their records in the store, written behind. */
export class ContainerStore {
  readonly #records: RecordStore;
  readonly #onError: (error: unknown) => void;
  readonly #byId = new Map<string, LiveContainer>();
  readonly #byName = new Map<string, LiveContainer>();
  readonly #dirty = new Set<string>();
  readonly #stored = new Set<string>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #writing: Promise<void> = Promise.resolve();

  constructor(records: RecordStore, onError: (error: unknown) => void) {
    this.#records = records;
    this.#onError = onError;
  }

  /** What an earlier engine left, for {@link add}. */
  async load(): Promise<readonly StoredContainer[]> {
    const entries = await this.#records.entries<StoredContainer>(PREFIX);
    for (const [, record] of entries) this.#stored.add(record.id);
    return entries.map(([, record]) => record);
  }

  /** Newest first. */
  list(): readonly LiveContainer[] {
    return [...this.#byId.values()].toReversed();
  }

  /** By id, name or unique id prefix, in moby's order. @throws EngineError not-found | invalid-argument */
  get(reference: string): LiveContainer {
    const name = reference.startsWith("/") ? reference.slice(1) : reference;
    const exact = this.#byId.get(reference) ?? this.#byName.get(name);
    if (exact !== undefined) return exact;
    const matches = reference === "" ? [] : [...this.#byId.values()].filter(({ id }) => id.startsWith(reference));
    if (matches.length > 1)
      throw new EngineError("invalid-argument", `multiple IDs found with provided prefix: ${reference}`);
    const [match] = matches;
    if (match === undefined) throw new EngineError("not-found", `No such container: ${reference}`);
    return match;
  }

  has(container: LiveContainer): boolean {
    return this.#byId.get(container.id) === container;
  }

  byName(name: string): LiveContainer | undefined {
    return this.#byName.get(name);
  }

  add(container: LiveContainer): void {
    this.#byId.set(container.id, container);
    this.#byName.set(container.record.name, container);
  }

  rename(container: LiveContainer, name: string): void {
    this.#byName.delete(container.record.name);
    container.record.name = name;
    this.#byName.set(name, container);
    this.save(container);
  }

  /** Frees the name at once; the record goes behind. */
  remove(container: LiveContainer): void {
    this.#byId.delete(container.id);
    if (this.#byName.get(container.record.name) === container) this.#byName.delete(container.record.name);
    this.#dirty.delete(container.id);
    if (!this.#stored.delete(container.id)) return;
    this.#behind(() => this.#records.delete(PREFIX + container.id));
  }

  /** Writes the record soon. */
  save(container: LiveContainer): void {
    this.#dirty.add(container.id);
    this.#timer ??= setTimeout(() => void this.flush(), DELAY_MS);
  }

  /** Resolves when everything is written. */
  async flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    for (const id of this.#dirty) {
      const container = this.#byId.get(id);
      if (container === undefined) continue;
      this.#stored.add(id);
      const record = structuredClone(container.record);
      this.#behind(() => this.#records.set(PREFIX + id, record));
    }
    this.#dirty.clear();
    await this.#writing;
  }

  #behind(work: () => Promise<void>): void {
    this.#writing = this.#writing.then(work).catch(this.#onError);
  }
}

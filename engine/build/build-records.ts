import type { Clock } from "../base/clock.ts";
import type { RecordStore } from "../content/record-store.ts";
import type { BuildRecord } from "./build-record.ts";
import type { ImageDraft } from "./plan/build-plan.ts";

const RECORDS = "builds/";
/** What an image of each step would say. */
const DRAFTS = "build-drafts/";
/** So many of earlier sessions, and no more of this one. */
const KEPT = 20;
const TELL_AFTER_MS = 50;

export interface RecordPorts {
  readonly records: RecordStore;
  readonly clock: Clock;
  readonly report: (what: string, error: unknown) => void;
}

/** What is remembered of builds: told while they go on, kept when they are over. */
export class BuildRecords {
  readonly #ports: RecordPorts;
  readonly #records = new Map<string, BuildRecord>();
  readonly #listeners = new Set<(record: BuildRecord) => void>();
  readonly #drafts = new Map<string, readonly ImageDraft[]>();
  /** Ids whose last change is not told yet. */
  readonly #untold = new Set<string>();
  #saves: Promise<unknown> = Promise.resolve();

  /** Those of earlier sessions; one that was not over then never will be. */
  static async open(ports: RecordPorts): Promise<BuildRecords> {
    const records = new BuildRecords(ports);
    for (const [, record] of await ports.records.entries<BuildRecord>(RECORDS))
      records.#records.set(record.id, record.status === "running" ? { ...record, status: "canceled" } : record);
    return records;
  }

  private constructor(ports: RecordPorts) {
    this.#ports = ports;
  }

  /** Newest first. */
  list(): readonly BuildRecord[] {
    return [...this.#records.values()].toSorted((a, b) => b.startedMs - a.startedMs);
  }

  get(id: string): BuildRecord | undefined {
    return this.#records.get(id);
  }

  subscribe(listener: (record: BuildRecord) => void): Disposable {
    const entry = (record: BuildRecord): void => listener(record);
    this.#listeners.add(entry);
    return { [Symbol.dispose]: () => void this.#listeners.delete(entry) };
  }

  /** Takes a new state of a build. */
  change(record: BuildRecord): void {
    this.#records.set(record.id, record);
    if (record.status !== "running") this.#finish(record);
    else this.#tellSoon(record.id);
  }

  /** @param drafts of the record's steps, in their order */
  keepDrafts(id: string, drafts: readonly ImageDraft[]): void {
    this.#drafts.set(id, drafts);
  }

  /** What an image of the state after a step says; undefined when nothing is known of it. */
  async draft(id: string, step: number): Promise<ImageDraft | undefined> {
    const drafts = this.#drafts.get(id) ?? (await this.#ports.records.get<readonly ImageDraft[]>(DRAFTS + id));
    return drafts?.[step];
  }

  /** Everything written. */
  async settled(): Promise<void> {
    await this.#saves;
  }

  #finish(record: BuildRecord): void {
    this.#untold.delete(record.id);
    this.#tell(record);
    const { records, report } = this.#ports;
    const old = this.list()
      .slice(KEPT)
      .filter(({ status }) => status !== "running");
    const drafts = this.#drafts.get(record.id);
    for (const { id } of old) {
      this.#records.delete(id);
      this.#drafts.delete(id);
    }
    this.#saves = this.#saves
      .then(async () => {
        await records.set(RECORDS + record.id, record);
        if (drafts !== undefined) await records.set(DRAFTS + record.id, drafts);
        for (const { id } of old) {
          await records.delete(RECORDS + id);
          await records.delete(DRAFTS + id);
        }
      })
      .catch((error: unknown) => report("build-record", error));
  }

  #tellSoon(id: string): void {
    if (this.#untold.has(id)) return;
    this.#untold.add(id);
    void this.#ports.clock.sleep(TELL_AFTER_MS).then(() => {
      const record = this.#records.get(id);
      if (this.#untold.delete(id) && record !== undefined) this.#tell(record);
    });
  }

  #tell(record: BuildRecord): void {
    for (const listener of this.#listeners) listener(record);
  }
}

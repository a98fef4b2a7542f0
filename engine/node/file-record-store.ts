import { createHash, randomUUID } from "node:crypto";
import { mkdir, open, readdir, readFile, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { encodeUtf8 } from "../base/streams.ts";
import type { RecordStore } from "../content/record-store.ts";
import { asStorageError, isErrno, syncDirectory } from "./file-storage.ts";

interface Envelope {
  readonly key: string;
  readonly value: unknown;
}

/**
 * Records as JSON files, for the engine under Node. `images/busybox:latest` is `records/images/busybox%3Alatest.json`. Several processes may
 * share the directory.
 */
export class FileRecordStore implements RecordStore {
  readonly #records: string;
  readonly #scratch: string;
  /** Writes to one key happen in the order they were asked for. */
  readonly #writing = new Map<string, Promise<void>>();

  constructor(options: { readonly directory: string }) {
    this.#records = join(options.directory, "records");
    this.#scratch = join(options.directory, "records.tmp");
  }

  async get<T>(key: string): Promise<T | undefined> {
    return (await readEnvelope(this.#fileOf(key)))?.value as T | undefined;
  }

  async set(key: string, value: unknown): Promise<void> {
    const text = JSON.stringify({ key, value } satisfies Envelope);
    await this.#inOrder(key, async () => this.#replace(this.#fileOf(key), text));
  }

  async delete(key: string): Promise<void> {
    await this.#inOrder(key, async () => rm(this.#fileOf(key), { force: true }));
  }

  async entries<T>(prefix: string): Promise<readonly (readonly [key: string, value: T])[]> {
    const slash = prefix.lastIndexOf("/");
    const start =
      slash < 0 ? this.#records : join(this.#records, ...prefix.slice(0, slash).split("/").map(escapeSegment));
    const found: [string, T][] = [];
    for await (const { key, value } of envelopesBelow(start)) if (key.startsWith(prefix)) found.push([key, value as T]);
    return found.toSorted(([a], [b]) => (a < b ? -1 : 1));
  }

  #fileOf(key: string): string {
    return `${join(this.#records, ...key.split("/").map(escapeSegment))}.json`;
  }

  async #inOrder(key: string, work: () => Promise<void>): Promise<void> {
    const turn = (this.#writing.get(key) ?? Promise.resolve()).catch(() => undefined).then(work);
    this.#writing.set(key, turn);
    try {
      await turn;
    } finally {
      if (this.#writing.get(key) === turn) this.#writing.delete(key);
    }
  }

  async #replace(file: string, text: string): Promise<void> {
    try {
      await mkdir(this.#scratch, { recursive: true });
      await mkdir(dirname(file), { recursive: true });
      const scratch = join(this.#scratch, randomUUID());
      try {
        const handle = await open(scratch, "wx");
        try {
          await handle.writeFile(text);
          await handle.sync();
        } finally {
          await handle.close();
        }
        await rename(scratch, file);
      } catch (error) {
        await rm(scratch, { force: true });
        throw error;
      }
      await syncDirectory(dirname(file));
    } catch (error) {
      throw asStorageError(error);
    }
  }
}

/**
 * One path component for one segment of a key: never empty, `.` or `..`, no separator, no NUL, the same on file systems that ignore case,
 * at most 255 bytes with its suffix.
 */
function escapeSegment(segment: string): string {
  let escaped = "";
  // By UTF-16 code unit: lone surrogates are keys too.
  for (let at = 0; at < segment.length; at += 1) {
    const unit = segment.charCodeAt(at);
    if (/[a-z0-9_-]/.test(segment[at] as string)) escaped += segment[at];
    else escaped += unit < 0x80 ? `%${unit.toString(16).padStart(2, "0")}` : `%u${unit.toString(16).padStart(4, "0")}`;
  }
  if (escaped === "") return "%";
  return escaped.length <= 200 ? escaped : `%%${createHash("sha256").update(encodeUtf8(escaped)).digest("hex")}`;
}

async function readEnvelope(file: string): Promise<Envelope | undefined> {
  try {
    return JSON.parse(await readFile(file, "utf8")) as Envelope;
  } catch (error) {
    if (isErrno(error, "ENOENT", "ENOTDIR", "EISDIR")) return undefined;
    throw error;
  }
}

async function* envelopesBelow(directory: string): AsyncGenerator<Envelope, void, undefined> {
  const names = await readdir(directory, { withFileTypes: true }).catch((error: unknown) => {
    if (isErrno(error, "ENOENT", "ENOTDIR")) return [];
    throw error;
  });
  for (const entry of names) {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) yield* envelopesBelow(path);
    else {
      const envelope = await readEnvelope(path);
      if (envelope) yield envelope;
    }
  }
}

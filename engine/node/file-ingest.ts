/** One writer of one blob in files; see `file-blob-store.ts`. */
import { createHash, randomUUID, type Hash } from "node:crypto";
import { constants } from "node:fs";
import { open, readFile, rename, rm, type FileHandle } from "node:fs/promises";
import { dirname } from "node:path";
import { commitError, writerConflict } from "../content/blob-rules.ts";
import type { Ingest } from "../content/blob-store.ts";
import type { Digest } from "../oci/digest.ts";
import { asStorageError, isErrno, syncDirectory } from "./file-storage.ts";

/** Tells this process's claims from those of a dead process that had the same pid. */
const processToken = randomUUID();

/** Takes the lock file, also from a process that is gone. @throws EngineError conflict */
export async function claim(lock: string, digest: Digest): Promise<void> {
  for (let attempt = 0; attempt < 3; attempt += 1) {
    try {
      const handle = await open(lock, "wx");
      await handle.writeFile(`${process.pid} ${processToken}`);
      await handle.close();
      return;
    } catch (error) {
      if (!isErrno(error, "EEXIST")) throw asStorageError(error);
    }
    if (await isClaimed(lock)) throw writerConflict(digest);
    await rm(lock, { force: true });
  }
  throw writerConflict(digest);
}

/** Whether a lock file belongs to a process that lives. */
export async function isClaimed(lock: string): Promise<boolean> {
  const text = await readFile(lock, "utf8").catch(() => undefined);
  if (text === undefined) return false;
  const [pid = "", token] = text.split(" ");
  if (Number(pid) === process.pid) return token === processToken;
  try {
    process.kill(Number(pid), 0);
    return true;
  } catch (error) {
    return isErrno(error, "EPERM");
  }
}

/** Opens what has arrived of a blob and hashes it. The caller has claimed it. */
export async function openIngest(paths: { digest: Digest; path: string; blob: string }): Promise<Ingest> {
  const handle = await open(paths.path, constants.O_RDWR | constants.O_CREAT, 0o644);
  try {
    const hash = createHash("sha256");
    let sizeBytes = 0;
    const buffer = new Uint8Array(1 << 20);
    for (;;) {
      const { bytesRead } = await handle.read(buffer, 0, buffer.length, sizeBytes);
      if (bytesRead === 0) break;
      hash.update(buffer.subarray(0, bytesRead));
      sizeBytes += bytesRead;
    }
    return new FileIngest({ ...paths, handle, hash, sizeBytes });
  } catch (error) {
    await handle.close();
    throw error;
  }
}

class FileIngest implements Ingest {
  readonly #digest: Digest;
  readonly #path: string;
  readonly #blob: string;
  readonly #handle: FileHandle;
  #hash: Hash;
  #sizeBytes: number;
  #isOver = false;

  constructor(fields: {
    digest: Digest;
    path: string;
    blob: string;
    handle: FileHandle;
    hash: Hash;
    sizeBytes: number;
  }) {
    this.#digest = fields.digest;
    this.#path = fields.path;
    this.#blob = fields.blob;
    this.#handle = fields.handle;
    this.#hash = fields.hash;
    this.#sizeBytes = fields.sizeBytes;
  }

  get offsetBytes(): number {
    return this.#sizeBytes;
  }

  async write(chunk: Uint8Array): Promise<void> {
    this.#assertUsable();
    try {
      for (let at = 0; at < chunk.length;) {
        const { bytesWritten } = await this.#handle.write(chunk, at, chunk.length - at, this.#sizeBytes);
        this.#hash.update(chunk.subarray(at, at + bytesWritten));
        this.#sizeBytes += bytesWritten;
        at += bytesWritten;
      }
    } catch (error) {
      throw asStorageError(error);
    }
  }

  async truncate(): Promise<void> {
    this.#assertUsable();
    await this.#handle.truncate(0);
    this.#hash = createHash("sha256");
    this.#sizeBytes = 0;
  }

  async commit(expected: { sizeBytes?: number } = {}): Promise<void> {
    this.#assertUsable();
    const actual = { digest: `sha256:${this.#hash.copy().digest("hex")}` as Digest, sizeBytes: this.#sizeBytes };
    const wrong = commitError({ digest: this.#digest, ...expected }, actual);
    if (wrong) {
      await this.truncate();
      throw wrong;
    }
    try {
      await this.#handle.sync();
      await rename(this.#path, this.#blob);
      await syncDirectory(dirname(this.#blob));
    } catch (error) {
      throw asStorageError(error);
    }
    await this.#release();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#isOver) return;
    if (this.#sizeBytes === 0) await rm(this.#path, { force: true });
    await this.#release();
  }

  async #release(): Promise<void> {
    this.#isOver = true;
    await this.#handle.close();
    await rm(`${this.#path}.lock`, { force: true });
  }

  #assertUsable(): void {
    if (this.#isOver) throw new Error(`ingest of ${this.#digest} is over`);
  }
}

import { mkdir, open, readdir, rm, stat, type FileHandle } from "node:fs/promises";
import { join } from "node:path";
import { streamOf, type ByteStream } from "../base/streams.ts";
import { clampRange, notFound } from "../content/blob-rules.ts";
import type { BlobStore, Ingest } from "../content/blob-store.ts";
import { hexOf, isDigest, type Digest } from "../oci/digest.ts";
import { claim, isClaimed, openIngest } from "./file-ingest.ts";
import { asStorageError, isErrno } from "./file-storage.ts";

const READ_BYTES = 1 << 20;
const DAY_MS = 86_400_000;

/**
 * Blobs as files, for the engine under Node: `blobs/sha256/<hex>` (an OCI layout's blobs), `ingest/<hex>` what has arrived of a blob,
 * `ingest/<hex>.lock` who writes it. Several processes may share the directory.
 */
export class FileBlobStore implements BlobStore {
  readonly #blobs: string;
  readonly #ingests: string;
  #prepared: Promise<void> | undefined;

  constructor(options: { readonly directory: string }) {
    this.#blobs = join(options.directory, "blobs", "sha256");
    this.#ingests = join(options.directory, "ingest");
  }

  async stat(digest: Digest): Promise<{ readonly sizeBytes: number } | undefined> {
    try {
      return { sizeBytes: (await stat(this.#fileOf(digest))).size };
    } catch (error) {
      if (isErrno(error, "ENOENT", "ENOTDIR")) return undefined;
      throw error;
    }
  }

  async open(digest: Digest, range?: { offset: number; length?: number }): Promise<ByteStream> {
    const handle = await open(this.#fileOf(digest), "r").catch((error: unknown) => {
      throw isErrno(error, "ENOENT", "ENOTDIR") ? notFound(digest) : error;
    });
    try {
      const { start, end } = clampRange((await handle.stat()).size, range);
      return await readRange(handle, start, end);
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  async ingest(digest: Digest): Promise<Ingest> {
    this.#prepared ??= this.#prepare();
    await this.#prepared;
    const path = join(this.#ingests, hexOf(digest));
    await claim(`${path}.lock`, digest);
    try {
      return await openIngest({ digest, path, blob: this.#fileOf(digest) });
    } catch (error) {
      await rm(`${path}.lock`, { force: true });
      throw asStorageError(error);
    }
  }

  async delete(digest: Digest): Promise<void> {
    await rm(this.#fileOf(digest), { force: true });
  }

  async *list(): AsyncGenerator<{ readonly digest: Digest; readonly sizeBytes: number }, void, undefined> {
    const names = await readdir(this.#blobs).catch((error: unknown) => {
      if (isErrno(error, "ENOENT")) return [];
      throw error;
    });
    for (const name of names) {
      const digest = `sha256:${name}`;
      if (!isDigest(digest)) continue;
      const found = await this.stat(digest);
      if (found) yield { digest, sizeBytes: found.sizeBytes };
    }
  }

  #fileOf(digest: Digest): string {
    return join(this.#blobs, hexOf(digest));
  }

  /** Makes the directories, and drops partial ingests that nobody continued for a day. */
  async #prepare(): Promise<void> {
    try {
      await mkdir(this.#blobs, { recursive: true });
      await mkdir(this.#ingests, { recursive: true });
      for (const name of await readdir(this.#ingests)) {
        const path = join(this.#ingests, name);
        const found = await stat(path).catch(() => undefined);
        if (found && Date.now() - found.mtimeMs > DAY_MS && !(await isClaimed(`${path}.lock`)))
          await rm(path, { force: true });
      }
    } catch (error) {
      this.#prepared = undefined;
      throw asStorageError(error);
    }
  }
}

/** Small ranges are read at once; of larger ones the file stays open until the stream has ended or was cancelled. */
async function readRange(handle: FileHandle, start: number, end: number): Promise<ByteStream> {
  let at = start;
  const next = async (): Promise<Uint8Array> => {
    const { bytesRead, buffer } = await handle.read(new Uint8Array(Math.min(READ_BYTES, end - at)), { position: at });
    if (bytesRead === 0) throw new Error("a blob's file has become shorter");
    at += bytesRead;
    return buffer.subarray(0, bytesRead);
  };
  if (end - start <= READ_BYTES) {
    const pieces: Uint8Array[] = [];
    for (let left = end - start; left > 0; left = end - at) pieces.push(await next());
    await handle.close();
    return streamOf(...pieces);
  }
  return new ReadableStream(
    {
      async pull(controller) {
        try {
          controller.enqueue(await next());
        } catch (error) {
          await handle.close();
          throw error;
        }
        if (at < end) return;
        await handle.close();
        controller.close();
      },
      cancel: async () => handle.close(),
    },
    { highWaterMark: 0 },
  );
}

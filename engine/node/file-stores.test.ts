import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, open, readdir, readFile, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test, vi } from "vitest";
import { sampleBytes, storeBlob, testBlobStore } from "../content/blob-store.suite.ts";
import { testRecordStore } from "../content/record-store.suite.ts";
import { digestOf, hexOf } from "../oci/digest.ts";
import { FileBlobStore } from "./file-blob-store.ts";
import { FileRecordStore } from "./file-record-store.ts";

const directories: string[] = [];
async function freshDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "drydock-stores-"));
  directories.push(directory);
  return directory;
}
afterAll(async () => {
  for (const directory of directories) await rm(directory, { recursive: true });
});

testRecordStore("FileRecordStore", async () => {
  const directory = await freshDirectory();
  return { store: new FileRecordStore({ directory }), other: new FileRecordStore({ directory }) };
});

testBlobStore("FileBlobStore", async () => {
  const directory = await freshDirectory();
  const [store, other] = [new FileBlobStore({ directory }), new FileBlobStore({ directory })];
  return {
    store,
    other,
    reopen: async () => {
      for (const name of await readdir(join(directory, "ingest"))) {
        if (name.endsWith(".lock")) await writeFile(join(directory, "ingest", name), "999999999 gone");
      }
      return new FileBlobStore({ directory });
    },
    fill: async () => {
      const handle = await open("/dev/null");
      const prototype = Object.getPrototypeOf(handle) as { write(): Promise<never> };
      await handle.close();
      const write = vi
        .spyOn(prototype, "write")
        .mockRejectedValue(Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC" }));
      return async () => write.mockRestore();
    },
  };
});

/** Ingests in a process of its own until it is killed. */
const WRITER = `
import { FileBlobStore } from "${new URL("file-blob-store.ts", import.meta.url).href}";
const [directory, digest] = process.argv.slice(1);
const ingest = await new FileBlobStore({ directory }).ingest(digest);
for (let byte = 0; ; byte = (byte + 1) % 256) {
  await ingest.write(new Uint8Array(10_000).fill(byte));
  if (ingest.offsetBytes === 1_000_000) console.log("far enough");
}`;

describe("FileBlobStore", () => {
  test("a writer that is killed loses its claim and nothing that was written", async () => {
    const directory = await freshDirectory();
    const bytes = Uint8Array.from({ length: 1_500_000 }, (_, at) => Math.floor(at / 10_000) % 256);
    const digest = await digestOf(bytes);
    const args = ["--import", "tsx", "--input-type=module", "-e", WRITER, directory, digest];
    const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
    await once(child.stdout, "data");
    const store = new FileBlobStore({ directory });
    await expect(store.ingest(digest)).rejects.toThrow("being written by someone else");
    child.kill("SIGKILL");
    await once(child, "exit");
    await using ingest = await store.ingest(digest);
    expect(ingest.offsetBytes).toBeGreaterThanOrEqual(1_000_000);
    await ingest.truncate();
    await ingest.write(bytes);
    await ingest.commit();
    expect(await store.stat(digest)).toEqual({ sizeBytes: bytes.length });
  }, 30_000);

  test("a blob's file holds its bytes under its digest, as in an OCI layout", async () => {
    const directory = await freshDirectory();
    const bytes = sampleBytes(100_000);
    const digest = await storeBlob(new FileBlobStore({ directory }), bytes);
    expect(Buffer.compare(await readFile(join(directory, "blobs", "sha256", hexOf(digest))), bytes)).toBe(0);
    expect(await readdir(join(directory, "ingest"))).toEqual([]);
  });

  test("partial ingests that nobody continues are dropped after a day", async () => {
    const directory = await freshDirectory();
    const digest = await digestOf(sampleBytes(10));
    const ingest = await new FileBlobStore({ directory }).ingest(digest);
    await ingest.write(sampleBytes(5));
    await ingest[Symbol.asyncDispose]();
    const longAgo = Date.now() / 1000 - 25 * 3600;
    await utimes(join(directory, "ingest", hexOf(digest)), longAgo, longAgo);
    const later = await new FileBlobStore({ directory }).ingest(digest);
    expect(later.offsetBytes).toBe(0);
    await later[Symbol.asyncDispose]();
  });

  test("files that are no blobs are not listed", async () => {
    const directory = await freshDirectory();
    const store = new FileBlobStore({ directory });
    await storeBlob(store, sampleBytes(10));
    await writeFile(join(directory, "blobs", "sha256", "README"), "x");
    let found = 0;
    for await (const blob of store.list()) found += blob.sizeBytes;
    expect(found).toBe(10);
  });
});

import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { EngineError } from "../base/errors.ts";
import { collect, concat, encodeUtf8, streamFrom, streamOf } from "../base/streams.ts";
import { decompressed, detectCompression } from "./decompress.ts";

const LIMIT = 1 << 26;
const text = encodeUtf8("The quick brown fox. ".repeat(20_000));
const noise = (length: number): Uint8Array => new Uint8Array(length).map((_, index) => (index * 7919) >> (index & 7));
/** `toEqual` takes seconds for bytes by the hundred thousand. */
const same = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0;
const hasZstd = ((): boolean => {
  try {
    execFileSync("zstd", ["--version"]);
    return true;
  } catch {
    return false;
  }
})();
const zstd = (input: Uint8Array, ...flags: string[]): Uint8Array =>
  new Uint8Array(execFileSync("zstd", ["-c", ...flags], { input, maxBuffer: 1 << 28 }));

function* pieces(bytes: Uint8Array, size: number): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.slice(at, at + size);
}

describe("decompressed", () => {
  it.each([1, 3, 1000, 1 << 20])("reads gzip in pieces of %i bytes", async (size) => {
    expect(same(await collect(await decompressed(streamFrom(pieces(gzipSync(text), size)), LIMIT)), text)).toBe(true);
  });

  it.each([1, 1 << 16])("passes plain data through in pieces of %i bytes", async (size) => {
    const short = text.slice(0, 5000);
    expect(await collect(await decompressed(streamFrom(pieces(short, size)), LIMIT))).toEqual(short);
    expect(await collect(await decompressed(streamOf(), LIMIT))).toEqual(new Uint8Array(0));
  });

  it.skipIf(!hasZstd).each([1, 1000, 1 << 20])("reads zstd in pieces of %i bytes", async (size) => {
    expect(same(await collect(await decompressed(streamFrom(pieces(zstd(text), size)), LIMIT)), text)).toBe(true);
    expect(
      same(
        await collect(await decompressed(streamFrom(pieces(zstd(noise(300_000), "-19"), size)), LIMIT)),
        noise(300_000),
      ),
    ).toBe(true);
  });

  it.skipIf(!hasZstd)("reads several zstd frames, and skips what is meant to be skipped", async () => {
    const skippable = new Uint8Array([0x50, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3]);
    const stream = concat([skippable, zstd(text), zstd(text)]);
    expect(same(await collect(await decompressed(streamOf(stream), LIMIT)), concat([text, text]))).toBe(true);
  });

  it.each(["truncated", "damaged"])("refuses %s gzip as an invalid argument", async (how) => {
    const bytes = Uint8Array.from(gzipSync(text));
    const bad = how === "truncated" ? bytes.slice(0, -10) : bytes.with(200, (bytes[200] ?? 0) ^ 0xff);
    await expect((async () => await collect(await decompressed(streamOf(bad), LIMIT)))()).rejects.toMatchObject({
      kind: "invalid-argument",
    });
  });

  it("stops at the limit, so a bomb is not inflated", async () => {
    const bomb = gzipSync(new Uint8Array(64 << 20));
    await expect((async () => await collect(await decompressed(streamOf(bomb), 1 << 20)))()).rejects.toThrow(
      "layer is larger than 1048576 bytes",
    );
  });

  it("passes errors of the source on as they are", async () => {
    const reason = new EngineError("unavailable", "disk full");
    async function* source(): AsyncGenerator<Uint8Array> {
      yield gzipSync(text).subarray(0, 100);
      throw reason;
    }
    await expect((async () => await collect(await decompressed(streamFrom(source()), LIMIT)))()).rejects.toBe(reason);
  });

  it.each(["gzip", "zstd"])(
    "holds a %s source back until somebody reads, and cancels it when nobody wants the rest",
    async (how) => {
      const plain = randomBytes(4 << 20);
      const compressed = how === "gzip" ? gzipSync(plain) : hasZstd ? zstd(plain) : gzipSync(plain);
      const parts = pieces(compressed, 4096);
      let given = 0;
      let reason: unknown;
      const source = new ReadableStream<Uint8Array>(
        {
          pull: (controller) => {
            given += 1;
            controller.enqueue(parts.next().value ?? new Uint8Array(0));
          },
          cancel: (why) => void (reason = why),
        },
        { highWaterMark: 0 },
      );
      const reader = (await decompressed(source, LIMIT)).getReader();
      await reader.read();
      await new Promise((resolve) => setTimeout(resolve, 50));
      expect(given * 4096).toBeLessThan(1 << 20);
      const before = given;
      await reader.cancel("enough");
      await new Promise((resolve) => setTimeout(resolve, 20));
      expect(reason).toBeDefined();
      expect(given).toBeLessThanOrEqual(before + 1);
    },
  );
});

describe("detectCompression", () => {
  it("names what it cannot read", () => {
    expect(() => detectCompression(encodeUtf8("BZh9"))).toThrow("layers compressed with bzip2 are not supported");
    expect(() => detectCompression(new Uint8Array([0xfd, 0x37, 0x7a, 0x58]))).toThrow(
      "layers compressed with xz are not supported",
    );
    expect(detectCompression(encodeUtf8("bin/"))).toBe("none");
  });
});

import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { concat, decodeUtf8, encodeUtf8 } from "../base/streams.ts";
import { MemoryRecordStore } from "../content/memory-record-store.ts";
import type { LogEntry } from "./container-service.ts";
import { LogBuffer } from "./log-buffer.ts";
import { logLimits, type LogLimits } from "./log-config.ts";
import { RecordLogStore } from "./log-store.ts";

const PLENTY: LogLimits = { fileBytes: Infinity, files: 1, entryBytes: 0 };

function open(
  limits = PLENTY,
  records = new MemoryRecordStore(),
): { log: LogBuffer; records: MemoryRecordStore; store: RecordLogStore } {
  const store = new RecordLogStore(records, "c1");
  return { log: new LogBuffer(store, limits), records, store };
}

async function all(log: LogBuffer, from = 0): Promise<LogEntry[]> {
  const found: LogEntry[] = [];
  for (let next = from; ;) {
    const batch = await log.from(next);
    if (batch.entries.length === 0) return found;
    found.push(...batch.entries);
    next = batch.next;
  }
}

const lines = (entries: readonly LogEntry[]): string[] =>
  entries.map(({ stream, bytes }) => `${stream}:${decodeUtf8(bytes)}`);

/** `count` lines of `size` bytes that begin with their number. */
function fill(log: LogBuffer, count: number, size: number): void {
  for (let index = 0; index < count; index++)
    void log.append("stdout", encodeUtf8(`${String(index).padStart(size - 1, "0")}\n`), BigInt(index));
}

const numbers = (entries: readonly LogEntry[]): number[] => entries.map(({ bytes }) => Number(decodeUtf8(bytes)));

describe("a log", () => {
  it("has one entry for each line, with the time of its beginning", async () => {
    const { log } = open();
    void log.append("stdout", encodeUtf8("one\ntw"), 1n);
    void log.append("stderr", encodeUtf8("err\n"), 2n);
    void log.append("stdout", encodeUtf8("o\n"), 3n);
    expect(lines(await all(log))).toEqual(["stdout:one\n", "stderr:err\n", "stdout:two\n"]);
    expect((await all(log)).map(({ timeNs }) => timeNs)).toEqual([1n, 2n, 1n]);
  });

  it("ends an unfinished line when the process ends", async () => {
    const { log } = open();
    void log.append("stdout", encodeUtf8("tail"), 1n);
    expect(await all(log)).toEqual([]);
    log.finish();
    expect(lines(await all(log))).toEqual(["stdout:tail\n"]);
  });

  it("cuts very long lines, whose pieces have one time", async () => {
    const { log } = open();
    void log.append("stdout", new Uint8Array(40_000).fill(97), 1n);
    void log.append("stdout", encodeUtf8("b\nc\n"), 2n);
    const kept = await all(log);
    expect(kept.map(({ bytes }) => bytes.length)).toEqual([16_384, 16_384, 7234, 2]);
    expect(kept.map(({ timeNs }) => timeNs)).toEqual([1n, 1n, 1n, 2n]);
  });

  it("neither loses nor invents bytes, however they come", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 50 }), { maxLength: 20 }), async (chunks) => {
        const { log } = open();
        for (const chunk of chunks) void log.append("stdout", chunk, 1n);
        log.finish(false);
        const written = concat(chunks);
        const expected = written.length > 0 && written.at(-1) !== 10 ? concat([written, Uint8Array.of(10)]) : written;
        expect(concat((await all(log)).map(({ bytes }) => bytes))).toEqual(expected);
      }),
    );
  });

  it("survives a reload, and goes on", async () => {
    const { log, records } = open();
    void log.append("stdout", encodeUtf8("before\n"), 1n);
    log.finish();
    await all(log);
    await log.from(1).then(() => undefined);
    await new Promise((resolve) => setImmediate(resolve));
    const later = open(PLENTY, records).log;
    await later.load();
    expect(later.end).toBe(1);
    void later.append("stdout", encodeUtf8("after\n"), 2n);
    expect(lines(await all(later))).toEqual(["stdout:before\n", "stdout:after\n"]);
    later.flush();
    await later.clear();
    expect(await records.entries("logs/")).toEqual([]);
  });

  it("keeps little in memory and all in the store, in order and once", async () => {
    const { log, store } = open();
    fill(log, 6000, 1000);
    let reads = 0;
    const read = store.read.bind(store);
    store.read = (sequence) => {
      reads += 1;
      return read(sequence);
    };
    expect(numbers(await all(log))).toEqual(Array.from({ length: 6000 }, (_, index) => index));
    // A segment at a time, and what memory has without the store.
    expect(reads).toBeGreaterThan(15);
    const before = reads;
    expect(numbers(await all(log, 5990))).toHaveLength(10);
    expect(reads).toBe(before);
  });

  it("forgets its oldest file when there are too many, in memory and in the store", async () => {
    const { log, records } = open({ fileBytes: 1 << 20, files: 2, entryBytes: 0 });
    fill(log, 6000, 1000);
    const kept = numbers(await all(log));
    expect(kept.at(-1)).toBe(5999);
    expect(kept.length).toBeGreaterThan(1048);
    expect(kept.length).toBeLessThanOrEqual(2 * 1049);
    expect(kept[0]).toBe(log.first);
    // Segments are a quarter of a megabyte.
    expect((await records.entries("logs/")).length).toBeLessThan(12);
  });

  it("of small files is what the last of them hold", async () => {
    const { log } = open({ fileBytes: 1000, files: 3, entryBytes: 70 });
    fill(log, 100, 30);
    // Ten entries of a hundred bytes fill a file.
    expect(numbers(await all(log))).toEqual(Array.from({ length: 30 }, (_, index) => 70 + index));
  });

  it("of a container that goes at once is never written", async () => {
    const { log, records } = open();
    void log.append("stdout", encodeUtf8("x\n"), 1n);
    log.finish(false);
    await log.clear();
    expect(await records.entries("logs/")).toEqual([]);
  });

  it("of the driver none is empty", async () => {
    const { log } = open(logLimits({ type: "none", options: {} }));
    void log.append("stdout", encodeUtf8("x\n"), 1n);
    log.finish();
    expect(await all(log)).toEqual([]);
  });

  it("makes a writer wait who is faster than the store", async () => {
    const { log } = open();
    const block = encodeUtf8(`${"x".repeat(15_999)}\n`);
    let waits = 0;
    for (let index = 0; index < 600; index++) {
      const saving = log.append("stdout", block, BigInt(index));
      if (saving === undefined) continue;
      waits += 1;
      await saving;
    }
    expect(waits).toBeGreaterThan(0);
    expect(waits).toBeLessThan(20);
  });
});

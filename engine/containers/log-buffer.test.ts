import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { concat, decodeUtf8, encodeUtf8 } from "../base/streams.ts";
import { MemoryRecordStore } from "../content/memory-record-store.ts";
import { LogBuffer } from "./log-buffer.ts";
import { RecordLogStore } from "./log-store.ts";

function open(records = new MemoryRecordStore(), isNew = true): { log: LogBuffer; records: MemoryRecordStore } {
  return { log: new LogBuffer(new RecordLogStore(records, "c1", { isNew })), records };
}

const lines = (entries: readonly { stream: string; bytes: Uint8Array }[]): string[] =>
  entries.map(({ stream, bytes }) => `${stream}:${decodeUtf8(bytes)}`);

describe("a log", () => {
  it("has one entry for each line, with the time of its beginning", () => {
    const { log } = open();
    log.append("stdout", encodeUtf8("one\ntw"), 1n);
    log.append("stderr", encodeUtf8("err\n"), 2n);
    log.append("stdout", encodeUtf8("o\n"), 3n);
    expect(lines(log.recent())).toEqual(["stdout:one\n", "stderr:err\n", "stdout:two\n"]);
    expect(log.recent().map(({ timeNs }) => timeNs)).toEqual([1n, 2n, 1n]);
  });

  it("ends an unfinished line when the process ends", () => {
    const { log } = open();
    log.append("stdout", encodeUtf8("tail"), 1n);
    expect(log.recent()).toEqual([]);
    log.end();
    expect(lines(log.recent())).toEqual(["stdout:tail\n"]);
  });

  it("cuts very long lines", () => {
    const { log } = open();
    log.append("stdout", new Uint8Array(40_000).fill(97), 1n);
    log.end();
    expect(log.recent().map(({ bytes }) => bytes.length)).toEqual([16_384, 16_384, 7233]);
  });

  it("neither loses nor invents bytes, however they come", () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 50 }), { maxLength: 20 }), (chunks) => {
        const { log } = open();
        for (const chunk of chunks) log.append("stdout", chunk, 1n);
        log.end(false);
        const all = concat(chunks);
        const expected = all.length > 0 && all.at(-1) !== 10 ? concat([all, Uint8Array.of(10)]) : all;
        expect(concat(log.recent().map(({ bytes }) => bytes))).toEqual(expected);
      }),
    );
  });

  it("survives a reload", async () => {
    const { log, records } = open();
    log.append("stdout", encodeUtf8("before\n"), 1n);
    log.end();
    await log.read();
    const later = open(records, false).log;
    later.append("stdout", encodeUtf8("after\n"), 2n);
    expect(lines(await later.read())).toEqual(["stdout:before\n", "stdout:after\n"]);
    await later.clear();
    expect(await records.entries("logs/")).toEqual([]);
  });

  it("keeps little in memory and all in the store, in order and once", async () => {
    const { log } = open();
    const line = new Uint8Array(1000).fill(97);
    line[999] = 10;
    for (let index = 0; index < 3000; index++) {
      line.set(encodeUtf8(String(index).padStart(6, "0")));
      log.append("stdout", line, BigInt(index));
    }
    expect(log.recent().length).toBeLessThan(1300);
    const all = await log.read();
    expect(all.map(({ bytes }) => Number(decodeUtf8(bytes.subarray(0, 6))))).toEqual(
      Array.from({ length: 3000 }, (_, index) => index),
    );
  });

  it("forgets its oldest part when it grows without end", async () => {
    const { log, records } = open();
    const block = new Uint8Array(16_000).fill(97);
    block[15_999] = 10;
    for (let index = 0; index < 1200; index++) log.append("stdout", block, BigInt(index));
    log.end();
    const kept = await log.read();
    expect(kept.length).toBeLessThan(1100);
    expect(kept.at(-1)?.timeNs).toBe(1199n);
    expect((await records.entries("logs/")).length).toBeLessThan(150);
  });

  it("of a container that goes at once is never written", async () => {
    const { log, records } = open();
    log.append("stdout", encodeUtf8("x\n"), 1n);
    log.end(false);
    await log.clear();
    expect(await records.entries("logs/")).toEqual([]);
  });
});

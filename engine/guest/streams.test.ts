import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { collect, collectText, concat, encodeUtf8 } from "../base/streams.ts";
import { INITIAL_CREDIT } from "./agent-stream.ts";
import { ERRNO } from "./errno.ts";
import { decodeU32, encodeErrno, encodeU32 } from "./events.ts";
import { FRAME, type Frame, type FrameType } from "./frames.ts";
import type { FrameSource } from "./link.ts";
import { StreamTable } from "./streams.ts";

/** A link that keeps frames, and asks sources at once. */
function createTable(): { table: StreamTable; sent: Frame[] } {
  const sent: Frame[] = [];
  const table = new StreamTable({
    send: (frame) => void sent.push(frame),
    offer: (source: FrameSource) => {
      for (let frame = source.nextFrame(); frame !== undefined; frame = source.nextFrame()) sent.push(frame);
    },
  });
  return { table, sent };
}

const frame = (type: FrameType, id: number, payload: Uint8Array = new Uint8Array(0)): Frame => ({
  type,
  code: 0,
  id,
  payload,
});
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const of = (frames: readonly Frame[], type: FrameType): Frame[] => frames.filter((item) => item.type === type);
const size = (frames: readonly Frame[]): number => frames.reduce((sum, { payload }) => sum + payload.length, 0);

describe("StreamTable", () => {
  it("gives ids that are not in use, and goes round at the guest's half", () => {
    const { table } = createTable();
    const first = table.create();
    expect([first.id, table.create().id]).toEqual([1, 2]);
    const late = new StreamTable({ send: () => undefined, offer: () => undefined }, { nextId: 0x7fffffff });
    expect([late.create().id, late.create().id]).toEqual([0x7fffffff, 1]);
  });

  it("drops frames for streams that are over", () => {
    const { table } = createTable();
    for (const type of [FRAME.data, FRAME.credit, FRAME.close, FRAME.reset])
      table.handle(frame(type, 99, encodeU32(1)));
    expect(table.size).toBe(0);
  });
});

describe("AgentStream", () => {
  it("reads what came until the guest closes, and is gone when both have closed", async () => {
    const { table } = createTable();
    const stream = table.create();
    table.handle(frame(FRAME.data, stream.id, encodeUtf8("hel")));
    table.handle(frame(FRAME.data, stream.id, encodeUtf8("lo")));
    table.handle(frame(FRAME.close, stream.id));
    expect(await collectText(stream.readable)).toBe("hello");
    expect(table.size).toBe(1);
    await stream.writable.close();
    expect(table.size).toBe(0);
  });

  it("returns credit only for what was read", async () => {
    const { table, sent } = createTable();
    const stream = table.create({ writable: false });
    for (let count = 0; count < 4; count++) table.handle(frame(FRAME.data, stream.id, new Uint8Array(16384)));
    await turn();
    expect(of(sent, FRAME.credit)).toEqual([]);
    const reader = stream.readable.getReader();
    await reader.read();
    await reader.read();
    expect(of(sent, FRAME.credit).map(({ payload }) => decodeU32(payload))).toEqual([16384, 16384]);
  });

  it("refuses more than the credit", () => {
    const { table } = createTable();
    const stream = table.create({ writable: false });
    for (let count = 0; count < 4; count++) table.handle(frame(FRAME.data, stream.id, new Uint8Array(16384)));
    expect(() => table.handle(frame(FRAME.data, stream.id, Uint8Array.of(1)))).toThrow("more than its credit");
  });

  it("never sends beyond its credit, and all of it in order, whatever is written and granted", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 0, max: 100_000 }), { minLength: 1, maxLength: 8 }),
        fc.array(fc.integer({ min: 5000, max: 70_000 }), { minLength: 1, maxLength: 5 }),
        async (writes, grants) => {
          const { table, sent } = createTable();
          const stream = table.create({ readable: false });
          const writer = stream.writable.getWriter();
          let counter = 0;
          const expected = writes.map((length) => Uint8Array.from({ length }, () => counter++ & 0xff));
          const done = Promise.all([...expected.map((chunk) => writer.write(chunk)), writer.close()]);
          let credit = INITIAL_CREDIT;
          const total = writes.reduce((sum, length) => sum + length, 0);
          for (let index = 0; of(sent, FRAME.close).length === 0; index++) {
            await turn();
            expect(size(of(sent, FRAME.data))).toBeLessThanOrEqual(credit);
            const grant = grants[index % grants.length] as number;
            credit += grant;
            table.handle(frame(FRAME.credit, stream.id, encodeU32(grant)));
            await turn();
          }
          await done;
          for (const { payload } of of(sent, FRAME.data)) expect(payload.length).toBeLessThanOrEqual(16384);
          expect(size(of(sent, FRAME.data))).toBe(total);
          expect(Buffer.compare(concat(of(sent, FRAME.data).map(({ payload }) => payload)), concat(expected))).toBe(0);
          expect(table.size).toBe(0);
        },
      ),
      { numRuns: 30 },
    );
  });

  it("resets when the reader cancels, and when the writer aborts, even in the middle of a write", async () => {
    const { table, sent } = createTable();
    const read = table.create();
    await read.readable.cancel();
    expect(of(sent, FRAME.reset).map(({ id }) => id)).toEqual([read.id]);
    await expect(read.writable.getWriter().write(Uint8Array.of(1))).rejects.toMatchObject({ errno: ERRNO.ECANCELED });

    const written = table.create();
    const writer = written.writable.getWriter();
    const writing = writer.write(new Uint8Array(INITIAL_CREDIT + 1));
    await turn();
    const failure = expect(writing).rejects.toThrow();
    await writer.abort(new Error("no more"));
    await failure;
    expect(of(sent, FRAME.reset).map(({ id }) => id)).toEqual([read.id, written.id]);
    expect(table.size).toBe(0);
  });

  it("goes on taking what a terminal shows when nobody looks, and is over when the guest closes it", async () => {
    const { table, sent } = createTable();
    const stream = table.create({ terminal: true });
    table.handle(frame(FRAME.data, stream.id, new Uint8Array(16384)));
    await stream.readable.cancel();
    table.handle(frame(FRAME.data, stream.id, new Uint8Array(16384)));
    expect(of(sent, FRAME.credit)).toHaveLength(2);
    expect(of(sent, FRAME.reset)).toEqual([]);
    const writer = stream.writable.getWriter();
    await writer.write(Uint8Array.of(1));
    table.handle(frame(FRAME.close, stream.id));
    await expect(writer.write(Uint8Array.of(1))).rejects.toMatchObject({ errno: ERRNO.EIO });
    expect(of(sent, FRAME.close)).toHaveLength(1);
    expect(table.size).toBe(0);
  });

  it("fails writes with the guest's errno, and reads after what came before", async () => {
    const { table } = createTable();
    const stream = table.create();
    table.handle(frame(FRAME.data, stream.id, encodeUtf8("last")));
    table.handle(frame(FRAME.reset, stream.id, encodeErrno(ERRNO.EPIPE)));
    await expect(stream.writable.getWriter().write(Uint8Array.of(1))).rejects.toMatchObject({ errno: ERRNO.EPIPE });
    const reader = stream.readable.getReader();
    expect((await reader.read()).value).toEqual(encodeUtf8("last"));
    await expect(reader.read()).rejects.toMatchObject({ errno: ERRNO.EPIPE, message: "Broken pipe" });
    expect(table.size).toBe(0);
  });

  it("ends what waits when everything fails", async () => {
    const { table } = createTable();
    const stream = table.create();
    const reading = collect(stream.readable);
    table.fail(new Error("gone"));
    await expect(reading).rejects.toThrow("gone");
    await expect(stream.writable.getWriter().write(Uint8Array.of(1))).rejects.toThrow("gone");
    expect(table.size).toBe(0);
  });
});

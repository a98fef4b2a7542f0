import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { concat, decodeUtf8, encodeUtf8, streamFrom } from "../base/streams.ts";
import { decodeFrames, encodeFrame, type StdChunk, type StdStream } from "./stdcopy.ts";

async function decode(chunks: readonly Uint8Array[]): Promise<StdChunk[]> {
  const result: StdChunk[] = [];
  for await (const chunk of decodeFrames(streamFrom(chunks))) result.push(chunk);
  return result;
}

/** All of each stream, in order of first appearance. */
function joined(chunks: readonly StdChunk[]): { stream: StdStream; text: string }[] {
  const runs: { stream: StdStream; text: string }[] = [];
  for (const { stream, bytes } of chunks) {
    const last = runs.at(-1);
    if (last?.stream === stream) last.text += decodeUtf8(bytes);
    else runs.push({ stream, text: decodeUtf8(bytes) });
  }
  return runs;
}

/** Cuts bytes into chunks of these sizes, over and over. */
function cut(bytes: Uint8Array, sizes: readonly number[]): Uint8Array[] {
  const chunks: Uint8Array[] = [];
  for (let offset = 0, turn = 0; offset < bytes.length; turn += 1) {
    const size = sizes[turn % sizes.length] as number;
    chunks.push(bytes.subarray(offset, offset + size));
    offset += size;
  }
  return chunks;
}

describe("stdcopy", () => {
  it("puts stream, three zeros and a big-endian length in front", () => {
    expect([...encodeFrame("stderr", encodeUtf8("hi"))]).toEqual([2, 0, 0, 0, 0, 0, 0, 2, 104, 105]);
  });

  it("gives back what was put in, however the bytes were cut", async () => {
    const frames = fc.array(fc.record({ stream: fc.constantFrom<StdStream>("stdout", "stderr"), text: fc.string() }));
    const sizes = fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 1 });
    await fc.assert(
      fc.asyncProperty(frames, sizes, async (written, pieces) => {
        const bytes = concat(written.map(({ stream, text }) => encodeFrame(stream, encodeUtf8(text))));
        const expected = joined(written.map(({ stream, text }) => ({ stream, bytes: encodeUtf8(text) })));
        const decoded = joined(await decode(cut(bytes, pieces)));
        expect(decoded).toEqual(expected.filter(({ text }) => text !== "").reduce(merge, []));
      }),
    );
  });

  it("hands a frame on before all of it is there", async () => {
    const frame = encodeFrame("stdout", encodeUtf8("hello"));
    const chunks = await decode([frame.subarray(0, 10), frame.subarray(10)]);
    expect(chunks.map(({ bytes }) => decodeUtf8(bytes))).toEqual(["he", "llo"]);
  });

  it("refuses an unknown stream and a cut-off frame", async () => {
    await expect(decode([Uint8Array.of(9, 0, 0, 0, 0, 0, 0, 0)])).rejects.toThrow("Unrecognized input header: 9");
    await expect(decode([encodeFrame("stdout", encodeUtf8("hello")).subarray(0, 9)])).rejects.toThrow("unexpected EOF");
    await expect(decode([Uint8Array.of(1, 0)])).rejects.toThrow("unexpected EOF");
  });
});

function merge(runs: { stream: StdStream; text: string }[], next: { stream: StdStream; text: string }): typeof runs {
  const last = runs.at(-1);
  return last?.stream === next.stream
    ? [...runs.slice(0, -1), { ...last, text: last.text + next.text }]
    : [...runs, next];
}

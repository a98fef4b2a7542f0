import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { concat } from "../base/streams.ts";
import { ProtocolError } from "./codec.ts";
import { encodeFrame, FRAME, FrameDecoder, type Frame, type FrameType } from "./frames.ts";

const frame: fc.Arbitrary<Frame> = fc.record({
  type: fc.constantFrom(...Object.values(FRAME)) as fc.Arbitrary<FrameType>,
  code: fc.nat(0xffff),
  id: fc.nat(0xffffffff),
  payload: fc.uint8Array({ maxLength: 300 }),
});

describe("FrameDecoder", () => {
  it("gives back all frames whatever the chunk boundaries", () => {
    fc.assert(
      fc.property(fc.array(frame), fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1 }), (frames, sizes) => {
        const flow = concat(frames.map(encodeFrame));
        const decoder = new FrameDecoder();
        const decoded: Frame[] = [];
        for (let offset = 0, turn = 0; offset < flow.length; turn++) {
          const end = offset + (sizes[turn % sizes.length] as number);
          decoded.push(
            ...Array.from(decoder.push(flow.slice(offset, end)), (item) => ({
              ...item,
              payload: item.payload.slice(),
            })),
          );
          offset = end;
        }
        expect(decoded).toEqual(frames);
        expect(decoder.idle).toBe(true);
      }),
    );
  });

  it("is not idle in the middle of a frame", () => {
    const decoder = new FrameDecoder();
    const bytes = encodeFrame({ type: FRAME.data, code: 0, id: 1, payload: new Uint8Array(10) });
    expect([...decoder.push(bytes.subarray(0, 15))]).toEqual([]);
    expect(decoder.idle).toBe(false);
  });

  it.each([
    ["an unknown type", [0, 0, 0, 0, 77, 0, 0, 0, 0, 0, 0, 0]],
    ["type 0", [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]],
    ["flags", [0, 0, 0, 0, 4, 1, 0, 0, 0, 0, 0, 0]],
    ["a length that no frame has", [0, 0, 0, 0x7f, 4, 0, 0, 0, 0, 0, 0, 0]],
  ])("refuses a header with %s and names its bytes", (_name, header) => {
    expect(() => [...new FrameDecoder().push(Uint8Array.from(header))]).toThrow(ProtocolError);
    expect(() => [...new FrameDecoder().push(Uint8Array.from(header))]).toThrow(/no frame starts with 00 00 00/);
  });
});

import { array, assert, constant, constantFrom, integer, nat, property, record, string, uint8Array } from "fast-check";
import { describe, expect, it } from "vitest";
import { type BuildStatusModel, decodeBuildStatus, encodeBuildStatus } from "./build-status.ts";
import { ProtoWriter } from "./protobuf.ts";

const text = string({ unit: "grapheme", maxLength: 30 });
const time = integer({ min: 0, max: 4_102_444_800_000 });
const when = { startedMs: time, completedMs: time };
const line = integer({ min: 0, max: 1e6 });
const size = integer({ min: -1, max: Number.MAX_SAFE_INTEGER });
const ranges = array(record({ start: line, end: line }), { maxLength: 3 });

const status = record({
  vertexes: array(
    record(
      {
        digest: text,
        inputs: array(text),
        name: text,
        cached: constant(true),
        error: string({ minLength: 1 }),
        ...when,
      },
      { requiredKeys: ["digest", "inputs", "name"] },
    ),
  ),
  statuses: array(
    record(
      { id: text, vertex: text, current: size, total: size, timestampMs: time, ...when },
      { requiredKeys: ["id", "vertex", "current", "total", "timestampMs"] },
    ),
  ),
  logs: array(
    record({
      vertex: text,
      stream: constantFrom("stdout" as const, "stderr" as const),
      bytes: uint8Array({ maxLength: 40 }),
      timestampMs: time,
    }),
  ),
  warnings: array(
    record(
      {
        vertex: text,
        level: nat(5),
        short: text,
        detail: array(text),
        url: text,
        source: record({ fileName: text, data: text, ranges }),
      },
      { requiredKeys: ["vertex", "level", "short", "detail", "url"] },
    ),
  ),
});

/** A line of a real `POST /build?version=2` (dockerd 28.5): a vertex that has ended. */
const REAL =
  "CokBCkdzaGEyNTY6MzRjMTliYmQ5ZTNkYjEzZTFjZGFiNTU3MTE2YzczMWQwNTlhOTIwODk4N2VhYmQ0Zjg4YWE0NzVmOGUyZDAzNRokW2ludGVybmFsXSBsb2FkIHJlbW90ZSBidWlsZCBjb250ZXh0KgsI4LaH2AYQ/fWYdjILCOC2h9gGEKvMkng=";

describe("StatusResponse", () => {
  it("is read as it was written", () => {
    assert(
      property(status, (value) => {
        expect(decodeBuildStatus(encodeBuildStatus(value as BuildStatusModel))).toEqual(value);
      }),
    );
  });

  it("of a real daemon is understood, and written as long as it came", () => {
    const bytes = Uint8Array.from(atob(REAL), (character) => character.charCodeAt(0));
    const decoded = decodeBuildStatus(bytes);
    expect(decoded.vertexes).toMatchObject([
      {
        digest: "sha256:34c19bbd9e3db13e1cdab557116c731d059a9208987eabd4f88aa475f8e2d035",
        name: "[internal] load remote build context",
        inputs: [],
      },
    ]);
    expect(new Date(decoded.vertexes[0]?.startedMs ?? 0).toISOString()).toBe("2026-11-21T17:56:48.247Z");
    // Microseconds are as fine as a number of milliseconds goes.
    expect(encodeBuildStatus(decoded).length).toBe(bytes.length);
  });

  it("passes over fields it does not know", () => {
    const vertex = new ProtoWriter().string(1, "a").string(99, "?").integer(98, -1).finish();
    const bytes = new ProtoWriter().message(1, vertex).integer(77, 5).finish();
    expect(decodeBuildStatus(bytes).vertexes).toEqual([{ digest: "a", inputs: [], name: "" }]);
  });

  it.each([[[10, 200]], [[0]], [[8, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1]], [[15]]])(
    "refuses what is none: %j",
    (bytes) => {
      expect(() => decodeBuildStatus(Uint8Array.from(bytes))).toThrow(/^proto: /);
    },
  );

  it("never fails otherwise on any bytes", () => {
    assert(
      property(uint8Array({ maxLength: 60 }), (bytes) => {
        try {
          decodeBuildStatus(bytes);
        } catch (error) {
          expect((error as Error).message).toMatch(/^proto: /);
        }
      }),
    );
  });
});

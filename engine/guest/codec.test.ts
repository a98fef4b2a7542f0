import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FieldReader, FieldWriter, ProtocolError, readAll } from "./codec.ts";

const text = fc.string({ unit: "grapheme" }).filter((value) => !value.includes("\0"));

const field = fc.oneof(
  fc.record({ kind: fc.constant("u8" as const), value: fc.nat(0xff) }),
  fc.record({ kind: fc.constant("u16" as const), value: fc.nat(0xffff) }),
  fc.record({ kind: fc.constant("u32" as const), value: fc.nat(0xffffffff) }),
  fc.record({ kind: fc.constant("i32" as const), value: fc.integer() }),
  fc.record({ kind: fc.constant("u64" as const), value: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }) }),
  fc.record({ kind: fc.constant("i64" as const), value: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }) }),
  fc.record({ kind: fc.constant("string" as const), value: text }),
  fc.record({ kind: fc.constant("bytes" as const), value: fc.uint8Array({ maxLength: 600 }) }),
);

describe("FieldWriter and FieldReader", () => {
  it("give back every sequence of fields", () => {
    fc.assert(
      fc.property(fc.array(field), (fields) => {
        const out = new FieldWriter(1);
        for (const { kind, value } of fields) (out[kind] as (value: unknown) => unknown).call(out, value);
        const input = new FieldReader(out.finish());
        for (const { kind, value } of fields) expect((input[kind] as () => unknown).call(input)).toEqual(value);
        input.end();
      }),
    );
  });

  it("read a view that does not start at the beginning of its buffer", () => {
    const bytes = Uint8Array.of(9, 9, 2, 0, 0, 0, 0x68, 0x69).subarray(2);
    expect(new FieldReader(bytes).string()).toBe("hi");
  });

  it("refuse integers out of range and strings with a NUL", () => {
    expect(() => new FieldWriter().u8(256)).toThrow(RangeError);
    expect(() => new FieldWriter().u32(-1)).toThrow(RangeError);
    expect(() => new FieldWriter().u16(1.5)).toThrow(RangeError);
    expect(() => new FieldWriter().u64(-1n)).toThrow(RangeError);
    expect(() => new FieldWriter().string("a\0b")).toThrow(RangeError);
  });

  it("refuse to read past the end, and to leave something over", () => {
    expect(() => new FieldReader(Uint8Array.of(1, 2, 3)).u32()).toThrow(ProtocolError);
    expect(() => new FieldReader(Uint8Array.of(5, 0, 0, 0, 1)).bytes()).toThrow(ProtocolError);
    expect(() => readAll(Uint8Array.of(1, 2), (input) => input.u8())).toThrow("1 bytes after the last field");
  });

  it("refuse a list longer than the payload before making it", () => {
    expect(() => new FieldReader(Uint8Array.of(255, 255, 255, 255)).list(() => 0)).toThrow(ProtocolError);
  });

  it("refuse sizes that a number cannot hold", () => {
    const payload = new FieldWriter().u64(2n ** 53n).finish();
    expect(() => new FieldReader(payload).size()).toThrow(ProtocolError);
  });
});

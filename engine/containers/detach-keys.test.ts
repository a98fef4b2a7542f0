import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DEFAULT_DETACH_KEYS, DetachScanner, parseDetachKeys } from "./detach-keys.ts";

describe("detach keys", () => {
  it("are read as Docker writes them", () => {
    expect(parseDetachKeys(DEFAULT_DETACH_KEYS)).toEqual([16, 17]);
    expect(parseDetachKeys("a,ctrl-@,ctrl-[,x")).toEqual([97, 0, 27, 120]);
    expect(parseDetachKeys("")).toEqual([]);
    expect(() => parseDetachKeys("ctrl-1")).toThrow("invalid detach keys (ctrl-1): Unknown character: 'ctrl-1'");
  });
});

describe("a scanner", () => {
  const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);

  it("finds the sequence over several pieces and passes nothing after it", () => {
    const scanner = new DetachScanner([16, 17]);
    expect(scanner.push(bytes(97, 16))).toEqual({ pass: bytes(97), detached: false });
    expect(scanner.push(bytes(17, 98))).toEqual({ pass: bytes(), detached: true });
  });

  it("passes a beginning that leads nowhere, a new beginning included", () => {
    const scanner = new DetachScanner([16, 17]);
    expect(scanner.push(bytes(16, 16, 97))).toEqual({ pass: bytes(16, 16, 97), detached: false });
    expect(scanner.push(bytes(16, 16, 17))).toEqual({ pass: bytes(16), detached: true });
  });

  it("loses and adds nothing when the sequence is not typed", () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ max: 5 }), { maxLength: 8 }), (pieces) => {
        const scanner = new DetachScanner([2, 3]);
        const passed: number[] = [];
        let detached = false;
        for (const piece of pieces) {
          if (detached) break;
          const result = scanner.push(piece);
          passed.push(...result.pass);
          detached = result.detached;
        }
        const typed = pieces.flatMap((piece) => [...piece]);
        const at = typed.findIndex((value, index) => value === 2 && typed[index + 1] === 3);
        expect(detached).toBe(at >= 0);
        // A beginning at the very end is still held back.
        const expected = at >= 0 ? typed.slice(0, at) : typed.at(-1) === 2 ? typed.slice(0, -1) : typed;
        expect(passed).toEqual(expected);
      }),
    );
  });
});

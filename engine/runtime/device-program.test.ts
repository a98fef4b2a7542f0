import { describe, expect, it } from "vitest";
import type { SpecDeviceRule } from "../oci/runtime-spec.ts";
import { DEFAULT_DEVICE_RULES } from "./default-spec.ts";
import { compileDeviceProgram } from "./device-program.ts";

/** The few eBPF instructions that such programs have, run as the kernel runs them. */
function mayAccess(
  program: Uint8Array,
  { type, major, minor, access }: { type: "b" | "c"; major: number; minor: number; access: number },
): boolean {
  const context = new DataView(new ArrayBuffer(12));
  context.setUint32(0, (access << 16) | (type === "b" ? 1 : 2), true);
  context.setUint32(4, major, true);
  context.setUint32(8, minor, true);
  const view = new DataView(program.buffer, program.byteOffset, program.byteLength);
  const registers = new Uint32Array(11);
  for (let pc = 0; ; pc++) {
    const at = pc * 8;
    const [dst, src] = [view.getUint8(at + 1) & 15, view.getUint8(at + 1) >> 4];
    const [offset, immediate] = [view.getInt16(at + 2, true), view.getInt32(at + 4, true)];
    const [a, b] = [registers[dst] ?? 0, registers[src] ?? 0];
    switch (view.getUint8(at)) {
      case 0x61:
        registers[dst] = context.getUint32(offset, true);
        break;
      case 0x54:
        registers[dst] = a & immediate;
        break;
      case 0x74:
        registers[dst] = a >>> immediate;
        break;
      case 0xb4:
        registers[dst] = immediate;
        break;
      case 0xbc:
        registers[dst] = b;
        break;
      case 0x55:
        if (a !== immediate) pc += offset;
        break;
      case 0x15:
        if (a === immediate) pc += offset;
        break;
      case 0x5d:
        if (a !== b) pc += offset;
        break;
      case 0x95:
        return registers[0] === 1;
      default:
        throw new Error(`unknown eBPF instruction at ${pc}`);
    }
  }
}

/** The meaning of the rules: the last that speaks of the access decides, bit by bit for denials. */
function meaning(
  rules: readonly SpecDeviceRule[],
  call: { type: "b" | "c"; major: number; minor: number; access: number },
): boolean {
  const bits = (access: string): number =>
    (access.includes("m") ? 1 : 0) | (access.includes("r") ? 2 : 0) | (access.includes("w") ? 4 : 0);
  const rule = rules.findLast(
    ({ allow, type, major, minor, access }) =>
      (type === "a" || type === call.type) &&
      (major === undefined || major === call.major) &&
      (minor === undefined || minor === call.minor) &&
      (allow ? (call.access & ~bits(access)) === 0 : (call.access & bits(access)) !== 0),
  );
  return rule?.allow ?? false;
}

const READ_WRITE = 6;
const MKNOD = 1;

describe("the device program", () => {
  const program = compileDeviceProgram(DEFAULT_DEVICE_RULES);

  it("lets containers use the usual devices and terminals, and make any node without using it", () => {
    for (const [major, minor] of [
      [1, 3],
      [1, 5],
      [1, 7],
      [1, 8],
      [1, 9],
      [5, 0],
      [5, 2],
      [136, 0],
      [136, 40],
    ] as const) {
      expect([major, minor, mayAccess(program, { type: "c", major, minor, access: READ_WRITE })]).toEqual([
        major,
        minor,
        true,
      ]);
    }
    expect(mayAccess(program, { type: "b", major: 8, minor: 0, access: MKNOD })).toBe(true);
    expect(mayAccess(program, { type: "b", major: 8, minor: 0, access: READ_WRITE })).toBe(false);
    expect(mayAccess(program, { type: "c", major: 1, minor: 1, access: 2 })).toBe(false);
    expect(mayAccess(program, { type: "c", major: 10, minor: 229, access: READ_WRITE })).toBe(false);
  });

  it("means the same as its rules", () => {
    const odd: readonly SpecDeviceRule[] = [
      { allow: true, type: "a", access: "rwm" },
      { allow: false, type: "b", access: "w" },
      { allow: true, type: "b", major: 8, access: "rw" },
      { allow: false, type: "c", major: 4, minor: 64, access: "rm" },
    ];
    for (const rules of [DEFAULT_DEVICE_RULES, odd, [], odd.slice(0, 1)]) {
      const compiled = compileDeviceProgram(rules);
      for (const type of ["b", "c"] as const) {
        for (const [major, minor] of [
          [1, 3],
          [4, 64],
          [8, 0],
          [10, 229],
          [136, 1],
          [200, 1],
        ] as const) {
          for (let access = 1; access < 8; access++) {
            const call = { type, major, minor, access };
            expect([call, mayAccess(compiled, call)]).toEqual([call, meaning(rules, call)]);
          }
        }
      }
    }
  });

  it("has no code that is never reached", () => {
    expect(compileDeviceProgram([{ allow: true, type: "a", access: "rwm" }])).toHaveLength(8 * 8);
  });
});

import type { SpecDeviceRule } from "../oci/runtime-spec.ts";

/**
 * A BPF_PROG_TYPE_CGROUP_DEVICE program: may a process of the cgroup open or make this device node?
 * Instructions are `struct bpf_insn { u8 code; u8 dst:4, src:4; s16 off; s32 imm; }`. The context is
 * `struct bpf_cgroup_dev_ctx { u32 access_type; u32 major; u32 minor; }`, access in the upper half of the first word, type in the
 * lower (linux/bpf.h). Registers: r2 type, r3 access, r4 major, r5 minor.
 */
const OPCODES = {
  /** BPF_LDX | BPF_MEM | BPF_W */
  load: 0x61,
  /** BPF_ALU | … | BPF_K, 32 bits */
  and: 0x54,
  shiftRight: 0x74,
  moveImmediate: 0xb4,
  /** BPF_ALU | BPF_MOV | BPF_X */
  move: 0xbc,
  /** BPF_JMP | … | BPF_K */
  jumpNotEqual: 0x55,
  jumpEqual: 0x15,
  /** BPF_JMP | BPF_JNE | BPF_X */
  jumpNotEqualRegister: 0x5d,
  exit: 0x95,
} as const;

const ACCESS: Readonly<Record<string, number>> = { m: 1, r: 2, w: 4 };
const TYPES: Readonly<Record<"b" | "c", number>> = { b: 1, c: 2 };
const R = { result: 0, context: 1, type: 2, access: 3, major: 4, minor: 5 } as const;

interface Instruction {
  readonly op: keyof typeof OPCODES;
  readonly dst?: number;
  readonly src?: number;
  readonly off?: number;
  readonly imm?: number;
}

/** Later rules win over earlier ones; what no rule speaks of is denied. */
export function compileDeviceProgram(rules: readonly SpecDeviceRule[]): Uint8Array {
  const program: Instruction[] = [
    { op: "load", dst: R.type, src: R.context, off: 0 },
    { op: "move", dst: R.access, src: R.type },
    { op: "and", dst: R.type, imm: 0xffff },
    { op: "shiftRight", dst: R.access, imm: 16 },
    { op: "load", dst: R.major, src: R.context, off: 4 },
    { op: "load", dst: R.minor, src: R.context, off: 8 },
  ];
  for (const rule of rules.toReversed()) {
    const tests = ruleTests(rule);
    program.push(...tests, ...answer(rule.allow));
    // A rule for everything ends the program: the verifier refuses code that cannot be reached.
    if (tests.length === 0) return encode(program);
  }
  program.push(...answer(false));
  return encode(program);
}

function answer(allow: boolean): readonly Instruction[] {
  return [{ op: "moveImmediate", dst: R.result, imm: allow ? 1 : 0 }, { op: "exit" }];
}

/** Jumps past the rule's answer when it does not speak of this access. */
function ruleTests({ allow, type, major, minor, access }: SpecDeviceRule): readonly Instruction[] {
  const mask = access.split("").reduce((bits, letter) => bits | (ACCESS[letter] ?? 0), 0);
  const tests: Omit<Instruction, "off">[] = [];
  if (type !== "a") tests.push({ op: "jumpNotEqual", dst: R.type, imm: TYPES[type] });
  if (mask !== 7) {
    tests.push({ op: "move", dst: R.context, src: R.access }, { op: "and", dst: R.context, imm: mask });
    // Allowed is a part of what the rule grants; denied is what has anything of what it denies.
    tests.push(
      allow
        ? { op: "jumpNotEqualRegister", dst: R.context, src: R.access }
        : { op: "jumpEqual", dst: R.context, imm: 0 },
    );
  }
  if (major !== undefined) tests.push({ op: "jumpNotEqual", dst: R.major, imm: major });
  if (minor !== undefined) tests.push({ op: "jumpNotEqual", dst: R.minor, imm: minor });
  return tests.map((test, index) => (test.op.startsWith("jump") ? { ...test, off: tests.length - index + 1 } : test));
}

function encode(program: readonly Instruction[]): Uint8Array {
  const bytes = new Uint8Array(program.length * 8);
  const view = new DataView(bytes.buffer);
  program.forEach(({ op, dst = 0, src = 0, off = 0, imm = 0 }, index) => {
    const at = index * 8;
    view.setUint8(at, OPCODES[op]);
    view.setUint8(at + 1, dst | (src << 4));
    view.setInt16(at + 2, off, true);
    view.setInt32(at + 4, imm, true);
  });
  return bytes;
}

/**
 * Classic BPF as seccomp(2) takes it: `struct sock_filter { u16 code; u8 jt; u8 jf; u32 k; }`, little-endian.
 * https://docs.kernel.org/userspace-api/seccomp_filter.html, linux/bpf_common.h
 */
export interface Instruction {
  readonly code: number;
  readonly jt: number;
  readonly jf: number;
  readonly k: number;
}

export const BPF_SIZE = 8;

/** BPF_LD | BPF_W | BPF_ABS */
const LOAD = 0x20;
/** BPF_ALU | BPF_AND | BPF_K */
const AND = 0x54;
/** BPF_JMP | … | BPF_K */
const JEQ = 0x15;
const JGT = 0x25;
const JGE = 0x35;
const JA = 0x05;
/** BPF_RET | BPF_K */
const RET = 0x06;

/** Offsets in `struct seccomp_data`; of an argument its low half. */
export const OFFSET_NR = 0;
export const OFFSET_ARCH = 4;
export const offsetOfArgument = (index: number): number => 16 + index * 8;

export const load = (offset: number): Instruction => ({ code: LOAD, jt: 0, jf: 0, k: offset });
export const and = (mask: number): Instruction => ({ code: AND, jt: 0, jf: 0, k: mask });
export const ret = (value: number): Instruction => ({ code: RET, jt: 0, jf: 0, k: value });

/** Conditional jump: `jt` and `jf` count the instructions to skip (at most 255). */
export const jumpIfEqual = (value: number, jt: number, jf: number): Instruction =>
  checked({ code: JEQ, jt, jf, k: value });
export const jumpIfAtLeast = (value: number, jt: number, jf: number): Instruction =>
  checked({ code: JGE, jt, jf, k: value });
export const jumpIfGreater = (value: number, jt: number, jf: number): Instruction =>
  checked({ code: JGT, jt, jf, k: value });
/** Unconditional, of any length. */
export const jump = (skip: number): Instruction => ({ code: JA, jt: 0, jf: 0, k: skip });

function checked(instruction: Instruction): Instruction {
  if (instruction.jt > 255 || instruction.jf > 255) throw new RangeError("BPF jump is too long");
  return instruction;
}

export function encodeFilter(program: readonly Instruction[]): Uint8Array {
  const bytes = new Uint8Array(program.length * BPF_SIZE);
  const view = new DataView(bytes.buffer);
  program.forEach(({ code, jt, jf, k }, index) => {
    const at = index * BPF_SIZE;
    view.setUint16(at, code, true);
    view.setUint8(at + 2, jt);
    view.setUint8(at + 3, jf);
    view.setUint32(at + 4, k >>> 0, true);
  });
  return bytes;
}

/** Runs a filter as the kernel would, for tests: answers the action and the number of instructions it took. */
export function interpretFilter(
  bytes: Uint8Array,
  call: { nr: number; arch: number; args?: readonly number[] },
): { action: number; steps: number } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const data = new DataView(new ArrayBuffer(64));
  data.setUint32(OFFSET_NR, call.nr, true);
  data.setUint32(OFFSET_ARCH, call.arch, true);
  call.args?.forEach((value, index) => data.setUint32(offsetOfArgument(index), value, true));
  let accumulator = 0;
  for (let pc = 0, steps = 1; ; pc++, steps++) {
    const at = pc * BPF_SIZE;
    const k = view.getUint32(at + 4, true);
    const branch = (taken: boolean): number => view.getUint8(at + (taken ? 2 : 3));
    switch (view.getUint16(at, true)) {
      case LOAD:
        accumulator = data.getUint32(k, true);
        break;
      case AND:
        accumulator = (accumulator & k) >>> 0;
        break;
      case JEQ:
        pc += branch(accumulator === k);
        break;
      case JGT:
        pc += branch(accumulator > k);
        break;
      case JGE:
        pc += branch(accumulator >= k);
        break;
      case JA:
        pc += k;
        break;
      case RET:
        return { action: k, steps };
      default:
        throw new Error(`unknown BPF instruction at ${pc}`);
    }
  }
}

import type { SeccompAction, SeccompArgument, SeccompProfile, SeccompRule } from "../../oci/runtime-spec.ts";
import {
  and,
  encodeFilter,
  type Instruction,
  jump,
  jumpIfAtLeast,
  jumpIfEqual,
  jumpIfGreater,
  load,
  offsetOfArgument,
  OFFSET_ARCH,
  OFFSET_NR,
  ret,
} from "./bpf.ts";
import { SYSCALLS_I386 } from "./syscalls-i386.ts";

/** linux/audit.h */
export const AUDIT_ARCH_I386 = 0x4000_0003;
/** linux/seccomp.h */
export const SECCOMP_RET = {
  KILL_PROCESS: 0x8000_0000,
  KILL_THREAD: 0,
  TRAP: 0x0003_0000,
  ERRNO: 0x0005_0000,
  TRACE: 0x7ff0_0000,
  LOG: 0x7ffc_0000,
  ALLOW: 0x7fff_0000,
} as const;

const EPERM = 1;
const ENOSYS = 38;

/** What happens to one system call: the first rule whose arguments match, else the default. */
interface Decision {
  readonly rules: readonly { readonly action: number; readonly args: readonly SeccompArgument[] }[];
}

interface Range {
  readonly first: number;
  readonly decision: Decision | number;
}

const compiled = new WeakMap<SeccompProfile, Uint8Array>();

/**
 * A profile as a program for the i386 guest. Numbers are looked up by binary search over ranges of equal treatment, so a call costs
 * some nine comparisons; the kernel moreover remembers which calls are always allowed. Calls newer than the table get ENOSYS as with
 * runc, so that programs fall back, unless the profile allows what it does not name.
 */
export function compileSeccomp(profile: SeccompProfile): Uint8Array {
  const known = compiled.get(profile);
  if (known !== undefined) return known;
  const program = [
    load(OFFSET_ARCH),
    jumpIfEqual(AUDIT_ARCH_I386, 1, 0),
    ret(SECCOMP_RET.KILL_PROCESS),
    load(OFFSET_NR),
    ...search(makeRanges(profile), profile),
  ];
  const bytes = encodeFilter(program);
  compiled.set(profile, bytes);
  return bytes;
}

const ACTIONS: Readonly<Record<Exclude<SeccompAction, "SCMP_ACT_ERRNO" | "SCMP_ACT_TRACE">, number>> = {
  SCMP_ACT_ALLOW: SECCOMP_RET.ALLOW,
  SCMP_ACT_KILL: SECCOMP_RET.KILL_THREAD,
  SCMP_ACT_KILL_THREAD: SECCOMP_RET.KILL_THREAD,
  SCMP_ACT_KILL_PROCESS: SECCOMP_RET.KILL_PROCESS,
  SCMP_ACT_LOG: SECCOMP_RET.LOG,
  SCMP_ACT_TRAP: SECCOMP_RET.TRAP,
};

function actionValue(action: SeccompAction, errno = EPERM): number {
  if (action === "SCMP_ACT_ERRNO") return SECCOMP_RET.ERRNO | errno;
  return action === "SCMP_ACT_TRACE" ? SECCOMP_RET.TRACE | errno : ACTIONS[action];
}

/** Neighbouring numbers of the same plain action are one range. */
function makeRanges(profile: SeccompProfile): readonly Range[] {
  const defaultAction = defaultOf(profile);
  const rulesByNumber = new Map<number, SeccompRule[]>();
  for (const rule of profile.syscalls) {
    for (const name of rule.names) {
      const number = SYSCALLS_I386.get(name);
      if (number !== undefined) rulesByNumber.set(number, [...(rulesByNumber.get(number) ?? []), rule]);
    }
  }
  const last = Math.max(...SYSCALLS_I386.values());
  const ranges: Range[] = [];
  for (let number = 0; number <= last; number++) {
    const decision = decide(rulesByNumber.get(number) ?? [], defaultAction);
    const previous = ranges.at(-1);
    if (typeof decision === "number" && previous?.decision === decision) continue;
    ranges.push({ first: number, decision });
  }
  const lets = profile.defaultAction === "SCMP_ACT_ALLOW" || profile.defaultAction === "SCMP_ACT_LOG";
  ranges.push({ first: last + 1, decision: lets ? defaultAction : SECCOMP_RET.ERRNO | ENOSYS });
  return ranges;
}

function defaultOf({ defaultAction, defaultErrnoRet }: SeccompProfile): number {
  return actionValue(defaultAction, defaultErrnoRet);
}

/** A rule without conditions settles it. */
function decide(rules: readonly SeccompRule[], defaultAction: number): Decision | number {
  const plain = rules.find(({ args = [] }) => args.length === 0);
  if (plain !== undefined) return actionValue(plain.action, plain.errnoRet);
  if (rules.length === 0) return defaultAction;
  return { rules: rules.map(({ action, errnoRet, args = [] }) => ({ action: actionValue(action, errnoRet), args })) };
}

function search(ranges: readonly Range[], profile: SeccompProfile): readonly Instruction[] {
  const [only] = ranges;
  if (ranges.length === 1 && only !== undefined) {
    return typeof only.decision === "number" ? [ret(only.decision)] : conditions(only.decision, defaultOf(profile));
  }
  const middle = ranges.length >> 1;
  const below = search(ranges.slice(0, middle), profile);
  const above = search(ranges.slice(middle), profile);
  const pivot = ranges[middle]?.first ?? 0;
  if (below.length <= 255) return [jumpIfAtLeast(pivot, below.length, 0), ...below, ...above];
  return [jumpIfAtLeast(pivot, 0, 1), jump(below.length), ...below, ...above];
}

function conditions({ rules }: Decision, defaultAction: number): readonly Instruction[] {
  return [...rules.flatMap(({ args, action }) => ruleCode(args, action)), ret(defaultAction)];
}

/** Every argument must match; the first that does not leads past the rule. The guest's registers have 32 bits: so do the arguments. */
function ruleCode(args: readonly SeccompArgument[], action: number): readonly Instruction[] {
  let code: readonly Instruction[] = [ret(action)];
  for (const argument of args.toReversed()) code = [...test(argument, code.length), ...code];
  return code;
}

function test({ index, op, value, valueTwo = 0 }: SeccompArgument, skip: number): readonly Instruction[] {
  const argument = load(offsetOfArgument(index));
  switch (op) {
    case "SCMP_CMP_EQ":
      return [argument, jumpIfEqual(value, 0, skip)];
    case "SCMP_CMP_NE":
      return [argument, jumpIfEqual(value, skip, 0)];
    case "SCMP_CMP_GE":
      return [argument, jumpIfAtLeast(value, 0, skip)];
    case "SCMP_CMP_LT":
      return [argument, jumpIfAtLeast(value, skip, 0)];
    case "SCMP_CMP_GT":
      return [argument, jumpIfGreater(value, 0, skip)];
    case "SCMP_CMP_LE":
      return [argument, jumpIfGreater(value, skip, 0)];
    case "SCMP_CMP_MASKED_EQ":
      return [argument, and(value), jumpIfEqual(valueTwo, 0, skip)];
  }
}

import { describe, expect, it } from "vitest";
import type { SeccompProfile } from "../../oci/runtime-spec.ts";
import { DEFAULT_CAPABILITIES } from "../capabilities.ts";
import { BPF_SIZE, interpretFilter } from "./bpf.ts";
import { AUDIT_ARCH_I386, compileSeccomp, SECCOMP_RET } from "./compile-filter.ts";
import { defaultSeccompProfile } from "./default-profile.ts";
import { SYSCALLS_I386 } from "./syscalls-i386.ts";

const EPERM = SECCOMP_RET.ERRNO | 1;
const ENOSYS = SECCOMP_RET.ERRNO | 38;
const filter = compileSeccomp(defaultSeccompProfile(DEFAULT_CAPABILITIES));

function run(name: string, args: readonly number[] = [], program = filter): number {
  return interpretFilter(program, { nr: SYSCALLS_I386.get(name) as number, arch: AUDIT_ARCH_I386, args }).action;
}

/** The meaning of a profile, said without a compiler. */
function meaning(profile: SeccompProfile, name: string, args: readonly number[]): number {
  const matching = profile.syscalls.filter(
    (rule) =>
      rule.names.includes(name) &&
      (rule.args ?? []).every(({ index, op, value, valueTwo = 0 }) => {
        const argument = args[index] ?? 0;
        if (op === "SCMP_CMP_EQ") return argument === value;
        if (op === "SCMP_CMP_NE") return argument !== value;
        if (op === "SCMP_CMP_LT") return argument < value;
        if (op === "SCMP_CMP_GT") return argument > value;
        return (argument & value) >>> 0 === valueTwo;
      }),
  );
  const rule = matching.find(({ args: conditions = [] }) => conditions.length === 0) ?? matching[0];
  if (rule === undefined) return EPERM;
  return rule.action === "SCMP_ACT_ALLOW" ? SECCOMP_RET.ALLOW : SECCOMP_RET.ERRNO | (rule.errnoRet ?? 1);
}

describe("the table of system calls", () => {
  it("has i386's numbers", () => {
    expect(
      ["read", "clone", "socketcall", "personality", "socket", "clone3", "mseal"].map((name) =>
        SYSCALLS_I386.get(name),
      ),
    ).toEqual([3, 120, 102, 136, 359, 435, 462]);
  });
});

describe("the default filter", () => {
  it("allows what programs need and refuses what reaches past the container", () => {
    for (const name of [
      "read",
      "execve",
      "mmap2",
      "clone",
      "futex",
      "statx",
      "capset",
      "setresuid32",
      "chroot",
      "ptrace",
    ]) {
      expect([name, run(name)]).toEqual([name, SECCOMP_RET.ALLOW]);
    }
    for (const name of [
      "mount",
      "unshare",
      "setns",
      "bpf",
      "reboot",
      "init_module",
      "kexec_load",
      "keyctl",
      "io_uring_setup",
      "vm86",
      "arch_prctl",
      "open_tree",
    ]) {
      expect([name, run(name)]).toEqual([name, EPERM]);
    }
  });

  it("looks at arguments: new namespaces, vsock, personality", () => {
    expect(run("clone", [0x11])).toBe(SECCOMP_RET.ALLOW);
    expect(run("clone", [0x2000_0011])).toBe(EPERM);
    expect(run("clone", [0x1000_0000])).toBe(EPERM);
    expect(run("socket", [2])).toBe(SECCOMP_RET.ALLOW);
    // Kernel crypto and vsock, not the family between them nor those around.
    expect([37, 38, 39, 40, 41].map((family) => run("socket", [family]))).toEqual([
      SECCOMP_RET.ALLOW,
      EPERM,
      SECCOMP_RET.ALLOW,
      EPERM,
      SECCOMP_RET.ALLOW,
    ]);
    expect([0, 8, 0x2_0000, 0x2_0008, 0xffff_ffff, 1].map((value) => run("personality", [value]))).toEqual([
      ...Array<number>(5).fill(SECCOMP_RET.ALLOW),
      EPERM,
    ]);
  });

  it("says ENOSYS to clone3 and to calls that it does not know, and kills another architecture", () => {
    expect(run("clone3")).toBe(ENOSYS);
    expect(interpretFilter(filter, { nr: 9999, arch: AUDIT_ARCH_I386 }).action).toBe(ENOSYS);
    expect(interpretFilter(filter, { nr: 3, arch: 0xc000_003e }).action).toBe(SECCOMP_RET.KILL_PROCESS);
  });

  it("opens up with capabilities", () => {
    const admin = compileSeccomp(defaultSeccompProfile([...DEFAULT_CAPABILITIES, "CAP_SYS_ADMIN", "CAP_SYS_TIME"]));
    expect(["mount", "unshare", "clone3", "clock_settime64"].map((name) => run(name, [], admin))).toEqual(
      Array(4).fill(SECCOMP_RET.ALLOW),
    );
    expect(run("clone", [0x2000_0011], admin)).toBe(SECCOMP_RET.ALLOW);
    expect(run("reboot", [], admin)).toBe(EPERM);
    expect(run("chroot", [], compileSeccomp(defaultSeccompProfile([])))).toBe(EPERM);
  });

  it("means the same as the profile, for every call and telling arguments", () => {
    for (const capabilities of [DEFAULT_CAPABILITIES, [], ["CAP_SYS_ADMIN", "CAP_SYS_PTRACE"]]) {
      const profile = defaultSeccompProfile(capabilities);
      const program = compileSeccomp(profile);
      for (const name of SYSCALLS_I386.keys()) {
        for (const argument of [0, 1, 8, 40, 0x2_0000, 0x4000_0000, 0xffff_ffff]) {
          expect([name, argument, run(name, [argument], program)]).toEqual([
            name,
            argument,
            meaning(profile, name, [argument]),
          ]);
        }
      }
    }
  });

  it("is small and takes few steps", () => {
    const steps = [...SYSCALLS_I386.values()].map((nr) => interpretFilter(filter, { nr, arch: AUDIT_ARCH_I386 }).steps);
    expect(Math.max(...steps)).toBeLessThan(30);
    expect(steps.reduce((sum, count) => sum + count, 0) / steps.length).toBeLessThan(12);
    expect(filter.length / BPF_SIZE).toBeLessThan(300);
  });

  it("is compiled once for the same capabilities", () => {
    expect(compileSeccomp(defaultSeccompProfile([...DEFAULT_CAPABILITIES]))).toBe(filter);
  });
});

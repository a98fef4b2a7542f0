import { describe, expect, it } from "vitest";
import { interpretFilter } from "./bpf.ts";
import { AUDIT_ARCH_I386, compileSeccomp, SECCOMP_RET } from "./compile-filter.ts";
import { loadSeccompProfile } from "./load-profile.ts";
import { SYSCALLS_I386 } from "./syscalls-i386.ts";

const ALLOW = SECCOMP_RET.ALLOW;
const errno = (number: number): number => SECCOMP_RET.ERRNO | number;

/** What a profile does to a call. */
function verdict(profile: object, name: string, { args = [] as number[], caps = [] as string[] } = {}): number {
  const loaded = loadSeccompProfile(JSON.stringify(profile), caps);
  if (loaded === undefined) throw new Error("unconfined");
  const nr = SYSCALLS_I386.get(name) ?? 9999;
  return interpretFilter(compileSeccomp(loaded), { nr, arch: AUDIT_ARCH_I386, args }).action;
}

const rules = (...syscalls: object[]): object => ({ defaultAction: "SCMP_ACT_ALLOW", syscalls });

describe("a profile of one's own", () => {
  it("denies what it names and allows the rest, calls of the future included", () => {
    const profile = rules({ names: ["mkdir", "mkdirat"], action: "SCMP_ACT_ERRNO", errnoRet: 13 });
    expect(["mkdir", "mkdirat", "rmdir", "from-the-future"].map((name) => verdict(profile, name))).toEqual([
      errno(13),
      errno(13),
      ALLOW,
      ALLOW,
    ]);
  });

  it.each([
    ["SCMP_CMP_EQ", [4, 5, 6], [false, true, false]],
    ["SCMP_CMP_NE", [4, 5, 6], [true, false, true]],
    ["SCMP_CMP_LT", [4, 5, 6], [true, false, false]],
    ["SCMP_CMP_LE", [4, 5, 6], [true, true, false]],
    ["SCMP_CMP_GE", [4, 5, 6], [false, true, true]],
    ["SCMP_CMP_GT", [4, 5, 6], [false, false, true]],
  ])("compares arguments: %s", (op, values, denied) => {
    const profile = rules({ names: ["socket"], action: "SCMP_ACT_ERRNO", args: [{ index: 0, value: 5, op }] });
    expect(values.map((value) => verdict(profile, "socket", { args: [value] }) !== ALLOW)).toEqual(denied);
  });

  it("masks arguments, and takes the low half of a 64-bit value", () => {
    const args = [{ index: 1, value: 0xf0, valueTwo: 0x10, op: "SCMP_CMP_MASKED_EQ" }];
    const profile = rules({ names: ["kill"], action: "SCMP_ACT_ERRNO", args });
    expect(verdict(profile, "kill", { args: [0, 0x1f] })).toBe(errno(1));
    expect(verdict(profile, "kill", { args: [0, 0x2f] })).toBe(ALLOW);
    const wide = `{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["kill"],"action":"SCMP_ACT_ERRNO","args":[{"index":0,"value":18446744073709551615,"op":"SCMP_CMP_EQ"}]}]}`;
    expect(loadSeccompProfile(wide, [])?.syscalls[0]?.args?.[0]?.value).toBe(0xffff_ffff);
  });

  it("knows every action", () => {
    const actions = ["KILL", "KILL_THREAD", "KILL_PROCESS", "TRAP", "LOG", "TRACE"];
    expect(actions.map((name) => verdict(rules({ names: ["kill"], action: `SCMP_ACT_${name}` }), "kill"))).toEqual([
      SECCOMP_RET.KILL_THREAD,
      SECCOMP_RET.KILL_THREAD,
      SECCOMP_RET.KILL_PROCESS,
      SECCOMP_RET.TRAP,
      SECCOMP_RET.LOG,
      SECCOMP_RET.TRACE | 1,
    ]);
  });

  it("keeps rules that are for this architecture, this kernel and these capabilities", () => {
    const deny = (filter: object): number =>
      verdict(rules({ names: ["kill"], action: "SCMP_ACT_ERRNO", ...filter }), "kill", { caps: ["CAP_KILL"] });
    const kept = [
      { includes: { arches: ["x86", "amd64"] } },
      { includes: { caps: ["CAP_KILL"] } },
      { includes: { minKernel: "4.8" } },
      { excludes: { arches: ["s390"] } },
      { excludes: { caps: ["CAP_BPF"] } },
      { excludes: { minKernel: "6.13" } },
    ];
    const dropped = [
      { includes: { arches: ["arm"] } },
      { includes: { caps: ["CAP_KILL", "CAP_BPF"] } },
      { includes: { minKernel: "6.13" } },
      { excludes: { arches: ["x86"] } },
      { excludes: { caps: ["CAP_KILL"] } },
      { excludes: { minKernel: "6.12" } },
    ];
    expect(kept.map(deny)).toEqual(kept.map(() => errno(1)));
    expect(dropped.map(deny)).toEqual(dropped.map(() => ALLOW));
  });

  it("that says nothing is none", () => {
    expect(loadSeccompProfile("{}", [])).toBeUndefined();
  });

  it.each([
    ["xxx", "Decoding seccomp profile failed: invalid character 'x' looking for beginning of value"],
    ["{", "Decoding seccomp profile failed: unexpected end of JSON input"],
    [
      '{"defaultAction":1}',
      "Decoding seccomp profile failed: json: cannot unmarshal number into Go struct field Seccomp.defaultAction of type specs.LinuxSeccompAction",
    ],
    ['{"defaultAction":"SCMP_ACT_FOO"}', "runc create failed: string SCMP_ACT_FOO is not a valid action for seccomp"],
    [
      '{"defaultAction":"SCMP_ACT_ALLOW","architectures":["FOO"]}',
      "runc create failed: string FOO is not a valid arch for seccomp",
    ],
    ['{"defaultAction":"SCMP_ACT_ALLOW","flags":["FOO"]}', "runc create failed: seccomp flag FOO is not known to runc"],
    [
      JSON.stringify(rules({ names: ["kill"], action: "SCMP_ACT_ERRNO", args: [{ op: "FOO" }] })),
      "runc create failed: string FOO is not a valid operator for seccomp",
    ],
    [
      JSON.stringify(rules({ name: "kill", names: ["read"], action: "SCMP_ACT_ERRNO" })),
      "both 'name' and 'names' are specified in the seccomp profile, use either 'name' or 'names'",
    ],
    [
      JSON.stringify(rules({ names: ["read"], action: "SCMP_ACT_ERRNO", includes: { minKernel: "x" } })),
      'Decoding seccomp profile failed: invalid kernel version: "x", expected "<kernel>.<major>"',
    ],
  ])("is refused in Docker's words: %s", (text, message) => {
    expect(() => loadSeccompProfile(text, [])).toThrow(message);
  });
});

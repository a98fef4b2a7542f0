import type { SeccompArgument, SeccompProfile, SeccompRule } from "../../oci/runtime-spec.ts";
import { SYSCALLS_I386 } from "./syscalls-i386.ts";

const words = (text: string): readonly string[] => text.trim().split(/\s+/);

/**
 * What Docker's default profile does not allow (moby's `profiles/seccomp/default_linux.go`; for the calls that i386 has, the rest of
 * the table is allowed): old calls that the kernel no longer has or nobody should use, and what reaches past the container.
 */
const NEVER = words(`
  break oldstat oldfstat stty gtty nice ftime prof signal lock mpx ulimit oldolduname ustat sigaction sgetmask ssetmask sigsuspend
  sigpending oldlstat uselib swapon readdir profil olduname idle vm86old swapoff create_module get_kernel_syms bdflush sysfs
  afs_syscall _sysctl vm86 query_module nfsservctl getpmsg putpmsg pivot_root vserver kexec_load add_key request_key keyctl
  arch_prctl migrate_pages move_pages userfaultfd io_uring_setup io_uring_enter io_uring_register`);

/** Allowed with a capability. `clone` and `clone3` are below. */
const BY_CAPABILITY: Readonly<Record<string, readonly string[]>> = {
  CAP_DAC_READ_SEARCH: words("open_by_handle_at"),
  CAP_SYS_ADMIN: words(`
    bpf clone clone3 fanotify_init fsconfig fsmount fsopen fspick lookup_dcookie lsm_get_self_attr lsm_list_modules
    lsm_set_self_attr mount mount_setattr move_mount open_tree perf_event_open quotactl quotactl_fd setdomainname sethostname setns
    syslog umount umount2 unshare`),
  CAP_SYS_BOOT: words("reboot"),
  CAP_SYS_CHROOT: words("chroot"),
  CAP_SYS_MODULE: words("delete_module finit_module init_module"),
  CAP_SYS_PACCT: words("acct"),
  CAP_SYS_PTRACE: words("kcmp pidfd_getfd process_madvise"),
  CAP_SYS_RAWIO: words("ioperm iopl"),
  CAP_SYS_TIME: words("clock_settime clock_settime64 settimeofday stime"),
  CAP_SYS_TTY_CONFIG: words("vhangup"),
  CAP_SYS_NICE: words("get_mempolicy mbind set_mempolicy set_mempolicy_home_node"),
  CAP_SYSLOG: words("syslog"),
  CAP_BPF: words("bpf"),
  CAP_PERFMON: words("perf_event_open"),
};

/** Kernel crypto and the host's own sockets; one family lies between. */
const AF_ALG = 38;
const AF_VSOCK = 40;
const EPERM = 1;
const ENOSYS = 38;
/** Every CLONE_NEW* flag but CLONE_NEWTIME. */
const CLONE_NAMESPACES = 0x7e02_0000;
/** PER_LINUX, PER_LINUX32, UNAME26, both, and "tell me" (the argument is -1). */
const PERSONALITIES = [0x0, 0x0008, 0x2_0000, 0x2_0008, 0xffff_ffff];

const allow = (names: readonly string[], ...args: SeccompArgument[]): SeccompRule => ({
  names,
  action: "SCMP_ACT_ALLOW",
  ...(args.length > 0 && { args }),
});

const made = new Map<string, SeccompProfile>();

/** Docker's default profile for a container with these capabilities. The same object for the same set. */
export function defaultSeccompProfile(capabilities: readonly string[]): SeccompProfile {
  const relevant = Object.keys(BY_CAPABILITY).filter((name) => capabilities.includes(name));
  const key = relevant.join();
  const known = made.get(key);
  if (known !== undefined) return known;
  const profile: SeccompProfile = {
    defaultAction: "SCMP_ACT_ERRNO",
    defaultErrnoRet: EPERM,
    syscalls: makeRules(relevant),
  };
  made.set(key, profile);
  return profile;
}

function makeRules(capabilities: readonly string[]): readonly SeccompRule[] {
  const conditional = new Set([...NEVER, ...Object.values(BY_CAPABILITY).flat(), "socket", "personality"]);
  const plain = [...SYSCALLS_I386.keys()].filter((name) => !conditional.has(name));
  return [
    allow(plain),
    allow(["socket"], { index: 0, op: "SCMP_CMP_LT", value: AF_ALG }),
    allow(["socket"], { index: 0, op: "SCMP_CMP_EQ", value: AF_ALG + 1 }),
    allow(["socket"], { index: 0, op: "SCMP_CMP_GT", value: AF_VSOCK }),
    ...PERSONALITIES.map((value) => allow(["personality"], { index: 0, op: "SCMP_CMP_EQ", value })),
    ...capabilities.map((name) => allow(BY_CAPABILITY[name] ?? [])),
    ...(capabilities.includes("CAP_SYS_ADMIN")
      ? []
      : [
          allow(["clone"], { index: 0, op: "SCMP_CMP_MASKED_EQ", value: CLONE_NAMESPACES, valueTwo: 0 }),
          // Its flags are in memory, where a filter cannot look: programs fall back to clone.
          { names: ["clone3"], action: "SCMP_ACT_ERRNO", errnoRet: ENOSYS } as const,
        ]),
  ];
}

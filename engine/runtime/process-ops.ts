import type { Op } from "../guest/ops.ts";
import type { SeccompProfile, SpecCapabilities, SpecProcess } from "../oci/runtime-spec.ts";
import { capabilityMask } from "./capabilities.ts";
import { PR_SET_NO_NEW_PRIVS, RLIMITS, SECCOMP_FILTER_FLAGS } from "./linux.ts";
import { compileSeccomp } from "./seccomp/compile-filter.ts";

const UNLIMITED = 0xffff_ffff_ffff_ffffn;
const DEFAULT_UMASK = 0o022;

/**
 * The last steps of a process, in the order that security asks for (runc's `standard_init_linux.go` and finalizeNamespace):
 * terminal and limits while it may do everything; directory; then identity and capabilities; the system-call filter as late as
 * possible with no_new_privs, and before the privileges go without it (installing it is a privilege then); exec.
 */
export function processOps(process: SpecProcess, seccomp: SeccompProfile | undefined): readonly Op[] {
  const { user, noNewPrivileges = false, oomScoreAdj = 0 } = process;
  const filter: Op[] = seccomp === undefined ? [] : [seccompOp(seccomp)];
  return [
    ...(process.rlimits ?? []).flatMap(rlimitOp),
    ...(oomScoreAdj === 0
      ? []
      : [{ op: "write", path: "/proc/self/oom_score_adj", data: String(oomScoreAdj), flags: 1 } as const]),
    ...(process.terminal ? [{ op: "tty" } as const] : []),
    // The agent gives programs this umask unless it is told another.
    ...(user.umask === undefined || user.umask === DEFAULT_UMASK ? [] : [{ op: "umask", mask: user.umask } as const]),
    ...(noNewPrivileges ? [{ op: "prctl", option: PR_SET_NO_NEW_PRIVS, args: [1] } as const] : filter),
    { op: "user", uid: user.uid, gid: user.gid, groups: user.additionalGids ?? [] },
    ...(process.capabilities === undefined ? [] : [capsOp(process.capabilities)]),
    ...(noNewPrivileges ? filter : []),
    { op: "exec", argv: process.args, env: process.env },
  ];
}

function seccompOp(profile: SeccompProfile): Op {
  const flags = (profile.flags ?? []).reduce((all, name) => all | (SECCOMP_FILTER_FLAGS[name] ?? 0), 0);
  return { op: "seccomp", filter: compileSeccomp(profile), ...(flags !== 0 && { flags }) };
}

/** Before the process is anyone else: root may enter every directory. `create`: as Docker makes a missing working directory. */
export function workingDirectoryOp(cwd: string, create: boolean): Op {
  return { op: "chdir", path: cwd, create };
}

function rlimitOp({ type, soft, hard }: { type: string; soft: number; hard: number }): readonly Op[] {
  const resource = RLIMITS[type];
  if (resource === undefined) return [];
  const limit = (value: number): bigint => (value < 0 ? UNLIMITED : BigInt(value));
  return [{ op: "rlimit", resource, soft: limit(soft), hard: limit(hard) }];
}

function capsOp({ bounding, effective, permitted, inheritable, ambient }: SpecCapabilities): Op {
  return {
    op: "caps",
    bounding: capabilityMask(bounding),
    effective: capabilityMask(effective),
    permitted: capabilityMask(permitted),
    inheritable: capabilityMask(inheritable),
    ambient: capabilityMask(ambient),
  };
}

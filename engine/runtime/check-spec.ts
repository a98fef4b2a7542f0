import { EngineError } from "../base/errors.ts";
import type { RuntimeSpec } from "../oci/runtime-spec.ts";
import { RLIMITS } from "./linux.ts";
import { createFailed } from "./runc-errors.ts";

/** Settings of the kernel that belong to an IPC namespace. */
const IPC_SYSCTLS: ReadonlySet<string> = new Set(
  ["msgmax", "msgmnb", "msgmni", "sem", "shmall", "shmmax", "shmmni", "shm_rmid_forced"].map(
    (name) => `kernel.${name}`,
  ),
);

/**
 * What runc refuses before it makes anything (`libcontainer/configs/validate` and `specconv`).
 * @throws EngineError internal, in runc's words
 */
export function checkSpec(spec: RuntimeSpec): void {
  const problem = rlimitProblem(spec) ?? sysctlProblem(spec);
  if (problem !== undefined) throw new EngineError("internal", createFailed(problem));
}

function rlimitProblem({ process }: RuntimeSpec): string | undefined {
  const unknown = process.rlimits?.find(({ type }) => !(type in RLIMITS));
  return unknown && `wrong rlimit value: ${unknown.type}`;
}

/** `/proc/sys` is the machine's but for what namespaces have of their own. */
function sysctlProblem({ linux, domainname }: RuntimeSpec): string | undefined {
  const own = new Set(linux.namespaces.map(({ type }) => type));
  // Docker sets a domain name as one of these.
  const names = [...Object.keys(linux.sysctl ?? {}), ...(domainname === undefined ? [] : ["kernel.domainname"])];
  for (const given of names) {
    const name = withDots(given);
    if (IPC_SYSCTLS.has(name) || name.startsWith("fs.mqueue.")) {
      if (!own.has("ipc")) return `sysctl "${name}" is not allowed in the hosts ipc namespace`;
    } else if (name.startsWith("net.")) {
      if (!own.has("network")) return `sysctl "${name}" not allowed in host network namespace`;
    } else if (own.has("uts") && name === "kernel.hostname") {
      return `sysctl "${name}" is not allowed as it conflicts with the OCI "hostname" field`;
    } else if (!own.has("uts") || name !== "kernel.domainname") {
      return `sysctl "${name}" is not in a separate kernel namespace`;
    }
  }
  return undefined;
}

/** As sysctl(8): when the first separator is a slash, slashes separate and a dot is part of a name (`net/ipv4/conf/eth0.1/…`). */
function withDots(name: string): string {
  if (/[./]/.exec(name)?.[0] !== "/") return name;
  return name.replace(/[./]/g, (separator) => (separator === "." ? "/" : "."));
}

/** Where a setting is. */
export function sysctlPath(name: string): string {
  return `/proc/sys/${withDots(name).replace(/[./]/g, (separator) => (separator === "." ? "/" : "."))}`;
}

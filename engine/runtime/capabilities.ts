import { EngineError } from "../base/errors.ts";

/** By number: include/uapi/linux/capability.h */
export const CAPABILITIES: readonly string[] = [
  "CAP_CHOWN",
  "CAP_DAC_OVERRIDE",
  "CAP_DAC_READ_SEARCH",
  "CAP_FOWNER",
  "CAP_FSETID",
  "CAP_KILL",
  "CAP_SETGID",
  "CAP_SETUID",
  "CAP_SETPCAP",
  "CAP_LINUX_IMMUTABLE",
  "CAP_NET_BIND_SERVICE",
  "CAP_NET_BROADCAST",
  "CAP_NET_ADMIN",
  "CAP_NET_RAW",
  "CAP_IPC_LOCK",
  "CAP_IPC_OWNER",
  "CAP_SYS_MODULE",
  "CAP_SYS_RAWIO",
  "CAP_SYS_CHROOT",
  "CAP_SYS_PTRACE",
  "CAP_SYS_PACCT",
  "CAP_SYS_ADMIN",
  "CAP_SYS_BOOT",
  "CAP_SYS_NICE",
  "CAP_SYS_RESOURCE",
  "CAP_SYS_TIME",
  "CAP_SYS_TTY_CONFIG",
  "CAP_MKNOD",
  "CAP_LEASE",
  "CAP_AUDIT_WRITE",
  "CAP_AUDIT_CONTROL",
  "CAP_SETFCAP",
  "CAP_MAC_OVERRIDE",
  "CAP_MAC_ADMIN",
  "CAP_SYSLOG",
  "CAP_WAKE_ALARM",
  "CAP_BLOCK_SUSPEND",
  "CAP_AUDIT_READ",
  "CAP_PERFMON",
  "CAP_BPF",
  "CAP_CHECKPOINT_RESTORE",
];

/** What a container has when nothing else is asked (moby's `daemon/pkg/oci/caps/defaults.go`). */
export const DEFAULT_CAPABILITIES: readonly string[] = [
  "CAP_CHOWN",
  "CAP_DAC_OVERRIDE",
  "CAP_FSETID",
  "CAP_FOWNER",
  "CAP_MKNOD",
  "CAP_NET_RAW",
  "CAP_SETGID",
  "CAP_SETUID",
  "CAP_SETFCAP",
  "CAP_SETPCAP",
  "CAP_NET_BIND_SERVICE",
  "CAP_SYS_CHROOT",
  "CAP_KILL",
  "CAP_AUDIT_WRITE",
];

/**
 * The default set with `--cap-add` and `--cap-drop` applied; `privileged` has all. Names with or without `CAP_`, any case, `ALL`.
 * @throws EngineError invalid-argument for an unknown name
 */
export function tweakCapabilities(
  add: readonly string[],
  drop: readonly string[],
  privileged = false,
): readonly string[] {
  const adds = normalize(add, "CapAdd");
  const drops = normalize(drop, "CapDrop");
  if (privileged) return CAPABILITIES;
  const base = adds.includes("ALL") ? CAPABILITIES : drops.includes("ALL") ? [] : [...DEFAULT_CAPABILITIES];
  const dropped = new Set(drops);
  const wanted = new Set([
    ...base.filter((name) => !dropped.has(name)),
    ...adds.filter((name) => name !== "ALL" && (!dropped.has(name) || drops.includes("ALL"))),
  ]);
  return CAPABILITIES.filter((name) => wanted.has(name));
}

function normalize(names: readonly string[], field: "CapAdd" | "CapDrop"): readonly string[] {
  return names.map((given) => {
    const upper = given.toUpperCase();
    if (upper === "ALL") return "ALL";
    const name = upper.startsWith("CAP_") ? upper : `CAP_${upper}`;
    if (!CAPABILITIES.includes(name))
      throw new EngineError("invalid-argument", `invalid ${field}: unknown capability: "${name}"`);
    return name;
  });
}

/** The set as the kernel's 64-bit mask. */
export function capabilityMask(names: readonly string[]): bigint {
  return names.reduce((mask, name) => mask | (1n << BigInt(CAPABILITIES.indexOf(name))), 0n);
}

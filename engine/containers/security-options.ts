import { EngineError } from "../base/errors.ts";

/** `--security-opt`, read. */
export interface SecurityOptions {
  readonly noNewPrivileges: boolean;
  /** `unconfined`, `builtin`, or a profile's JSON; undefined: not said. */
  readonly seccomp?: string;
  /** Undefined: as privileged says. */
  readonly writableCgroups?: boolean;
}

/** Go's `strconv.ParseBool`. */
const BOOLEANS: Readonly<Record<string, boolean>> = {
  ...Object.fromEntries(["1", "t", "T", "TRUE", "true", "True"].map((text) => [text, true])),
  ...Object.fromEntries(["0", "f", "F", "FALSE", "false", "False"].map((text) => [text, false])),
};

/**
 * moby's `daemon/daemon_unix.go`, parseSecurityOpt. Labels are SELinux's: without it in the kernel Docker passes over them.
 * @throws EngineError internal, in Docker's words; not-implemented for an AppArmor profile
 */
export function parseSecurityOptions(options: readonly string[]): SecurityOptions {
  const found: { -readonly [K in keyof SecurityOptions]: SecurityOptions[K] } = { noNewPrivileges: false };
  for (const option of options) {
    if (option === "no-new-privileges") found.noNewPrivileges = true;
    else if (option === "writable-cgroups") found.writableCgroups = true;
    else if (option !== "disable") readPair(option, found);
  }
  return found;
}

function readPair(option: string, found: { -readonly [K in keyof SecurityOptions]: SecurityOptions[K] }): void {
  const [, key, value] = /^([^=]*)=(.*)$/s.exec(option) ?? /^([^:]*):(.*)$/s.exec(option) ?? [];
  if (key === undefined || value === undefined)
    throw new EngineError("internal", `invalid --security-opt 1: ${quote(option)}`);
  const flag = (): boolean => {
    const parsed = BOOLEANS[value];
    if (parsed === undefined) throw invalid(option);
    return parsed;
  };
  switch (key) {
    case "label":
      return;
    case "apparmor":
      return checkAppArmor(value);
    case "seccomp":
      found.seccomp = value;
      return;
    case "no-new-privileges":
      found.noNewPrivileges = flag();
      return;
    case "writable-cgroups":
      found.writableCgroups = flag();
      return;
    default:
      throw invalid(option);
  }
}

function checkAppArmor(profile: string): void {
  if (profile === "unconfined" || profile === "") return;
  throw new EngineError(
    "not-implemented",
    `--security-opt apparmor=${profile} (HostConfig.SecurityOpt) is not possible: the kernel has no AppArmor`,
  );
}

function invalid(option: string): EngineError {
  return new EngineError("internal", `invalid --security-opt 2: ${quote(option)}`);
}

const quote = (text: string): string => JSON.stringify(text);

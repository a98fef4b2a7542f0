import { EngineError } from "../base/errors.ts";
import type { MountRequest } from "./container.ts";

const PROPAGATIONS: readonly string[] = ["private", "rprivate", "shared", "rshared", "slave", "rslave"];
/** What `TmpfsOptions.Options` may hold. */
const TMPFS_OPTIONS: readonly string[] = ["exec", "noexec"];

/** Docker's checks of one mount; whether a bind's source exists is asked elsewhere. @throws EngineError invalid-argument, in Docker's words */
export function checkMountRequest(mount: MountRequest): void {
  const exclusive = exclusiveProblem(mount);
  if (exclusive !== undefined) throw new EngineError("invalid-argument", exclusive);
  const problem = mountProblem(mount);
  if (problem !== undefined) throw invalidMount(mount.type, problem);
}

/** @throws EngineError invalid-argument */
export function checkTmpfsDestination(destination: string): void {
  const problem = pathProblem(destination);
  if (problem !== undefined) throw new EngineError("invalid-argument", problem);
}

/** `invalid mount config for type "bind": …` */
export function invalidMount(type: string, problem: string): EngineError {
  return new EngineError("invalid-argument", `invalid mount config for type "${type}": ${problem}`);
}

/** What is wrong with it, in Docker's words. */
export function mountProblem(mount: MountRequest): string | undefined {
  if (mount.target === "") return missing("Target");
  const check = CHECKS[mount.type];
  return pathProblem(mount.target) ?? (check === undefined ? "mount type unknown" : check(mount));
}

const CHECKS: Readonly<Record<string, (mount: MountRequest) => string | undefined>> = {
  bind: (mount) => {
    if (mount.source === "") return missing("Source");
    const propagation = mount.bind?.propagation ?? "";
    if (propagation !== "" && !PROPAGATIONS.includes(propagation)) return `invalid propagation mode: ${propagation}`;
    const extra = extraField(mount, ["volume", "image"]);
    if (extra !== undefined) return extra;
    return isAbsolute(mount.source) ? undefined : notAbsolute(mount.source);
  },
  volume: (mount) => {
    const extra = extraField(mount, ["bind", "image"]);
    if (extra !== undefined) return extra;
    const subpath = mount.volume?.subpath ?? "";
    if (mount.source === "" && mount.readOnly) return "must not set ReadOnly mode when using anonymous volumes";
    if (mount.source === "" && subpath !== "") return "must not set Subpath when using anonymous volumes";
    return isLocal(subpath) ? undefined : "subpath must be a relative path within the volume";
  },
  tmpfs: (mount) => {
    const extra = extraField(mount, ["bind", "volume", "image"]);
    if (extra !== undefined) return extra;
    if (mount.source !== "") return "field Source must not be specified";
    const options = mount.tmpfs?.options ?? [];
    if (options.some(({ length }) => length < 1 || length > 2)) return "invalid option array length";
    const unknown = options.find(([name = "", value]) => !TMPFS_OPTIONS.includes(name) || value !== undefined);
    return unknown === undefined ? undefined : `invalid option: ${unknown[0]}`;
  },
  image: (mount) => {
    const extra = extraField(mount, ["bind", "volume"]);
    if (extra !== undefined) return extra;
    if (mount.source === "") return missing("Source");
    return isLocal(mount.image?.subpath ?? "") ? undefined : "subpath must be a relative path within the volume";
  },
};

type OptionField = "bind" | "volume" | "tmpfs" | "image";

const FIELD_NAMES: Readonly<Record<OptionField, string>> = {
  bind: "BindOptions",
  volume: "VolumeOptions",
  tmpfs: "TmpfsOptions",
  image: "ImageOptions",
};

function exclusiveProblem(mount: MountRequest): string | undefined {
  const other = (["bind", "volume", "tmpfs"] as const).find(
    (field) => mount[field] !== undefined && mount.type !== field && mount.type in CHECKS,
  );
  return other && `${FIELD_NAMES[other]} must not be specified on mount type "${mount.type}"`;
}

function extraField(mount: MountRequest, others: readonly OptionField[]): string | undefined {
  const other = others.find((field) => mount[field] !== undefined);
  return other && `field ${FIELD_NAMES[other]} must not be specified`;
}

function missing(field: string): string {
  return `field ${field} must not be empty`;
}

function pathProblem(path: string): string | undefined {
  if (!isAbsolute(path)) return notAbsolute(path);
  return cleanPath(path) === "/" ? "invalid specification: destination can't be '/'" : undefined;
}

function notAbsolute(path: string): string {
  return `invalid mount path: '${path}' mount path must be absolute`;
}

const isAbsolute = (path: string): boolean => path.startsWith("/");

/** Go's `filepath.IsLocal`, but that empty is fine: relative, and not above where it begins. */
function isLocal(path: string): boolean {
  if (isAbsolute(path)) return false;
  let depth = 0;
  for (const part of path.split("/")) {
    if (part === "" || part === ".") continue;
    depth += part === ".." ? -1 : 1;
    if (depth < 0) return false;
  }
  return true;
}

/** Lexical, as Go's `path.Clean` of an absolute path. */
export function cleanPath(path: string): string {
  const parts: string[] = [];
  for (const part of path.split("/")) {
    if (part === "" || part === ".") continue;
    if (part === "..") parts.pop();
    else parts.push(part);
  }
  return `/${parts.join("/")}`;
}

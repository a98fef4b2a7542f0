import { ERRNO, errnoText } from "../guest/errno.ts";
import type { GuestError } from "../guest/guest.ts";
import type { Op } from "../guest/ops.ts";
import { MS } from "./linux.ts";

/** runc's hint for the most frequent one. */
const WRONG_KIND =
  "Are you trying to mount a directory onto a file (or vice-versa)? Check if the specified host path exists and is the expected type";

const FLAG_NAMES: readonly (readonly [flag: number, name: string])[] = [
  [MS.RDONLY, "MS_RDONLY"],
  [MS.NOSUID, "MS_NOSUID"],
  [MS.NODEV, "MS_NODEV"],
  [MS.NOEXEC, "MS_NOEXEC"],
  [MS.SYNCHRONOUS, "MS_SYNCHRONOUS"],
  [MS.DIRSYNC, "MS_DIRSYNC"],
  [MS.NOATIME, "MS_NOATIME"],
  [MS.NODIRATIME, "MS_NODIRATIME"],
  [MS.BIND, "MS_BIND"],
  [MS.REC, "MS_REC"],
  [MS.RELATIME, "MS_RELATIME"],
  [MS.STRICTATIME, "MS_STRICTATIME"],
];

/** A failed mount in runc's words (`libcontainer/rootfs_linux.go`, mountError); undefined for other operations. */
export function explainMount(op: Op, error: GuestError, ops: readonly Op[]): string | undefined {
  const reason = errnoText(error.errno).toLowerCase();
  if (op.op === "open-tree") return `failed to fulfil mount request: open ${op.path}: ${reason}`;
  if (op.op === "mkdir") {
    const next = ops[error.opIndex + 1];
    if (next?.op !== "mount") return undefined;
    const made = `make mountpoint ${JSON.stringify(op.path)}: mkdirat ${op.path}: ${reason}`;
    return `error mounting ${JSON.stringify(next.source)} to rootfs at ${JSON.stringify(op.path)}: create mountpoint for ${op.path} mount: ${made}`;
  }
  if (op.op === "mount" && op.type !== "") return mountFailed(op, reason);
  if (op.op === "mask") return `can't mask paths: open /dev/null: ${reason}`;
  if (op.op !== "move-mount") return undefined;
  const source = ops.find((other) => other.op === "open-tree" && other.slot === op.slot);
  const path = source?.op === "open-tree" ? source.path : "";
  const where = `error mounting ${JSON.stringify(path)} to rootfs at ${JSON.stringify(op.target)}`;
  // move_mount(2) says EINVAL where mount(2) says ENOTDIR.
  if (error.errno === ERRNO.ENOTDIR || error.errno === ERRNO.EINVAL) {
    const flags = source?.op === "open-tree" && source.recursive === true ? MS.BIND | MS.REC : MS.BIND;
    return `${where}: ${mountWords({ source: path, target: op.target, flags, data: "" })}: not a directory: ${WRONG_KIND}`;
  }
  const made = `make mountpoint ${JSON.stringify(op.target)}: mkdirat ${op.target}: ${reason}`;
  return `${where}: create mountpoint for ${op.target} mount: ${made}`;
}

function mountFailed(op: Extract<Op, { op: "mount" }>, reason: string): string {
  const { source, target, flags = 0, data = "" } = op;
  const where = `error mounting ${JSON.stringify(source)} to rootfs at ${JSON.stringify(target)}`;
  return `${where}: ${mountWords({ source, target, flags, data })}: ${reason}`;
}

function mountWords(call: { source: string; target: string; flags: number; data: string }): string {
  const names = FLAG_NAMES.filter(([flag]) => (call.flags & flag) !== 0).map(([, name]) => name);
  return [
    `mount src=${call.source}`,
    `dst=${call.target}`,
    ...(names.length > 0 ? [`flags=${names.join("|")}`] : []),
    ...(call.data === "" ? [] : [`data=${call.data}`]),
  ].join(", ");
}

import { S_IFMT, S_IFDIR } from "../base/file-types.ts";
import { ERRNO, errnoText } from "../guest/errno.ts";
import { type Guest, GuestError, type StartSpec } from "../guest/guest.ts";
import { decodeStat } from "../guest/op-results.ts";
import type { Op } from "../guest/ops.ts";
import type { SpecProcess } from "../oci/runtime-spec.ts";
import { explainMount } from "./explain-mount.ts";
import { execFailed, initFailed, startExitCode, type Verb } from "./runc-errors.ts";

export interface StartFailure {
  readonly start: StartSpec;
  readonly process: SpecProcess;
  readonly error: GuestError;
  readonly verb: Verb;
  /** Where the container's files are, for the agent. */
  readonly root: string;
}

/** `ended`: the program was found, and its exec itself failed. */
export type Explained =
  | { readonly kind: "refused"; readonly message: string; readonly exitCode: 126 | 127 | 128 }
  | { readonly kind: "ended"; readonly message: string };

/** Turns the failing operation into runc's words. Where errno does not say enough the file is looked at: failing may take a second question. */
export async function explainStartFailure(guest: Guest, failure: StartFailure): Promise<Explained> {
  const { error, start, verb } = failure;
  const op = error.phase === "child" ? start.childOps[error.opIndex] : undefined;
  if (op?.op === "exec") return explainExec(guest, failure);
  const parent = error.phase === "parent" ? start.parentOps?.[error.opIndex] : undefined;
  const mount = op && explainMount(op, error, start.childOps);
  const message = initFailed(mount ?? explainOp(op ?? parent, error), verb);
  return refused(op?.op === "chdir" && verb === "start" ? chdirMessage(op.path, error) : message);
}

function refused(message: string): Explained {
  return { kind: "refused", message, exitCode: startExitCode(message) };
}

/** Docker makes the directory itself, before runc: moby's `container.SetupWorkingDirectory`. */
function chdirMessage(path: string, { errno }: GuestError): string {
  return errno === ERRNO.ENOTDIR ? `Cannot mkdir: ${path} is not a directory` : `mkdir ${path}: ${goErrnoText(errno)}`;
}

function explainOp(op: Op | undefined, error: GuestError): string {
  const reason = goErrnoText(error.errno);
  if (op === undefined) return error.message;
  if (op.op === "rlimit")
    return `error setting rlimits for ready process: error setting rlimit type ${op.resource}: ${reason}`;
  if (op.op === "write" && op.path.startsWith("/sys/fs/cgroup/"))
    return `error setting cgroup config for procHooks process: failed to write "${String(op.data)}": write ${op.path}: ${reason}`;
  if (op.op === "chdir") return `chdir to cwd (${JSON.stringify(op.path)}) set in config.json failed: ${reason}`;
  if (op.op === "write" && op.path.startsWith("/proc/sys/")) return `open ${op.path}: ${reason}`;
  return error.message;
}

async function explainExec(guest: Guest, { error, process, verb, root }: StartFailure): Promise<Explained> {
  const program = process.args[0] ?? "";
  const missing = error.errno === ERRNO.ENOENT || error.errno === ERRNO.ENOTDIR;
  if (missing && !program.includes("/")) return refused(execFailed(program, "missing", verb));
  const file = await look(guest, program.includes("/") ? root + absolute(program, process.cwd) : undefined);
  if (missing && file === "none")
    return refused(
      execFailed(
        program,
        error.errno === ERRNO.ENOTDIR ? { text: `stat ${program}: not a directory` } : "missing",
        verb,
      ),
    );
  if (error.errno === ERRNO.EACCES || error.errno === ERRNO.EPERM)
    return refused(execFailed(program, file === "directory" ? "directory" : "denied", verb));
  // Found and executable, but not for this kernel, or its interpreter is missing.
  return { kind: "ended", message: `exec ${program}: ${goErrnoText(error.errno)}` };
}

async function look(guest: Guest, path: string | undefined): Promise<"none" | "directory" | "file"> {
  if (path === undefined) return "file";
  try {
    const [stat = new Uint8Array()] = await guest.run([{ op: "stat", path, follow: true }]);
    return (decodeStat(stat).mode & S_IFMT) === S_IFDIR ? "directory" : "file";
  } catch (error) {
    if (error instanceof GuestError) return "none";
    throw error;
  }
}

function absolute(path: string, cwd: string): string {
  return path.startsWith("/") ? path : `${cwd.endsWith("/") ? cwd : `${cwd}/`}${path}`;
}

/** Go writes errno texts in lower case. */
function goErrnoText(errno: number): string {
  return errnoText(errno).toLowerCase();
}

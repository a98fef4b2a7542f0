/**
 * runc's words for what can go wrong at a start. Clients match on them: the CLI exits with 127 for "executable file not found" and
 * "no such file or directory", with 126 for "permission denied" and "is a directory" (docker/cli, `toStatusError`).
 */

export type Verb = "start" | "exec";

const PREFIX: Readonly<Record<Verb, string>> = {
  start: createFailed("unable to start container process: "),
  exec: "OCI runtime exec failed: exec failed: unable to start container process: ",
};

/** What the failure means for the words: found out by looking at the file. */
export type ExecFailure = "missing" | "directory" | "denied" | { readonly text: string };

/** `program` is argv[0] as the user wrote it. */
export function execFailed(program: string, failure: ExecFailure, verb: Verb): string {
  const during = verb === "start" ? "error during container init: " : "";
  return `${PREFIX[verb]}${during}exec: "${program}": ${execReason(program, failure)}`;
}

function execReason(program: string, failure: ExecFailure): string {
  if (typeof failure === "object") return failure.text;
  if (failure === "directory") return "is a directory: permission denied";
  if (failure === "denied") return "permission denied";
  return program.includes("/") ? `stat ${program}: no such file or directory` : "executable file not found in $PATH";
}

export function commandNotFound(program: string, verb: Verb): string {
  return execFailed(program, "missing", verb);
}

/** What runc refuses before it makes anything. */
export function createFailed(reason: string): string {
  return `failed to create task for container: failed to create shim task: OCI runtime create failed: runc create failed: ${reason}`;
}

/** Everything else that init does. */
export function initFailed(reason: string, verb: Verb): string {
  return `${PREFIX[verb]}${verb === "start" ? "error during container init: " : ""}${reason}`;
}

/** The exit code that Docker gives a container or exec that could not start (moby's `daemon/errors.go`, setExitCodeFromError). */
export function startExitCode(message: string): 126 | 127 | 128 {
  if (/executable file not found|no such file or directory|system cannot find the file specified/.test(message))
    return 127;
  if (/permission denied|not a directory|is a directory/.test(message)) return 126;
  return 128;
}

import { emptyStream, encodeUtf8, streamOf } from "../base/streams.ts";
import type { ContainerProcess, TaskStdio } from "./runtime.ts";

const EXEC_FAILED = 255;

/**
 * A process that ended in its exec: runc has then already told Docker that the container runs, so it is seen as one that wrote why to
 * its standard error and ended with 255 (`exec /bin/x: exec format error`).
 */
export function endedProcess(message: string, stdio: TaskStdio): ContainerProcess {
  const output =
    message === "" ? emptyStream() : streamOf(encodeUtf8(`${message}${stdio.mode === "pty" ? "\r\n" : "\n"}`));
  return {
    pid: 0,
    stdin: undefined,
    stdout: stdio.mode === "pty" ? output : emptyStream(),
    stderr: stdio.mode === "pty" ? undefined : output,
    exited: Promise.resolve({ code: EXEC_FAILED, signal: undefined }),
    kill: async () => undefined,
    resize: async () => undefined,
  };
}

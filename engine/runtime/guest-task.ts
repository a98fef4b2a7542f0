import { EngineError } from "../base/errors.ts";
import { decodeUtf8 } from "../base/streams.ts";
import { ERRNO } from "../guest/errno.ts";
import { type Guest, GuestError, type GuestProcess } from "../guest/guest.ts";
import type { Op } from "../guest/ops.ts";
import type { SpecResources } from "../oci/runtime-spec.ts";
import { cgroupDirectory, resourceOps } from "./cgroup.ts";
import { compileExec } from "./compile-spec.ts";
import { endedProcess } from "./ended-process.ts";
import { explainStartFailure } from "./explain-failure.ts";
import { MNT_DETACH, O_WRONLY } from "./linux.ts";
import { readProcesses } from "./process-list.ts";
import type {
  ContainerProcess,
  ExecRequest,
  HostOp,
  ProcessExit,
  ProcessInfo,
  Task,
  TaskRequest,
  UserDatabase,
} from "./runtime.ts";

const BUSY_RETRIES = 10;
const BUSY_DELAY_MS = 20;

/** A container that runs in the guest. */
export class GuestTask implements Task {
  readonly id: string;
  readonly pid: number;
  readonly stdin: ContainerProcess["stdin"];
  readonly stdout: ContainerProcess["stdout"];
  readonly stderr: ContainerProcess["stderr"];
  readonly exited: Promise<ProcessExit>;
  readonly #guest: Guest;
  readonly #request: TaskRequest;
  readonly #process: ContainerProcess;
  /** Absolute directory of its cgroup. */
  readonly cgroup: string;

  constructor({ guest, request, process }: { guest: Guest; request: TaskRequest; process: ContainerProcess }) {
    this.#guest = guest;
    this.#request = request;
    this.#process = process;
    this.cgroup = cgroupDirectory(request.spec.linux);
    this.id = request.id;
    this.pid = process.pid;
    this.stdin = process.stdin;
    this.stdout = process.stdout;
    this.stderr = process.stderr;
    this.exited = process.exited;
  }

  kill(signal: number): Promise<void> {
    return this.#process.kill(signal);
  }

  resize(rows: number, columns: number): Promise<void> {
    return this.#process.resize(rows, columns);
  }

  async exec({ process, stdio }: ExecRequest): Promise<ContainerProcess> {
    const start = compileExec(this.#request.spec, this.pid, process, stdio);
    try {
      return toContainerProcess(this.#guest, await this.#guest.start(start));
    } catch (error) {
      if (!(error instanceof GuestError)) throw error;
      const explained = await explainStartFailure(this.#guest, {
        start,
        process,
        error,
        verb: "exec",
        root: `/proc/${this.pid}/root`,
      });
      if (explained.kind === "ended") return endedProcess(explained.message, stdio);
      throw new EngineError(explained.exitCode === 128 ? "internal" : "invalid-argument", explained.message, {
        cause: error,
      });
    }
  }

  async pause(): Promise<void> {
    await this.#write("cgroup.freeze", "1");
  }

  async resume(): Promise<void> {
    await this.#write("cgroup.freeze", "0");
  }

  async update(resources: SpecResources): Promise<void> {
    await this.#guest.run(resourceOps(this.cgroup, resources));
  }

  async oomKilled(): Promise<boolean> {
    const [events = new Uint8Array()] = await this.#guest.run([
      { op: "read", path: `${this.cgroup}/memory.events`, optional: true },
    ]);
    return /^oom_kill [1-9]/m.test(decodeUtf8(events));
  }

  processes(): Promise<readonly ProcessInfo[]> {
    return readProcesses(this.#guest, this.cgroup);
  }

  async readUserDatabase(): Promise<UserDatabase> {
    const root = `/proc/${this.pid}/root/etc`;
    const [passwd = new Uint8Array(), group = new Uint8Array()] = await this.#guest.run([
      { op: "read", path: `${root}/passwd`, optional: true },
      { op: "read", path: `${root}/group`, optional: true },
    ]);
    return { passwd: decodeUtf8(passwd), group: decodeUtf8(group) };
  }

  /** One request when all is well. A cgroup may stay busy for a moment while the kernel buries the last process. */
  async delete(networkOps: readonly HostOp[]): Promise<void> {
    const ops: readonly Op[] = [
      ...networkOps,
      { op: "umount", target: this.#request.rootfs.target, flags: MNT_DETACH },
      ...(this.#request.shm === undefined
        ? []
        : [{ op: "umount", target: this.#request.shm.path, flags: MNT_DETACH } as const]),
      { op: "write", path: `${this.cgroup}/cgroup.kill`, data: "1", flags: O_WRONLY },
      { op: "rmdir", path: this.cgroup },
    ];
    for (let next = 0, busy = 0; next < ops.length;) {
      const failed = await this.#runFrom(ops, next);
      if (failed === undefined) return;
      const isBusy = failed.error.errno === ERRNO.EBUSY && busy++ < BUSY_RETRIES;
      next = isBusy ? failed.index : failed.index + 1;
      if (isBusy) await new Promise((resolve) => setTimeout(resolve, BUSY_DELAY_MS));
    }
  }

  async #runFrom(ops: readonly Op[], from: number): Promise<{ index: number; error: GuestError } | undefined> {
    try {
      await this.#guest.run(ops.slice(from));
      return undefined;
    } catch (error) {
      if (!(error instanceof GuestError)) throw error;
      return { index: from + error.opIndex, error };
    }
  }

  async #write(file: string, data: string): Promise<void> {
    await this.#guest.run([{ op: "write", path: `${this.cgroup}/${file}`, data, flags: O_WRONLY }]);
  }
}

export function toContainerProcess(guest: Guest, process: GuestProcess): ContainerProcess {
  return {
    pid: process.pid,
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    exited: process.exited.then(({ code, signal }) => ({ code, signal })),
    // Gone already is as good as killed.
    kill: (signal) =>
      guest.kill(process.pid, signal).catch((error: unknown) => {
        if (!(error instanceof GuestError) || error.errno !== ERRNO.ESRCH) throw error;
      }),
    resize: (rows, columns) => process.resize(rows, columns),
  };
}

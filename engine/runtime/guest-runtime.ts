import { EngineError } from "../base/errors.ts";
import { decodeUtf8 } from "../base/streams.ts";
import type { Trace } from "../base/trace.ts";
import { ERRNO, errnoText } from "../guest/errno.ts";
import { type Guest, GuestError, type GuestProcess, type StartSpec } from "../guest/guest.ts";
import type { Op } from "../guest/ops.ts";
import { parentCgroupOps } from "./cgroup.ts";
import { checkSpec } from "./check-spec.ts";
import { compileTask } from "./compile-spec.ts";
import { readDeviceNodes } from "./device-nodes.ts";
import { explainStartFailure, type StartFailure } from "./explain-failure.ts";
import { endedProcess } from "./ended-process.ts";
import { GuestTask, toContainerProcess } from "./guest-task.ts";
import { MNT_DETACH, MS } from "./linux.ts";
import { GuestMountSources } from "./mount-sources.ts";
import { readStats, type RuntimeStats } from "./task-stats.ts";
import type { DeviceNode, HostOp, Rootfs, Runtime, Task, TaskRequest, UserDatabase } from "./runtime.ts";

/** Runs containers in the guest: each start is one request to the agent. */
export class GuestRuntime implements Runtime {
  readonly sources: GuestMountSources;
  readonly #guest: Guest;
  readonly #trace: Trace;
  #parentCgroup: Promise<void> | undefined;
  #isReady = false;
  /** Of the kernel, as `cgroup.controllers` has them. */
  #controllers = "";

  constructor(guest: Guest, trace: Trace) {
    this.#guest = guest;
    this.#trace = trace;
    this.sources = new GuestMountSources(guest, this);
  }

  /** Makes the cgroup above all containers: once, best before the first start. */
  prepare(): Promise<void> {
    this.#parentCgroup ??= this.#prepare();
    return this.#parentCgroup;
  }

  async start(request: TaskRequest): Promise<Task> {
    checkSpec(request.spec);
    if (!this.#isReady) await this.prepare();
    const { before, start } = compileTask(request, this.#controllers);
    try {
      const process = await this.#trace.measure(
        "runtime.start",
        () => this.#startAfter(before, start),
        `${start.parentOps?.length}+${start.childOps.length} ops`,
      );
      return new GuestTask({ guest: this.#guest, request, process: toContainerProcess(this.#guest, process) });
    } catch (error) {
      if (!(error instanceof GuestError)) throw error;
      return this.#failed(request, start, error);
    }
  }

  async readUserDatabase(layers: readonly string[]): Promise<UserDatabase> {
    const files = ["etc/passwd", "etc/group"];
    const contents = await this.#guest
      .run(
        files.flatMap((file) => layers.map((layer): Op => ({ op: "read", path: `${layer}/${file}`, optional: true }))),
      )
      // A deleted or odd file in some layer: look at each by itself.
      .catch(() => Promise.all(files.flatMap((file) => layers.map((layer) => this.#readOr(`${layer}/${file}`)))));
    const firstOf = (index: number): string =>
      decodeUtf8(
        contents.slice(index * layers.length, (index + 1) * layers.length).find(({ length }) => length > 0) ??
          new Uint8Array(),
      );
    return { passwd: firstOf(0), group: firstOf(1) };
  }

  async ensureDirectories(paths: readonly string[]): Promise<void> {
    for (const path of paths) {
      await this.#guest.run([{ op: "stat", path, follow: true }]).catch(async (error: unknown) => {
        // What a path through a file means is told when it is mounted.
        if (error instanceof GuestError && error.errno === ERRNO.ENOTDIR) return;
        if (!(error instanceof GuestError) || error.errno !== ERRNO.ENOENT) throw error;
        await this.#guest.run([{ op: "mkdir", path, parents: true }]).catch((reason: unknown) => {
          if (!(reason instanceof GuestError)) throw reason;
          const words = `mkdir ${path}: ${errnoText(reason.errno).toLowerCase()}`;
          const message = `error while creating mount source path '${path}': ${words}`;
          throw new EngineError("internal", message, { cause: reason });
        });
      });
    }
  }

  async withRootfs<T>(rootfs: Rootfs, work: (path: string) => Promise<T>): Promise<T> {
    await this.#guest.run([
      { op: "mount", source: "overlay", target: rootfs.target, type: "overlay", data: rootfs.data },
    ]);
    try {
      return await work(rootfs.target);
    } finally {
      await this.#guest.run([{ op: "umount", target: rootfs.target, flags: MNT_DETACH }]);
    }
  }

  stats(tasks: readonly Task[]): Promise<RuntimeStats> {
    return readStats(
      this.#guest,
      tasks.filter((task) => task instanceof GuestTask),
    );
  }

  deviceNodes(path: string): Promise<readonly DeviceNode[]> {
    return readDeviceNodes(this.#guest, path);
  }

  async run(ops: readonly HostOp[]): Promise<void> {
    if (ops.length > 0) await this.#guest.run(ops);
  }

  async #prepare(): Promise<void> {
    const [controllers = new Uint8Array()] = await this.#guest.run([
      { op: "read", path: "/sys/fs/cgroup/cgroup.controllers" },
    ]);
    this.#controllers = decodeUtf8(controllers);
    // As systemd does: what is mounted on the machine later is seen through binds that ask for it.
    const shareRoot: Op = { op: "mount", source: "", target: "/", type: "", flags: MS.REC | MS.SHARED };
    await this.#guest.run([shareRoot, ...parentCgroupOps(this.#controllers)]);
    this.#isReady = true;
  }

  /** Both requests go out at once; the agent answers them in order. */
  async #startAfter(before: readonly Op[], start: StartSpec): Promise<GuestProcess> {
    const prepared = this.#guest.run(before);
    const started = this.#guest.start(start);
    started.catch(() => undefined);
    await prepared;
    return started;
  }

  /** Gives back what the failed start has made, and says in runc's words what went wrong. */
  async #failed(request: TaskRequest, start: StartSpec, error: GuestError): Promise<Task> {
    const failure: StartFailure = {
      start,
      process: request.spec.process,
      error,
      verb: "start",
      root: request.rootfs.target,
    };
    const explained = await explainStartFailure(this.#guest, failure);
    const leftovers = new GuestTask({
      guest: this.#guest,
      request,
      process: endedProcess(explained.message, request.stdio),
    });
    if (explained.kind === "ended") return leftovers;
    await leftovers.delete([]);
    throw new EngineError(explained.exitCode === 128 ? "internal" : "invalid-argument", explained.message, {
      cause: error,
    });
  }

  async #readOr(path: string): Promise<Uint8Array> {
    const [content = new Uint8Array()] = await this.#guest
      .run([{ op: "read", path, optional: true }])
      .catch(() => [new Uint8Array()]);
    return content;
  }
}

import type { AgentStream } from "./agent-stream.ts";
import { deferred, type Deferred } from "../base/deferred.ts";
import { exitStatusOf, type ExitEvent } from "./events.ts";
import type { ExitStatus, GuestProcess, StartSpec } from "./guest.ts";
import type { WireStdio } from "./protocol.ts";
import type { RequestTable } from "./requests.ts";
import type { StreamTable } from "./streams.ts";

interface Streams {
  readonly wire: WireStdio;
  readonly all: readonly AgentStream[];
  readonly stdin: AgentStream | undefined;
  readonly stdout: AgentStream | undefined;
  readonly stderr: AgentStream | undefined;
}

/** Processes that were started and have not ended. */
export class ProcessTable {
  readonly #requests: RequestTable;
  readonly #streams: StreamTable;
  readonly #running = new Map<number, Deferred<ExitStatus>>();
  /** Exits that overtook the response of their START. Kept only while a START is under way. */
  readonly #early = new Map<number, ExitStatus>();
  #starting = 0;
  readonly #terminals = new WeakMap<GuestProcess, number>();

  constructor(requests: RequestTable, streams: StreamTable) {
    this.#requests = requests;
    this.#streams = streams;
  }

  get size(): number {
    return this.#running.size;
  }

  async start(spec: StartSpec): Promise<GuestProcess> {
    const streams = this.#openStreams(spec);
    const exit = deferred<ExitStatus>();
    // Who does not ask how it ended need not handle the guest's death.
    exit.promise.catch(() => undefined);
    this.#starting++;
    try {
      const pid = await this.#requests.call(
        "start",
        {
          joinPid: spec.join?.pid ?? 0,
          joinFlags: spec.join?.flags ?? 0,
          cloneFlags: spec.cloneFlags ?? 0,
          cgroup: spec.cgroup ?? "",
          parentOps: spec.parentOps ?? [],
          childOps: spec.childOps,
          stdio: streams.wire,
        },
        (pid) => this.#started(pid, exit),
      );
      return this.#process(pid, streams, exit.promise);
    } catch (error) {
      for (const stream of streams.all) stream.destroy(error as Error);
      throw error;
    } finally {
      this.#starting--;
      if (this.#starting === 0) this.#early.clear();
    }
  }

  /** The stream of a process on a pty; a snapshot keeps it. */
  terminalOf(process: GuestProcess): number {
    const stream = this.#terminals.get(process);
    if (stream === undefined) throw new TypeError(`process ${process.pid} has no terminal`);
    return stream;
  }

  /** A process on a pty that runs in a restored guest. */
  adopt(pid: number, streamId: number): GuestProcess {
    const stream = this.#streams.adopt({ id: streamId, terminal: true });
    const exit = deferred<ExitStatus>();
    exit.promise.catch(() => undefined);
    this.#running.set(pid, exit);
    const wire = { mode: "pty", stream: streamId, rows: 0, columns: 0 } as const;
    return this.#process(pid, { wire, all: [stream], stdin: stream, stdout: stream, stderr: undefined }, exit.promise);
  }

  /** An EXIT event came. Those of processes that this table did not start (before a restore) are ignored. */
  handleExit(event: ExitEvent): void {
    const status = exitStatusOf(event);
    const exit = this.#running.get(event.pid);
    if (exit !== undefined) {
      this.#running.delete(event.pid);
      exit.resolve(status);
    } else if (this.#starting > 0) {
      this.#early.set(event.pid, status);
    }
  }

  fail(error: Error): void {
    for (const exit of this.#running.values()) exit.reject(error);
    this.#running.clear();
  }

  #started(pid: number, exit: Deferred<ExitStatus>): void {
    const early = this.#early.get(pid);
    this.#early.delete(pid);
    if (early === undefined) this.#running.set(pid, exit);
    else exit.resolve(early);
  }

  #openStreams(spec: StartSpec): Streams {
    const { stdio } = spec;
    if (stdio.mode === "pty") {
      const stream = this.#streams.create({ terminal: true });
      const wire = { mode: "pty", stream: stream.id, rows: stdio.rows, columns: stdio.columns } as const;
      return { wire, all: [stream], stdin: stream, stdout: stream, stderr: undefined };
    }
    const stdin = stdio.stdin ? this.#streams.create({ readable: false }) : undefined;
    const stdout = stdio.stdout ? this.#streams.create({ writable: false }) : undefined;
    const stderr = stdio.stderr ? this.#streams.create({ writable: false }) : undefined;
    const wire = { mode: "pipes", stdin: stdin?.id ?? 0, stdout: stdout?.id ?? 0, stderr: stderr?.id ?? 0 } as const;
    return { wire, all: [stdin, stdout, stderr].filter((stream) => stream !== undefined), stdin, stdout, stderr };
  }

  #process(pid: number, streams: Streams, exited: Promise<ExitStatus>): GuestProcess {
    const process: GuestProcess = {
      pid,
      stdin: streams.stdin?.writable,
      stdout: streams.stdout?.readable,
      stderr: streams.stderr?.readable,
      exited,
      resize: async (rows, columns) => {
        if (streams.wire.mode !== "pty") throw new TypeError("only a process on a pty has a window size");
        await this.#requests.call("resize", { stream: streams.wire.stream, rows, columns });
      },
    };
    if (streams.wire.mode === "pty") this.#terminals.set(process, streams.wire.stream);
    return process;
  }
}

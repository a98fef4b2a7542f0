import { EngineError } from "../base/errors.ts";
import type { ByteStream } from "../base/streams.ts";
import type { SpecProcess, SpecResources } from "../oci/runtime-spec.ts";
import type {
  DeviceNode,
  ContainerProcess,
  HostOp,
  ProcessExit,
  ProcessInfo,
  Rootfs,
  Runtime,
  Task,
  TaskRequest,
  TaskStdio,
  UserDatabase,
} from "./runtime.ts";
import type { RuntimeStats, TaskStats } from "./task-stats.ts";
import { FakeMountSources } from "./fake-mount-sources.ts";
import { commandNotFound } from "./runc-errors.ts";

/** A program of the fake: it writes, reads, and returns its exit code. One that throws is lost with its machine. */
export type FakeProgram = (io: FakeProcessIo) => Promise<number>;

interface FakeProcessIo {
  readonly spec: SpecProcess;
  readonly stdin: ByteStream;
  readonly write: (text: string | Uint8Array, stream?: "stdout" | "stderr") => Promise<void>;
  /** Aborted when the process is killed. */
  readonly signal: AbortSignal;
}

/** Runs programs written in TypeScript instead of processes, and keeps what was asked of it. No kernel. */
export class FakeRuntime implements Runtime {
  readonly requests: TaskRequest[] = [];
  /** Every process that was started, in order. */
  readonly processes: FakeProcess[] = [];
  readonly execs: SpecProcess[] = [];
  /** Operations of networks and deletions, in order. */
  readonly ops: HostOp[][] = [];
  readonly deleted: string[] = [];
  readonly directories: string[] = [];
  readonly sources = new FakeMountSources();
  readonly updates: SpecResources[] = [];
  /** Devices of the fake's machine, by path. */
  readonly devices = new Map<string, DeviceNode>([
    ["/dev/null", { path: "/dev/null", type: "c", major: 1, minor: 3, fileMode: 0o666, uid: 0, gid: 0 }],
  ]);
  readonly programs: Map<string, FakeProgram>;
  userDatabase: UserDatabase = { passwd: "root:x:0:0:root:/root:/bin/sh\n", group: "root:x:0:\nwheel:x:10:root\n" };
  /** Ids of containers in which the kernel ran out of memory. */
  readonly outOfMemory = new Set<string>();
  /** How often anybody asked for counters. */
  looks = 0;
  #nextPid = 100;

  constructor(programs: Readonly<Record<string, FakeProgram>> = {}) {
    this.programs = new Map(Object.entries({ ...BUILT_IN, ...programs }));
  }

  async prepare(): Promise<void> {}

  async start(request: TaskRequest): Promise<Task> {
    this.requests.push(request);
    const process = this.#spawn(request.spec.process, request.stdio, "start");
    return new FakeTask(this, request.id, process);
  }

  async readUserDatabase(): Promise<UserDatabase> {
    return this.userDatabase;
  }

  async ensureDirectories(paths: readonly string[]): Promise<void> {
    this.directories.push(...paths);
  }

  withRootfs<T>(rootfs: Rootfs, work: (path: string) => Promise<T>): Promise<T> {
    return work(rootfs.target);
  }

  /** A task has used a millisecond and a page for each time it was looked at. */
  async stats(tasks: readonly Task[]): Promise<RuntimeStats> {
    this.looks += 1;
    return {
      machine: { cpuNs: this.looks * 1_000_000_000, onlineCpus: 1 },
      tasks: new Map(tasks.map(({ id }) => [id, fakeStats(this.looks)])),
    };
  }

  async deviceNodes(path: string): Promise<readonly DeviceNode[]> {
    const below = [...this.devices.values()].filter((node) => node.path === path || node.path.startsWith(`${path}/`));
    if (below.length === 0) throw new EngineError("not-found", "no such file or directory");
    return below;
  }

  async run(ops: readonly HostOp[]): Promise<void> {
    this.ops.push([...ops]);
  }

  spawnExec(spec: SpecProcess, stdio: TaskStdio): FakeProcess {
    this.execs.push(spec);
    return this.#spawn(spec, stdio, "exec");
  }

  #spawn(spec: SpecProcess, stdio: TaskStdio, verb: "start" | "exec"): FakeProcess {
    const name = spec.args[0] ?? "";
    const program = this.programs.get(name);
    if (program === undefined) throw new EngineError("invalid-argument", commandNotFound(name, verb));
    const process = new FakeProcess(this.#nextPid++, spec, stdio, program);
    this.processes.push(process);
    return process;
  }
}

function fakeStats(count: number): TaskStats {
  const counters = { rxBytes: count, rxPackets: count, rxErrors: 0, rxDropped: 0 };
  return {
    cpu: { usageNs: count * 1e6, userNs: count * 1e6, systemNs: 0, periods: 0, throttledPeriods: 0, throttledNs: 0 },
    memory: { usageBytes: count * 4096, counters: { anon: count * 4096 } },
    pids: { current: 1 },
    io: [],
    networks: new Map([["eth0", { ...counters, txBytes: count, txPackets: count, txErrors: 0, txDropped: 0 }]]),
  };
}

const BUILT_IN: Readonly<Record<string, FakeProgram>> = {
  true: async () => 0,
  false: async () => 1,
  echo: async ({ spec, write }) => {
    await write(`${spec.args.slice(1).join(" ")}\n`);
    return 0;
  },
  exit: async ({ spec }) => Number(spec.args[1]),
  cat: async ({ stdin, write }) => {
    const reader = stdin.getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return 0;
      await write(value);
    }
  },
  sleep: ({ signal }) => new Promise((resolve) => signal.addEventListener("abort", () => resolve(0), { once: true })),
};

class FakeProcess implements ContainerProcess {
  readonly pid: number;
  readonly name: string;
  readonly stdin: WritableStream<Uint8Array> | undefined;
  readonly stdout: ByteStream;
  readonly stderr: ByteStream | undefined;
  readonly exited: Promise<ProcessExit>;
  readonly sizes: (readonly [rows: number, columns: number])[] = [];
  readonly signals: number[] = [];
  #finish: (exit: ProcessExit) => void = () => undefined;
  readonly #abort = new AbortController();
  readonly #isDeaf: boolean;

  constructor(pid: number, spec: SpecProcess, stdio: TaskStdio, program: FakeProgram) {
    this.pid = pid;
    this.name = spec.args[0] ?? "";
    this.#isDeaf = spec.args.includes("--deaf");
    const input = new TransformStream<Uint8Array, Uint8Array>({}, { highWaterMark: 64 });
    const hasStdin = stdio.mode === "pty" || stdio.stdin;
    this.stdin = hasStdin ? input.writable : undefined;
    const out = new TransformStream<Uint8Array, Uint8Array>({}, { highWaterMark: 64 });
    const err = new TransformStream<Uint8Array, Uint8Array>({}, { highWaterMark: 64 });
    this.stdout = out.readable;
    this.stderr = stdio.mode === "pty" ? undefined : err.readable;
    const outWriter = out.writable.getWriter();
    const errWriter = err.writable.getWriter();
    let lose: (error: unknown) => void = () => undefined;
    const done = new Promise<ProcessExit>((resolve, reject) => {
      this.#finish = resolve;
      lose = reject;
    });
    const stdin = hasStdin
      ? input.readable
      : new ReadableStream<Uint8Array>({ start: (controller) => controller.close() });
    const write = async (data: string | Uint8Array, stream: "stdout" | "stderr" = "stdout"): Promise<void> => {
      const writer = stream === "stderr" && stdio.mode === "pipes" ? errWriter : outWriter;
      await writer.write(typeof data === "string" ? new TextEncoder().encode(data) : data);
    };
    void program({ spec, stdin, write, signal: this.#abort.signal }).then(
      (code) => this.#finish({ code, signal: undefined }),
      lose,
    );
    const close = (): Promise<unknown> => Promise.allSettled([outWriter.close(), errWriter.close()]);
    this.exited = done.then(
      (exit) => close().then(() => exit),
      (error: unknown) => close().then(() => Promise.reject(error)),
    );
    this.exited.catch(() => undefined);
  }

  /** SIGKILL ends every program, SIGTERM those that are not `--deaf`. */
  async kill(signal: number): Promise<void> {
    this.signals.push(signal);
    if (signal !== 9 && (signal !== 15 || this.#isDeaf)) return;
    this.#finish({ code: 128 + signal, signal });
    this.#abort.abort();
  }

  async resize(rows: number, columns: number): Promise<void> {
    this.sizes.push([rows, columns]);
  }
}

class FakeTask implements Task {
  readonly id: string;
  readonly pid: number;
  readonly stdin: WritableStream<Uint8Array> | undefined;
  readonly stdout: ByteStream;
  readonly stderr: ByteStream | undefined;
  readonly exited: Promise<ProcessExit>;
  readonly process: FakeProcess;
  readonly #runtime: FakeRuntime;

  constructor(runtime: FakeRuntime, id: string, process: FakeProcess) {
    this.#runtime = runtime;
    this.id = id;
    this.process = process;
    this.pid = process.pid;
    this.stdin = process.stdin;
    this.stdout = process.stdout;
    this.stderr = process.stderr;
    this.exited = process.exited;
  }

  kill(signal: number): Promise<void> {
    return this.process.kill(signal);
  }

  resize(rows: number, columns: number): Promise<void> {
    return this.process.resize(rows, columns);
  }

  async exec({ process, stdio }: { process: SpecProcess; stdio: TaskStdio }): Promise<ContainerProcess> {
    return this.#runtime.spawnExec(process, stdio);
  }

  async pause(): Promise<void> {}

  async resume(): Promise<void> {}

  async update(resources: SpecResources): Promise<void> {
    this.#runtime.updates.push(resources);
  }

  async oomKilled(): Promise<boolean> {
    return this.#runtime.outOfMemory.has(this.id);
  }

  async processes(): Promise<readonly ProcessInfo[]> {
    return [
      {
        pid: this.pid,
        parentPid: 1,
        uid: 0,
        name: this.process.name,
        state: "S",
        command: this.process.name,
        terminal: "?",
        cpuMs: 1000,
        startedMs: 0,
        virtualBytes: 1 << 20,
        residentBytes: 4096,
      },
    ];
  }

  readUserDatabase(): Promise<UserDatabase> {
    return this.#runtime.readUserDatabase();
  }

  async delete(networkOps: readonly HostOp[]): Promise<void> {
    this.#runtime.deleted.push(this.id);
    this.#runtime.ops.push([...networkOps]);
  }
}

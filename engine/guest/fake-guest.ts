import { EngineError } from "../base/errors.ts";
import { chunksOf, collect, streamFrom, streamOf, type ByteStream } from "../base/streams.ts";
import { deferred } from "../base/deferred.ts";
import { ERRNO } from "./errno.ts";
import { FakeFiles, guestError } from "./fake-files.ts";
import { performOp, readFile, writeFile } from "./fake-ops.ts";
import { FakePipe } from "./fake-pipe.ts";
import { ScriptedProcess, type FakeOutcome, type FakeScript } from "./fake-process.ts";
import { readFakeTree, writeFakeTree } from "./fake-tree.ts";
import { SerialConsole } from "./guest-console.ts";
import {
  GuestError,
  type ConnectTarget,
  type ConnectionPeer,
  type Duplex,
  type Guest,
  type GuestDeath,
  type GuestListener,
  type GuestProcess,
  type StartSpec,
} from "./guest.ts";
import type { Op } from "./ops.ts";

/** Answers an op in the fake's stead, or throws a GuestError; undefined lets the fake do it. */
export type FakeOpHandler = (op: Op, phase: GuestError["phase"]) => Uint8Array | undefined | void;

type Accept = (connection: Duplex, peer: ConnectionPeer) => void;

/** Ends of a connection: the engine's, and the one in the fake guest. */
interface Connection {
  readonly engine: Duplex;
  readonly guest: Duplex;
  readonly pipes: readonly FakePipe[];
}

/**
 * A guest without a kernel, for the tests of what is built on {@link Guest}. It keeps files in memory, records every op, runs
 * scripts as processes, and counts what is open. Mounts, namespaces and the like succeed without effect.
 */
export class FakeGuest implements Guest {
  readonly kernelRelease = "6.12.0-fake";
  readonly console = new SerialConsole();
  readonly died: Promise<GuestDeath>;
  readonly files = new FakeFiles();
  /** Every op that was run, by `run` or as a parent op, in order. */
  readonly ops: Op[] = [];
  /** Every process that was started, in order. */
  readonly processes: ScriptedProcess[] = [];
  /** Every signal that was sent. */
  readonly kills: { readonly pid: number; readonly signal: number }[] = [];

  readonly #death = deferred<GuestDeath>();
  readonly #connections = new Set<Connection>();
  readonly #servers = new Map<string, (connection: Duplex) => void>();
  readonly #listeners = new Map<string, Accept>();
  #script: FakeScript = () => ({});
  #opHandler: FakeOpHandler = () => undefined;
  #error: EngineError | undefined;
  #nextPid = 100;
  readonly #reserved = new Map<number, (connection: Duplex) => void>();
  #nextListener = 0x80000000;

  constructor() {
    this.died = this.#death.promise;
  }

  /** What processes do from now on. The default exits with 0 at once. */
  onStart(script: FakeScript): void {
    this.#script = script;
  }

  /** Intercepts ops: to fail one, or to answer what the fake cannot. */
  onOp(handler: FakeOpHandler): void {
    this.#opHandler = handler;
  }

  /** Answers connections to a unix path, or to `tcp:ADDRESS:PORT`. */
  serve(address: string, handler: (connection: Duplex) => void): void {
    this.#servers.set(address, handler);
  }

  /** Connects, from inside the guest, to a socket that the engine listens on. */
  dial(path: string, peer: ConnectionPeer = { pid: 1, uid: 0 }): Duplex {
    const accept = this.#listeners.get(path);
    if (accept === undefined) throw guestError(ERRNO.ECONNREFUSED, `connect(${path})`);
    const connection = this.#connect();
    accept(connection.engine, peer);
    return connection.guest;
  }

  /** The running process with this pid. */
  process(pid: number): ScriptedProcess {
    const process = this.processes.find((candidate) => candidate.pid === pid && !candidate.over);
    if (process === undefined) throw guestError(ERRNO.ESRCH, `kill(${pid})`);
    return process;
  }

  /** Ends a process as if it had called exit. */
  exit(pid: number, outcome: FakeOutcome = {}): void {
    this.process(pid).finish(outcome);
  }

  /** What the engine has not let go of: running processes, output not read to its end, connections. */
  get openHandles(): { processes: number; outputs: number; connections: number } {
    for (const connection of this.#connections)
      if (connection.pipes.every((pipe) => pipe.ended)) this.#connections.delete(connection);
    return {
      processes: this.processes.filter((process) => !process.over).length,
      outputs: this.processes.reduce((sum, process) => sum + process.openPipes, 0),
      connections: this.#connections.size,
    };
  }

  /** The guest dies, as in a kernel panic. */
  die(death: GuestDeath = { reason: "panic", detail: "Kernel panic - not syncing: fake" }): void {
    if (this.#error !== undefined) return;
    this.#error = new EngineError("unavailable", `the virtual machine is not running: ${death.detail}`);
    for (const process of this.processes) process.destroy(this.#error);
    for (const { pipes } of this.#connections) for (const pipe of pipes) pipe.destroy(this.#error);
    this.#death.resolve(death);
  }

  async run(ops: readonly Op[]): Promise<Uint8Array[]> {
    return this.#turn(() => ops.map((op, index) => this.#perform(op, index, "request")));
  }

  async start(spec: StartSpec): Promise<GuestProcess> {
    return this.#turn(() => {
      if (spec.childOps.at(-1)?.op !== "exec")
        throw new GuestError({ errno: ERRNO.EINVAL, phase: "child", opIndex: spec.childOps.length, detail: "no exec" });
      spec.parentOps?.forEach((op, index) => this.#perform(op, index, "parent"));
      spec.childOps.forEach((op, index) => this.#intercept(op, index, "child"));
      const process = new ScriptedProcess(this.#nextPid++, spec);
      const outcome = this.#script(process);
      this.processes.push(process);
      void this.#finish(process, outcome);
      return process.handle();
    });
  }

  async kill(pid: number, signal: number): Promise<void> {
    await this.#turn(() => {
      this.process(pid).deliver(signal);
      this.kills.push({ pid, signal });
    });
  }

  async connect(target: ConnectTarget, options: { signal?: AbortSignal } = {}): Promise<Duplex> {
    const address = target.family === "unix" ? target.path : `tcp:${target.address}:${target.port}`;
    return this.#turn(() => {
      options.signal?.throwIfAborted();
      const server = this.#servers.get(address);
      if (server === undefined) throw guestError(ERRNO.ECONNREFUSED, `connect(${address})`);
      const connection = this.#connect();
      server(connection.guest);
      return connection.engine;
    });
  }

  async listen(path: string, _options: { mode: number }, accept: Accept): Promise<void> {
    await this.#turn(() => this.#listeners.set(path, accept));
  }

  reserveListener(accept: (connection: Duplex) => void): GuestListener {
    const id = this.#nextListener++;
    this.#reserved.set(id, accept);
    return { id, [Symbol.dispose]: () => void this.#reserved.delete(id) };
  }

  /** Something arrives at a socket of a `listen` op. */
  arrive(listener: number): Duplex {
    const accept = this.#reserved.get(listener);
    if (accept === undefined) throw guestError(ERRNO.ECONNREFUSED, `listener ${listener}`);
    const connection = this.#connect();
    accept(connection.engine);
    return connection.guest;
  }

  async readFile(
    path: string,
    options: { root?: string; offset?: number; length?: number } = {},
  ): Promise<{ size: number; body: ByteStream }> {
    const { offset = 0, length = 0, root } = options;
    return this.#turn(() => {
      const content = readFile(this.files, this.files.resolve(path, { follow: true, root }));
      return {
        size: content.length,
        body: streamOf(content.slice(offset, length === 0 ? undefined : offset + length)),
      };
    });
  }

  async writeFile(
    path: string,
    body: ByteStream,
    options: { root?: string; flags?: number; mode?: number } = {},
  ): Promise<void> {
    const content = await collect(body);
    await this.#turn(() =>
      writeFile(this.files, this.files.resolve(path, { follow: true, root: options.root }), content, options),
    );
  }

  async readTree(path: string, options: { root?: string; flags?: number } = {}): Promise<ByteStream> {
    return this.#turn(() =>
      readFakeTree(this.files, this.files.resolve(path, { follow: false, root: options.root }), options.flags ?? 0),
    );
  }

  async writeTree(path: string, records: ByteStream, options: { root?: string; flags?: number } = {}): Promise<void> {
    const top = await this.#turn(() => this.files.resolve(path, { follow: true, root: options.root }));
    await writeFakeTree(this.files, top, streamFrom(chunksOf(records)), options.flags ?? 0);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.die({ reason: "disposed", detail: "the guest was shut down" });
  }

  /** As late as an answer over a link: never in the caller's own turn. */
  async #turn<T>(work: () => T): Promise<T> {
    await Promise.resolve();
    if (this.#error !== undefined) throw this.#error;
    return work();
  }

  #perform(op: Op, index: number, phase: GuestError["phase"]): Uint8Array {
    this.ops.push(op);
    const answer = this.#intercept(op, index, phase);
    return answer ?? atOp(index, phase, () => performOp(this.files, op));
  }

  #intercept(op: Op, index: number, phase: GuestError["phase"]): Uint8Array | void {
    return atOp(index, phase, () => this.#opHandler(op, phase));
  }

  async #finish(process: ScriptedProcess, outcome: ReturnType<FakeScript>): Promise<void> {
    try {
      process.finish((await outcome) ?? {});
    } catch (error) {
      // A script whose output nobody reads dies as a program would.
      process.finish(
        error instanceof GuestError && error.errno === ERRNO.EPIPE
          ? { signal: 13 }
          : { exit: 255, stderr: String(error) },
      );
    }
  }

  #connect(): Connection {
    const reset = (): Error => guestError(ERRNO.EPIPE, "write");
    const [up, down] = [new FakePipe(reset), new FakePipe(reset)];
    const connection = {
      engine: { readable: down.readable, writable: up.writable },
      guest: { readable: up.readable, writable: down.writable },
      pipes: [up, down],
    };
    this.#connections.add(connection);
    return connection;
  }
}

/** GuestErrors of the ops themselves do not know where they stand in the list. */
function atOp<T>(opIndex: number, phase: GuestError["phase"], work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof GuestError)) throw error;
    throw new GuestError({ errno: error.errno, phase, opIndex, detail: error.message });
  }
}

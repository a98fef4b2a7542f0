/**
 * The port to Linux. Everything above `guest/` sees the booted kernel only through this interface, and passes its tests on
 * `FakeGuest`, with no kernel. The wire form is described in `kernel-image/agent/PROTOCOL.md`.
 */
import type { ByteStream } from "../base/streams.ts";
import type { Op } from "./ops.ts";

/** A booted Linux with its agent. */
export interface Guest extends AsyncDisposable {
  /** `uname -r` of the running kernel. */
  readonly kernelRelease: string;
  /**
   * Runs operations in the agent, in order, in one round trip. Answers one item per op (empty bytes where it has no result).
   * @throws GuestError of the first op that failed; the ones before it have happened.
   */
  run(ops: readonly Op[]): Promise<Uint8Array[]>;
  /** Starts a process; resolves when its `exec` has happened. @throws GuestError */
  start(spec: StartSpec): Promise<GuestProcess>;
  /** `kill(2)` on a process of the guest's root pid namespace. */
  kill(pid: number, signal: number): Promise<void>;
  /** A connection to a socket in the guest. @throws GuestError with ECONNREFUSED and the like. */
  connect(target: ConnectTarget, options?: { signal?: AbortSignal }): Promise<Duplex>;
  /** Listens on a unix socket in the guest, replacing a stale one; `accept` is called for every connection. It must not throw. */
  listen(
    path: string,
    options: { mode: number },
    accept: (connection: Duplex, peer: ConnectionPeer) => void,
  ): Promise<void>;
  /**
   * An id for `listen` ops: whatever arrives at their sockets comes to `accept`, a connection as it is, a datagram as a connection
   * that carries it and whose answer goes back to the sender. It must not throw. Free it when its `unlisten` was run.
   */
  reserveListener(accept: (connection: Duplex) => void): GuestListener;
  /** A file's content (`root`: resolve `path` inside that directory, symlinks included). */
  readFile(
    path: string,
    options?: { root?: string; offset?: number; length?: number },
  ): Promise<{ size: number; body: ByteStream }>;
  /** Writes a file; resolves when all of it is written. */
  writeFile(path: string, body: ByteStream, options?: { root?: string; flags?: number; mode?: number }): Promise<void>;
  /** Streams tree records (`guest/tree.ts` decodes them) of a directory or file. */
  readTree(path: string, options?: { root?: string; flags?: number }): Promise<ByteStream>;
  writeTree(path: string, records: ByteStream, options?: { root?: string; flags?: number }): Promise<void>;
  /** The kernel's console since boot (bounded), newest last; and every later line. */
  readonly console: GuestConsole;
  /** Resolves (never rejects) when the guest has died: kernel panic, agent gone, emulator crash, or disposed. */
  readonly died: Promise<GuestDeath>;
}

/** The kernel's console. */
export interface GuestConsole {
  text(): string;
  subscribe(listener: (text: string) => void): Disposable;
}

/** Why a guest is no more; `detail` is for a person. */
export interface GuestDeath {
  readonly reason: "panic" | "emulator" | "link" | "disposed";
  readonly detail: string;
}

/** Who connected to a socket in the guest (SO_PEERCRED, in the guest's root namespaces). */
export interface ConnectionPeer {
  readonly pid: number;
  readonly uid: number;
}

/** An id that `listen` ops may name, until it is freed. */
export interface GuestListener extends Disposable {
  readonly id: number;
}

/** Two byte flows. Closing `writable` is a half close; `readable` ends when the peer closes. */
export interface Duplex {
  readonly readable: ByteStream;
  readonly writable: WritableStream<Uint8Array>;
}

/** A socket in the guest; `netnsPid`: in the network namespace of that process. */
export type ConnectTarget =
  | { readonly family: "unix"; readonly path: string; readonly netnsPid?: number }
  | { readonly family: "tcp"; readonly address: string; readonly port: number; readonly netnsPid?: number };

/** How a process is started. */
export interface StartSpec {
  /** Enter these namespaces of that process first. */
  readonly join?: { readonly pid: number; readonly flags: number };
  /** CLONE_NEW* flags of the new process. */
  readonly cloneFlags?: number;
  /** Absolute cgroup directory to be born in. */
  readonly cgroup?: string;
  /** Run by the agent once the child exists and its pid is known. */
  readonly parentOps?: readonly Op[];
  /** Run by the child; the last one is `exec`. */
  readonly childOps: readonly Op[];
  readonly stdio: Stdio;
}

/** Standard streams: pipes (false is /dev/null), or one pty for all three; then a `tty` op must be among the child ops. */
export type Stdio =
  | { readonly mode: "pipes"; readonly stdin: boolean; readonly stdout: boolean; readonly stderr: boolean }
  | { readonly mode: "pty"; readonly rows: number; readonly columns: number };

/** A process that was started. */
export interface GuestProcess {
  /** Its pid in the guest's root pid namespace. */
  readonly pid: number;
  /** pty: keyboard. pipes: stdin, absent when not asked for. Rejects with EPIPE once nobody reads. */
  readonly stdin: WritableStream<Uint8Array> | undefined;
  /** pty: screen. Ends when the process and whoever inherited the descriptor have closed it. Must be read (or cancelled). */
  readonly stdout: ByteStream | undefined;
  readonly stderr: ByteStream | undefined;
  /** Rejects with an EngineError("unavailable") when the guest dies first; nobody need handle that. */
  readonly exited: Promise<ExitStatus>;
  /** pty only. */
  resize(rows: number, columns: number): Promise<void>;
}

/** How a process ended, and the processor time it took. */
export interface ExitStatus {
  /** Exit code; 128 + signal for a death by signal. */
  readonly code: number;
  readonly signal: number | undefined;
  readonly userUs: number;
  readonly systemUs: number;
}

/** A system call failed in the guest. */
export class GuestError extends Error {
  /** Linux errno (positive). */
  readonly errno: number;
  readonly phase: "request" | "parent" | "child";
  /** Index of the failing op in its list. */
  readonly opIndex: number;

  constructor(fields: { errno: number; phase: GuestError["phase"]; opIndex: number; detail: string }) {
    super(fields.detail);
    this.name = "GuestError";
    this.errno = fields.errno;
    this.phase = fields.phase;
    this.opIndex = fields.opIndex;
  }
}

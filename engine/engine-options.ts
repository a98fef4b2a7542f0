import type { EngineFetch } from "./api/app.ts";
import type { ByteStream } from "./base/streams.ts";
import type { Trace } from "./base/trace.ts";
import type { Storage } from "./content/browser-storage.ts";
import type { Duplex, GuestConsole, GuestDeath } from "./guest/guest.ts";
import type { PublishedPort } from "./network/network.ts";
import type { PortClient } from "./preview/port-client.ts";

export type { Storage };

/** A booted guest and the Docker engine that drives it. */
export interface Engine extends AsyncDisposable {
  /** The Docker Engine API. */
  readonly fetch: EngineFetch;
  /** A login shell on a pty of the guest. */
  openTerminal(size: { rows: number; columns: number }): Promise<Terminal>;
  /** Runs a command line in a shell of its own, without a terminal. @throws GuestError when it cannot be started */
  runCommand(request: CommandRequest): Promise<CommandRun>;
  /** Resolves (never rejects) when the guest has died; the stores stay valid, a new engine can be made on them. */
  readonly died: Promise<GuestDeath>;
  readonly console: GuestConsole;
  readonly trace: Trace;
  /** The ports of the machine that lead to containers. */
  readonly ports: {
    list(): readonly PublishedPort[];
    /** Told after each change. */
    subscribe(listener: () => void): Disposable;
    /** A TCP connection to a port of the machine. */
    connect(address: string, port: number): Promise<Duplex>;
    /** HTTP and WebSockets to a published port, and to nothing else: what a preview of it is given. */
    client(port: number): PortClient;
  };
  /** How this engine came up. */
  readonly boot: { readonly from: "snapshot" | "cold"; readonly milliseconds: number };
}

export interface Terminal {
  readonly output: ByteStream;
  readonly input: WritableStream<Uint8Array>;
  readonly exited: Promise<{ readonly code: number }>;
  resize(rows: number, columns: number): Promise<void>;
  /** Hangs up: the shell gets SIGHUP. */
  close(): Promise<void>;
}

/** A command line for the guest's shell. */
export interface CommandRequest {
  readonly command: string;
  /** Absolute; the home directory when left out. */
  readonly directory?: string;
  /** Beside the shell's own, or in its place. */
  readonly environment?: Readonly<Record<string, string>>;
}

/** A command that runs. */
export interface CommandRun {
  /** What it says on either stream, in the order in which it says it. Must be read or cancelled. */
  readonly output: ByteStream;
  /** 128 + signal for a death by signal. */
  readonly exited: Promise<{ readonly code: number }>;
  /** Kills it (SIGKILL) with everything it has started. */
  kill(): Promise<void>;
}

export interface EngineOptions {
  /** Where artifacts (`guest/…`) and the static registry (`v2/…`) are served, for example the page's own base URL. Node hands in a file reader. */
  readonly assets: AssetSource;
  /** Owned by the engine from now on. May still be opening: the machine comes up meanwhile. */
  readonly storage: Storage | Promise<Storage>;
  /**
   * Which workspace of this storage is at `/root/workspace`; `default` when left out. A playground document has one of its own, named
   * after its content: `[a-z0-9-]+`.
   */
  readonly workspace?: string;
  readonly onProgress?: (progress: BootProgress) => void;
  /** Boot from the kernel even when a snapshot fits. */
  readonly coldBoot?: boolean;
  readonly memoryBytes?: number;
  readonly registries?: {
    /** Base URLs that are asked for images of docker.io before the page's own registry, as dockerd's `--registry-mirror`. */
    readonly mirrors?: readonly string[];
    /** `host:port`, or ranges of addresses, that may be asked without TLS, as dockerd's `--insecure-registry`. */
    readonly insecure?: readonly string[];
  };
  /** The log driver of containers that name none, as dockerd's `--log-driver` and `--log-opt`; `json-file` unless given. */
  readonly log?: { readonly driver: string; readonly options: Readonly<Record<string, string>> };
  readonly signal?: AbortSignal;
}

/** Reads the files that are published with the page. */
export interface AssetSource {
  /** Whole content of `path` (relative, for example `guest/bzImage`). @throws EngineError not-found | unavailable naming the file */
  read(
    path: string,
    options?: { onProgress?: (loadedBytes: number, totalBytes: number | undefined) => void; signal?: AbortSignal },
  ): Promise<Uint8Array<ArrayBuffer>>;
  /** The compiled emulator (`v86.wasm`). */
  emulator(): Promise<WebAssembly.Module>;
  /** `fetch` for registries; the page's own registry is at `v2/`, relative. */
  fetch(url: string, init?: RequestInit): Promise<Response>;
}

export type BootStep = "storage" | "emulator" | "snapshot" | "kernel" | "boot" | "engine" | "shell" | "ready";

export interface BootProgress {
  readonly step: BootStep;
  readonly loadedBytes?: number;
  readonly totalBytes?: number;
  /** One line for a person. */
  readonly detail?: string;
}

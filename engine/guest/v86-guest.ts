import { V86 } from "v86";
import { EngineError, messageOf } from "../base/errors.ts";
import { systemClock, type Clock } from "../base/clock.ts";
import { AgentClient, type LinkState, type ParkedShell } from "./agent-client.ts";
import type { LogEvent } from "./events.ts";
import type { Guest } from "./guest.ts";
import { SerialConsole, watchForPanic } from "./guest-console.ts";
import type { NinePServer } from "./nine-p.ts";
import { decodeSnapshot, encodeSnapshot } from "./snapshot-format.ts";
import { createMachine, type BootFiles, type Emulator, type EmulatorCode, type Machine } from "./v86-machine.ts";

interface CommonOptions {
  /** v86.wasm. */
  readonly emulator: EmulatorCode | Promise<EmulatorCode>;
  /** Default 256 MiB. */
  readonly memoryBytes?: number;
  /** Serves the device `host9p`. */
  readonly ninePServer: NinePServer;
  /** Serves the device `workspace`. */
  readonly workspaceServer?: Pick<NinePServer, "handle">;
  readonly clock?: Clock;
  /** Cryptographic randomness, for the guest's own generator. */
  readonly randomBytes?: (count: number) => Uint8Array;
  /** Lines of the agent's log; they also appear on the console. */
  readonly onLog?: (event: LogEvent) => void;
  /** Ethernet frames that the guest's NIC sends. */
  readonly onFrame?: (frame: Uint8Array) => void;
  /** Text of the kernel's console as it comes, for progress. */
  readonly onConsole?: (text: string) => void;
  /** Gives the start up; of no effect once the guest is there. */
  readonly signal?: AbortSignal;
}

/** The files a guest is booted from, and what all starts need. */
export interface BootGuestOptions extends CommonOptions {
  readonly bios: Uint8Array;
  readonly vgaBios: Uint8Array;
  readonly bzImage: Uint8Array;
  readonly initramfs: Uint8Array;
  readonly commandLine?: string;
}

/** What all starts need. */
export interface RestoreGuestOptions extends CommonOptions {
  /** What the snapshot must have been made with; see `snapshot-format.ts`. Not checked when absent. */
  readonly fingerprint?: string;
}

/** A guest that runs in v86. */
export interface V86Guest extends Guest {
  /** Echo of the agent: the round trip of the link. */
  ping(bytes?: Uint8Array): Promise<Uint8Array>;
  /** What the guest holds for the engine: streams that are open, processes that run. */
  readonly openHandles: { readonly streams: number; readonly processes: number };
  /** Hands an Ethernet frame to the guest's NIC. */
  sendFrame(frame: Uint8Array): void;
  /**
   * The whole machine, with what its page cache holds, as bytes for `restoreGuest`; the guest goes on. No process's streams and no
   * connection may be open: nobody would be at their other end.
   * @throws EngineError("conflict") when there are, or when the guest does not come to rest
   */
  saveSnapshot(options?: SnapshotOptions): Promise<Uint8Array<ArrayBuffer>>;
  /** The shell that came with the snapshot: once, undefined afterwards. */
  takeParkedShell(): ParkedShell | undefined;
}

export interface SnapshotOptions {
  readonly fingerprint?: string;
  /** A shell to be found again after a restore: all it said was read, nothing was written to it. */
  readonly parked?: ParkedShell;
}

/** Enough for a few containers; a snapshot only fits its own size. */
export const DEFAULT_MEMORY_BYTES = 256 << 20;

/**
 * The kernel's log goes to the serial console, which a cold boot shows; free pages are zero, so that a snapshot has few. What else our kernel wants to be
 * told is compiled in (`kernel-image/kernel/drydock.config`).
 */
export const DEFAULT_COMMAND_LINE = "console=ttyS0 init_on_free=1";

const BOOT_TIMEOUT_MS = 60_000;
const RESUME_TIMEOUT_MS = 10_000;
const REST_TIMEOUT_MS = 10_000;
const CONSOLE_EXCERPT = 2000;
const ENTROPY_BYTES = 64;

/**
 * Boots Linux; resolves when the agent is up.
 * @throws EngineError("unavailable") when it does not come up, with the end of the kernel's console
 */
export async function bootGuest(options: BootGuestOptions): Promise<V86Guest> {
  const {
    bios,
    vgaBios,
    bzImage,
    initramfs,
    commandLine = DEFAULT_COMMAND_LINE,
    memoryBytes = DEFAULT_MEMORY_BYTES,
  } = options;
  const shell = await createShell(options, memoryBytes, { bios, vgaBios, bzImage, initramfs, commandLine });
  const guest = shell.inhabit();
  await guest.bootUp();
  return guest;
}

/**
 * Goes on from a snapshot, with the right time and fresh entropy. The machine is made while the snapshot still loads.
 * @throws EngineError("conflict") when the snapshot is of another build, "unavailable" when the guest does not answer; then boot
 */
export async function restoreGuest(
  snapshot: Uint8Array<ArrayBuffer> | Promise<Uint8Array<ArrayBuffer>>,
  options: RestoreGuestOptions,
): Promise<V86Guest> {
  const { memoryBytes = DEFAULT_MEMORY_BYTES } = options;
  const loading = Promise.resolve(snapshot).then(decodeSnapshot);
  loading.catch(() => undefined);
  const shell = await createShell(options, memoryBytes);
  try {
    const { info, ninePState, machineState } = await loading;
    const made = `${info.fingerprint} with ${info.memoryBytes} bytes`;
    const wanted = `${options.fingerprint ?? info.fingerprint} with ${memoryBytes} bytes`;
    if (made !== wanted) throw new EngineError("conflict", `the snapshot was made for ${made}; this is ${wanted}`);
    options.ninePServer.restoreState(ninePState);
    shell.machine.restore(machineState);
    shell.machine.port.number = info.linkPort;
    const guest = shell.inhabit(info.link);
    await guest.resume();
    return guest;
  } catch (error) {
    await shell.machine.destroy();
    throw error;
  }
}

/** A machine in which no guest runs yet, with all that hears of it. */
interface Shell {
  readonly machine: Machine;
  inhabit(resume?: LinkState): MachineGuest;
}

async function createShell(options: CommonOptions, memoryBytes: number, boot?: BootFiles): Promise<Shell> {
  const console = new SerialConsole();
  if (options.onConsole !== undefined) console.subscribe(options.onConsole);
  let guest: MachineGuest | undefined;
  const machine = await createMachine({
    createEmulator: (settings) => new V86(settings) as unknown as Emulator,
    code: await options.emulator,
    memoryBytes,
    ninePServer: options.ninePServer,
    workspaceServer: options.workspaceServer,
    boot,
    onSerial: (byte) => console.write(byte),
    onCrash: (error) => void guest?.die({ reason: "emulator", detail: `the emulator failed: ${messageOf(error)}` }),
    onFrame: options.onFrame,
  });
  return {
    machine,
    inhabit: (resume) => (guest = new MachineGuest({ ...options, memoryBytes, machine, console, resume })),
  };
}

type MachineGuestOptions = CommonOptions & {
  readonly memoryBytes: number;
  readonly machine: Machine;
  readonly console: SerialConsole;
  readonly resume: LinkState | undefined;
};

class MachineGuest extends AgentClient implements V86Guest {
  readonly #options: MachineGuestOptions;
  readonly #machine: Machine;
  readonly #clock: Clock;

  constructor(options: MachineGuestOptions) {
    const { machine, console } = options;
    super({
      port: machine.port,
      console,
      resume: options.resume,
      onLog: (event) => {
        console.append(`agent: ${event.text}\n`);
        options.onLog?.(event);
      },
      onDeath: () => machine.destroy(),
    });
    this.#options = options;
    this.#machine = machine;
    this.#clock = options.clock ?? systemClock;
    watchForPanic(console, (detail) => void this.die({ reason: "panic", detail }));
  }

  /** Runs a machine that boots until the agent is up. */
  async bootUp(): Promise<void> {
    this.#machine.run();
    await this.#within(BOOT_TIMEOUT_MS, this.ready);
  }

  /** Runs a machine that was restored. */
  async resume(): Promise<void> {
    this.#machine.run();
    const random = this.#options.randomBytes ?? cryptoBytes;
    await this.#within(RESUME_TIMEOUT_MS, this.restored(this.#clock.now(), random(ENTROPY_BYTES)));
  }

  sendFrame(frame: Uint8Array): void {
    this.#machine.sendFrame(frame);
  }

  async saveSnapshot(options: SnapshotOptions = {}): Promise<Uint8Array<ArrayBuffer>> {
    if (this.openHandles.streams > (options.parked ? 1 : 0))
      throw new EngineError("conflict", `${this.openHandles.streams} streams of the guest are open`);
    await this.#rest();
    try {
      const machineState = await this.#machine.save();
      return await encodeSnapshot({
        info: {
          fingerprint: options.fingerprint ?? "",
          memoryBytes: this.#options.memoryBytes,
          linkPort: this.#machine.port.number,
          link: this.linkState(options.parked),
        },
        ninePState: this.#options.ninePServer.saveState(),
        machineState,
      });
    } finally {
      this.#machine.run();
    }
  }

  /** Gives the guest up when it takes too long, or when the caller does. */
  async #within(timeoutMs: number, work: Promise<void>): Promise<void> {
    const over = new AbortController();
    const abort = (): void => void this.die({ reason: "disposed", detail: "the start was cancelled" });
    this.#options.signal?.addEventListener("abort", abort, { once: true, signal: over.signal });
    if (this.#options.signal?.aborted) abort();
    const late = async (): Promise<void> => {
      await this.#clock.sleep(timeoutMs, { signal: over.signal });
      const end = this.console.text().slice(-CONSOLE_EXCERPT);
      await this.die({
        reason: "link",
        detail: `its agent said nothing for ${timeoutMs / 1000} s. The end of its console:\n${end}`,
      });
    };
    late().catch(() => undefined);
    try {
      await work;
    } finally {
      over.abort();
    }
  }

  /** Stops the machine at a moment when nothing is on its way in or out. */
  async #rest(): Promise<void> {
    const deadline = this.#clock.monotonic() + REST_TIMEOUT_MS;
    const quiet = (): boolean => this.idle && this.#machine.ninePPending === 0;
    for (;;) {
      if (quiet()) {
        await this.#machine.stop();
        if (quiet()) return;
        this.#machine.run();
      }
      if (this.#clock.monotonic() > deadline) {
        throw new EngineError(
          "conflict",
          `the guest does not come to rest: ${this.#machine.ninePPending} file requests are under way`,
        );
      }
      await this.#clock.sleep(5);
    }
  }
}

function cryptoBytes(count: number): Uint8Array {
  return crypto.getRandomValues(new Uint8Array(count));
}

/**
 * The emulated PC: v86 behind a few functions. Of v86's documented interface this uses little; what it needs of the inside
 * (the scheduler and the CPU, which v86's release build leaves under their own names) is named in {@link Internals}.
 */
import { EngineError } from "../base/errors.ts";
import type { NinePServer } from "./nine-p.ts";
import { addNinePDevice, type NinePMachine } from "./v86-nine-p-device.ts";
import { createLinkPort, makeLinkPortPlain, type MachinePort, type VirtioConsole } from "./v86-ports.ts";
import { installYield, type Scheduler } from "./v86-yield.ts";

/** v86.wasm, compiled or not. */
export type EmulatorCode = WebAssembly.Module | Uint8Array<ArrayBuffer>;

/** What is only needed to boot, not to restore. */
export interface BootFiles {
  readonly bios: Uint8Array;
  readonly vgaBios: Uint8Array;
  readonly bzImage: Uint8Array;
  readonly initramfs: Uint8Array;
  readonly commandLine: string;
}

/** What a machine is made of. */
export interface MachineOptions {
  /** `(settings) => new V86(settings)`. */
  readonly createEmulator: (settings: object) => Emulator;
  readonly code: EmulatorCode;
  readonly memoryBytes: number;
  readonly ninePServer: NinePServer;
  /** Serves the second 9p device, which is there in any case; without it nothing there is answered. */
  readonly workspaceServer?: Pick<NinePServer, "handle"> | undefined;
  /** Absent for a machine that will be restored. */
  readonly boot?: BootFiles;
  /** A byte of the serial console. */
  readonly onSerial: (byte: number) => void;
  /** The emulator threw. It does not go on. */
  readonly onCrash: (error: unknown) => void;
  /** An Ethernet frame left the guest. */
  readonly onFrame?: (frame: Uint8Array) => void;
}

/** One emulated PC. */
export interface Machine {
  readonly port: MachinePort;
  /** 9p requests that were not answered yet. */
  readonly ninePPending: number;
  /** Replaces the state of a machine that never ran. */
  restore(state: ArrayBuffer): void;
  run(): void;
  /** Resolves when no guest instruction will run any more until `run`. */
  stop(): Promise<void>;
  /** The whole state; the machine must have stopped. */
  save(): Promise<ArrayBuffer>;
  /** Hands an Ethernet frame to the guest's NIC; dropped when the guest has no buffer for it. */
  sendFrame(frame: Uint8Array): void;
  destroy(): Promise<void>;
}

/** The part of v86's `V86` that is used. */
export interface Emulator {
  /** Undefined until "emulator-loaded". */
  readonly v86: Internals;
  readonly bus: { send(event: string, value: unknown): void };
  add_listener(event: string, listener: (value: never) => void): void;
  run(): Promise<void>;
  stop(): Promise<void>;
  destroy(): Promise<void>;
  save_state(): Promise<ArrayBuffer>;
}

interface Internals extends Scheduler {
  readonly cpu: NinePMachine & {
    zero_memory(address: number, length: number): void;
    readonly devices: { readonly virtio_console: VirtioConsole };
  };
  stopping: boolean;
  restore_state(state: ArrayBuffer): void;
  do_tick(): void;
}

/** The second 9p device, as `mount -t 9p` names it. */
export const WORKSPACE_TAG = "workspace";

/** The least v86 allows; the screen is never looked at. */
const VGA_MEMORY_BYTES = 256 << 10;

/** A machine that stands still: `run` it. @throws EngineError("unavailable") when v86 does not start */
export async function createMachine(options: MachineOptions): Promise<Machine> {
  let ninePPending = 0;
  let gone = false;
  const handlerOf =
    (server: Pick<NinePServer, "handle"> | undefined) =>
    (request: Uint8Array, reply: (response: Uint8Array) => void): void => {
      ninePPending++;
      server?.handle(request, (response) => {
        ninePPending--;
        if (!gone) reply(response);
      });
    };
  const emulator = await startEmulator(options, handlerOf(options.ninePServer));
  const internals = emulator.v86;

  /** Does what v86 does only at its next tick, which for an idle guest is far, and for a crashed one never comes. */
  const soon = async (done: Promise<void>): Promise<void> => {
    internals.next_tick(0);
    await done;
  };
  const destroy = async (): Promise<void> => {
    if (gone) return;
    gone = true;
    await soon(emulator.destroy());
  };
  const guarded = (work: () => void): void => {
    if (gone) return;
    try {
      work();
    } catch (error) {
      void destroy();
      options.onCrash(error);
    }
  };
  const tick = internals.do_tick.bind(internals);
  // v86 runs in timer callbacks: what it throws there nobody else could catch.
  internals.do_tick = () => {
    if (gone) {
      internals.stopping = true;
      tick();
    } else guarded(tick);
  };
  installYield(internals);
  makeLinkPortPlain(internals.cpu.devices.virtio_console);
  addNinePDevice(internals.cpu, WORKSPACE_TAG, handlerOf(options.workspaceServer));
  emulator.add_listener("serial0-output-byte", options.onSerial);
  if (options.onFrame !== undefined) emulator.add_listener("net0-send", options.onFrame);

  const send = (event: string, bytes: Uint8Array): void => guarded(() => emulator.bus.send(event, bytes));
  return {
    port: createLinkPort({ send, listen: (event, listener) => emulator.add_listener(event, listener) }),
    get ninePPending() {
      return ninePPending;
    },
    restore: (state) => restore(internals, state),
    run: () => void emulator.run(),
    stop: () => soon(emulator.stop()),
    save: () => emulator.save_state(),
    sendFrame: (frame) => send("net0-receive", frame),
    destroy,
  };
}

function startEmulator(options: MachineOptions, handle9p: object): Promise<Emulator> {
  return new Promise((resolve, reject) => {
    const fail = (error: unknown): void =>
      reject(new EngineError("unavailable", "the emulator (v86) does not start", { cause: error }));
    const settings = {
      // v86 has no event for code that does not compile: without this its promise would only be left hanging.
      wasm_fn: (imports: WebAssembly.Imports) =>
        instantiate(options.code, imports).catch((error: unknown) => {
          fail(error);
          return new Promise(() => undefined);
        }),
      memory_size: options.memoryBytes,
      vga_memory_size: VGA_MEMORY_BYTES,
      autostart: false,
      acpi: false,
      disable_keyboard: true,
      disable_mouse: true,
      disable_speaker: true,
      virtio_console: { type: "none" },
      net_device: { type: "virtio" },
      preserve_mac_from_state_image: true,
      filesystem: { handle9p },
      ...(options.boot !== undefined && bootSettings(options.boot)),
    };
    try {
      const emulator = options.createEmulator(settings);
      emulator.add_listener("emulator-loaded", () => resolve(emulator));
    } catch (error) {
      fail(error);
    }
  });
}

async function instantiate(code: EmulatorCode, imports: WebAssembly.Imports): Promise<WebAssembly.Exports> {
  const module = code instanceof WebAssembly.Module ? code : await WebAssembly.compile(code);
  return (await WebAssembly.instantiate(module, imports)).exports;
}

function bootSettings(boot: BootFiles): object {
  return {
    bios: { buffer: bufferOf(boot.bios) },
    vga_bios: { buffer: bufferOf(boot.vgaBios) },
    bzimage: { buffer: bufferOf(boot.bzImage) },
    initrd: { buffer: bufferOf(boot.initramfs) },
    cmdline: boot.commandLine,
  };
}

function restore(internals: Internals, state: ArrayBuffer): void {
  // Fresh memory is zero already; writing zeros would make the host commit all of it.
  const { cpu } = internals;
  const zero = cpu.zero_memory;
  cpu.zero_memory = () => undefined;
  internals.restore_state(state);
  cpu.zero_memory = zero;
}

function bufferOf(bytes: Uint8Array): ArrayBuffer {
  return bytes.buffer instanceof ArrayBuffer && bytes.byteLength === bytes.buffer.byteLength
    ? bytes.buffer
    : bytes.slice().buffer;
}

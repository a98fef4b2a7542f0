import { describe, expect, it } from "vitest";
import { createMachine, type Emulator, type MachineOptions } from "./v86-machine.ts";

type Handle9p = (request: Uint8Array, reply: (response: Uint8Array) => void) => void;

/** A virtio device of v86, which tells what it was made of. */
class FakeVirtio {
  static made: { readonly name: string; readonly pci_id: number }[] = [];
  readonly queues = [{}];

  constructor(_cpu?: object, options?: (typeof FakeVirtio.made)[number]) {
    if (options !== undefined) FakeVirtio.made.push(options);
  }
}

/** As much of v86 as a machine touches. */
class FakeEmulator {
  readonly listeners = new Map<string, (value: unknown) => void>();
  readonly sent: [event: string, value: unknown][] = [];
  readonly ports: [port: number, event: number][] = [];
  readonly settings: {
    readonly filesystem: { readonly handle9p: Handle9p };
    readonly wasm_fn: (imports: object) => Promise<unknown>;
  };
  zeroed = 0;
  destroyed = 0;
  onTick: () => void = () => undefined;
  #stopped: (() => void) | undefined;

  constructor(settings: object) {
    this.settings = settings as FakeEmulator["settings"];
    queueMicrotask(() => this.listeners.get("emulator-loaded")?.(undefined));
  }

  readonly v86 = {
    stopping: false,
    cpu: {
      zero_memory: () => void this.zeroed++,
      devices: {
        virtio_console: { SendEvent: (port: number, event: number) => void this.ports.push([port, event]) },
        virtio_9p: { virtio: new FakeVirtio(), get_state: () => ["own"], set_state: () => undefined },
      },
    },
    do_tick: () => {
      if (this.v86.stopping) this.#stopped?.();
      else this.onTick();
    },
    next_tick: () => queueMicrotask(() => this.v86.do_tick()),
    restore_state: () => this.v86.cpu.zero_memory(),
    yield: () => undefined,
    yield_callback: () => undefined,
    unregister_yield: () => undefined,
  };

  readonly bus = { send: (event: string, value: unknown): void => void this.sent.push([event, value]) };

  add_listener(event: string, listener: (value: never) => void): void {
    this.listeners.set(event, listener as (value: unknown) => void);
  }

  async run(): Promise<void> {
    this.v86.next_tick();
  }

  /** Like v86: only the next tick notices. */
  stop(): Promise<void> {
    this.v86.stopping = true;
    return new Promise((resolve) => (this.#stopped = resolve));
  }

  async destroy(): Promise<void> {
    await this.stop();
    this.destroyed++;
  }

  async save_state(): Promise<ArrayBuffer> {
    return new ArrayBuffer(3);
  }
}

async function create(overrides: Partial<MachineOptions> = {}) {
  let emulator!: FakeEmulator;
  const crashes: unknown[] = [];
  const replies: ((response: Uint8Array) => void)[] = [];
  const machine = await createMachine({
    createEmulator: (settings) => (emulator = new FakeEmulator(settings)) as unknown as Emulator,
    code: new Uint8Array(0),
    memoryBytes: 1,
    ninePServer: {
      handle: (_request, reply) => void replies.push(reply),
      saveState: () => new Uint8Array(0),
      restoreState: () => undefined,
    },
    onSerial: () => undefined,
    onCrash: (error) => void crashes.push(error),
    ...overrides,
  });
  return { machine, emulator, crashes, replies };
}

describe("createMachine", () => {
  it("fails when the emulator's code does not compile", async () => {
    const settings: FakeEmulator["settings"][] = [];
    const creating = create({
      createEmulator: (given) => {
        settings.push(given as FakeEmulator["settings"]);
        return { add_listener: () => undefined } as unknown as Emulator;
      },
      code: Uint8Array.of(1, 2, 3),
    });
    void settings[0]?.wasm_fn({});
    await expect(creating).rejects.toMatchObject({ kind: "unavailable" });
  });

  it("stops and goes away at once, not at the next tick of an idle guest", async () => {
    const { machine, emulator } = await create();
    await machine.stop();
    emulator.v86.stopping = false;
    await machine.destroy();
    await machine.destroy();
    expect(emulator.destroyed).toBe(1);
  });

  it("tells once of an emulator that throws while the guest runs, and destroys it", async () => {
    const { machine, emulator, crashes } = await create();
    emulator.onTick = () => {
      throw new Error("unreachable");
    };
    machine.run();
    await new Promise((resolve) => setImmediate(resolve));
    emulator.v86.do_tick();
    expect(crashes).toEqual([new Error("unreachable")]);
    expect(emulator.destroyed).toBe(1);
    machine.port.send(Uint8Array.of(1));
    expect(emulator.sent).toEqual([]);
  });

  it("tells of an emulator that throws when it is given input", async () => {
    const { machine, emulator, crashes } = await create();
    emulator.bus.send = () => {
      throw new Error("out of bounds");
    };
    machine.port.send(Uint8Array.of(1));
    expect(crashes).toEqual([new Error("out of bounds")]);
  });

  it("counts file requests that wait for their answer, and drops answers that come too late", async () => {
    const { machine, emulator, replies } = await create();
    const answers: Uint8Array[] = [];
    for (let count = 0; count < 2; count++)
      emulator.settings.filesystem.handle9p(new Uint8Array(7), (answer) => void answers.push(answer));
    expect(machine.ninePPending).toBe(2);
    replies[0]?.(Uint8Array.of(1));
    expect(machine.ninePPending).toBe(1);
    await machine.destroy();
    replies[1]?.(Uint8Array.of(2));
    expect(machine.ninePPending).toBe(0);
    expect(answers).toEqual([Uint8Array.of(1)]);
  });

  it("does not have fresh memory zeroed when a state is restored", async () => {
    const { machine, emulator } = await create();
    machine.restore(new ArrayBuffer(1));
    expect(emulator.zeroed).toBe(0);
    emulator.v86.cpu.zero_memory();
    expect(emulator.zeroed).toBe(1);
  });

  it("keeps port 0 from being a console, and answers where the agent was heard", async () => {
    const { machine, emulator } = await create();
    for (const [port, event] of [
      [0, 1],
      [0, 4],
      [1, 4],
    ] as const)
      emulator.v86.cpu.devices.virtio_console.SendEvent(port, event);
    expect(emulator.ports).toEqual([
      [0, 1],
      [1, 4],
    ]);

    const received: unknown[] = [];
    machine.port.onReceive((chunk) => void received.push(chunk));
    machine.port.send(Uint8Array.of(1));
    emulator.listeners.get("virtio-console1-output-bytes")?.(Uint8Array.of(2));
    machine.port.send(Uint8Array.of(3));
    expect(emulator.sent.map(([event]) => event)).toEqual([
      "virtio-console0-input-bytes",
      "virtio-console1-input-bytes",
    ]);
    expect(received).toEqual([Uint8Array.of(2)]);
    expect(machine.port.number).toBe(1);
  });

  it("has a second 9p device, whose state is saved with the first one's", async () => {
    const { emulator } = await create();
    expect(FakeVirtio.made.at(-1)).toMatchObject({ name: "virtio-9p workspace", pci_id: 104 });
    const state = emulator.v86.cpu.devices.virtio_9p.get_state();
    expect(state[0]).toBe("own");
    expect(state[20]).toBeInstanceOf(FakeVirtio);
  });
});

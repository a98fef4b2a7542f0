/**
 * A second virtio-9p device. v86 makes one, and Linux takes one mount per device: the layers have that. This one is made of the same
 * parts, with a PCI slot, I/O ports (which the BIOS moves anyway) and a mount tag of its own. Its state travels inside the first one's,
 * because v86 saves only the devices that it knows.
 *
 * Virtio 1.2, 2.5 (virtqueues), 4.1 (PCI); Linux net/9p/trans_virtio.c
 */
import { encodeUtf8 } from "../base/streams.ts";

/** One request of the guest, as v86 hands it out of the virtqueue. */
interface BufferChain {
  readonly length_readable: number;
  get_next_blob(target: Uint8Array): number;
  set_next_blob(source: Uint8Array): number;
}

interface VirtQueue {
  has_request(): boolean;
  pop_request(): BufferChain;
  push_reply(chain: BufferChain): void;
  flush_replies(): void;
  notify_me_after(skip: number): void;
}

interface VirtioDevice {
  readonly queues: readonly [VirtQueue];
  set_state(state: unknown): void;
}

/** v86's own 9p device, as far as this looks into it. */
export interface NinePDevice {
  readonly virtio: { readonly constructor: unknown };
  get_state(): unknown[];
  set_state(state: unknown[]): void;
}

/** The machine that the device is plugged into. */
export interface NinePMachine {
  readonly devices: { readonly virtio_9p: NinePDevice };
}

/** Called with a copy of each message; `reply` at most once. */
type Handle = (request: Uint8Array, reply: (response: Uint8Array) => void) => void;

const DEVICE_ID_9P = 0x1049;
const SUBSYSTEM_9P = 9;
/** Free among v86's own: 6 is the first 9p device, 10 the network, 11 the balloon, 12 the console, 18 the screen. */
const PCI_SLOT = 13;
const PORTS = { common: 0xe800, notification: 0xe900, isr: 0xe700, config: 0xe600 };
const QUEUE_SIZE = 32;
/** VIRTIO_9P_MOUNT_TAG, VIRTIO_F_VERSION_1, VIRTIO_F_EVENT_IDX, VIRTIO_F_INDIRECT_DESC: as v86's own. */
const FEATURES = [0, 32, 29, 28];
const CONFIG_TAG_BYTES = 254;
/** Where in the first device's state this one's lies: behind all that v86 puts there. */
const STATE_SLOT = 20;

/** Plugs the device in. To be called before the guest boots or is restored. */
export function addNinePDevice(cpu: NinePMachine, tag: string, handle: Handle): void {
  const first = cpu.devices.virtio_9p;
  const VirtIO = first.virtio.constructor as new (machine: NinePMachine, options: object) => VirtioDevice;
  const name = encodeUtf8(tag);
  const serve = (): void => {
    const queue = device.queues[0];
    while (queue.has_request()) {
      const chain = queue.pop_request();
      const request = new Uint8Array(chain.length_readable);
      chain.get_next_blob(request);
      handle(request, (response) => {
        chain.set_next_blob(response);
        queue.push_reply(chain);
        queue.flush_replies();
      });
    }
    queue.notify_me_after(0);
  };
  const device: VirtioDevice = new VirtIO(cpu, {
    name: `virtio-9p ${tag}`,
    pci_id: PCI_SLOT << 3,
    device_id: DEVICE_ID_9P,
    subsystem_device_id: SUBSYSTEM_9P,
    common: {
      initial_port: PORTS.common,
      queues: [{ size_supported: QUEUE_SIZE, notify_offset: 0 }],
      features: FEATURES,
      on_driver_ok: () => undefined,
    },
    notification: { initial_port: PORTS.notification, single_handler: false, handlers: [serve] },
    isr_status: { initial_port: PORTS.isr },
    device_specific: { initial_port: PORTS.config, struct: configSpace(name) },
  });

  const { get_state, set_state } = first;
  first.get_state = function (this: NinePDevice) {
    const state = get_state.call(this);
    state[STATE_SLOT] = device;
    return state;
  };
  first.set_state = function (this: NinePDevice, state: unknown[]) {
    set_state.call(this, state);
    device.set_state(state[STATE_SLOT]);
  };
}

/** struct virtio_9p_config: the tag's length and its bytes. */
function configSpace(tag: Uint8Array): object[] {
  const ignore = (): void => undefined;
  return [
    { bytes: 2, name: "mount tag length", read: () => tag.length, write: ignore },
    ...Array.from({ length: CONFIG_TAG_BYTES }, (_, at) => ({
      bytes: 1,
      name: `mount tag byte ${at}`,
      read: () => tag[at] ?? 0,
      write: ignore,
    })),
  ];
}

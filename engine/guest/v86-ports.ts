/**
 * The virtio-console ports that can carry the link. v86 declares all of them consoles, so that Linux puts its tty layer in between,
 * which moves 16 bytes at a time. Port 0 is not declared one here: it becomes a plain device (`/dev/vport<N>p0`) with half the
 * latency and several times the input, and port 1 becomes the first console (`/dev/hvc0`), for an agent whose kernel has no plain
 * ports. Both are listened to; what is sent goes where the agent was heard.
 */
import type { LinkPort } from "./link.ts";

/** v86's device, as far as this looks into it. */
export interface VirtioConsole {
  SendEvent(port: number, event: number, value: number): void;
}

/** The link of a machine. */
export interface MachinePort extends LinkPort {
  /** The port in use; part of a snapshot, and set when one is restored. */
  number: number;
}

interface Bus {
  send(name: string, value: Uint8Array): void;
  listen(name: string, listener: (bytes: Uint8Array) => void): void;
}

const PLAIN_PORT = 0;
const CONSOLE_PORT = 1;

/** VIRTIO_CONSOLE_CONSOLE_PORT of the virtio specification, 5.3.6.2. */
const EVENT_IS_CONSOLE = 4;

/** Keeps v86 from telling the guest that port 0 is a console. To be called before the guest boots. */
export function makeLinkPortPlain(device: VirtioConsole): void {
  const sendEvent = device.SendEvent;
  device.SendEvent = function (this: VirtioConsole, port: number, event: number, value: number): void {
    if (port !== PLAIN_PORT || event !== EVENT_IS_CONSOLE) sendEvent.call(this, port, event, value);
  };
}

/** The link's port on the emulator's bus. */
export function createLinkPort(bus: Bus): MachinePort {
  const port: MachinePort = {
    number: PLAIN_PORT,
    send: (chunk) => bus.send(`virtio-console${port.number}-input-bytes`, chunk),
    onReceive: (receive) => {
      for (const number of [PLAIN_PORT, CONSOLE_PORT]) {
        bus.listen(`virtio-console${number}-output-bytes`, (bytes) => {
          port.number = number;
          receive(bytes);
        });
      }
    },
  };
  return port;
}

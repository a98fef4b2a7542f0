import type { Digest } from "../oci/digest.ts";
import {
  type RemoteLayer,
  transferLayer,
  type TransferEvent,
  type TransferPorts,
  type TransferRequest,
} from "./layer-transfer.ts";

type Listener = (event: TransferEvent) => void;

interface RunningTransfer {
  readonly layer: RemoteLayer;
  readonly listeners: Set<Listener>;
  readonly abort: AbortController;
  readonly done: Promise<void>;
  last: TransferEvent | undefined;
}

/** The layers under way. Pulls that want the same layer share its transfer; it ends when nobody wants it any more. */
export class LayerTransfers {
  readonly #ports: TransferPorts;
  readonly #running = new Map<Digest, RunningTransfer>();

  constructor(ports: TransferPorts) {
    this.#ports = ports;
  }

  /**
   * Starts or joins a transfer; resolves when the layer is in the store.
   * @param open used when the transfer is started: a pull that joins uses the first one's registry and credentials
   */
  async transfer(
    layer: RemoteLayer,
    open: TransferRequest["open"],
    options: { report: Listener; signal: AbortSignal },
  ): Promise<void> {
    const { report, signal } = options;
    signal.throwIfAborted();
    let running = this.#running.get(layer.diffId);
    while (running && !isJoinable(running, layer)) {
      // Being given up, or the same content compressed otherwise: whatever comes of it, look again.
      await running.done.catch(() => undefined);
      signal.throwIfAborted();
      if (await this.#ports.layers.has(layer.diffId)) return;
      running = this.#running.get(layer.diffId);
    }
    running ??= this.#start(layer, open);
    if (running.last) report(running.last);
    await this.#follow(running, report, signal);
  }

  #start(layer: RemoteLayer, open: TransferRequest["open"]): RunningTransfer {
    const listeners = new Set<Listener>();
    const abort = new AbortController();
    const report = (event: TransferEvent): void => {
      running.last = event;
      for (const listener of listeners) listener(event);
    };
    const work = async (): Promise<void> => {
      // Listeners are in place before the first event.
      await Promise.resolve();
      try {
        await transferLayer({ layer, open, report, signal: abort.signal }, this.#ports);
      } finally {
        this.#running.delete(layer.diffId);
      }
    };
    const running: RunningTransfer = { layer, listeners, abort, done: work(), last: undefined };
    running.done.catch(() => undefined);
    this.#running.set(layer.diffId, running);
    return running;
  }

  async #follow(running: RunningTransfer, report: Listener, signal: AbortSignal): Promise<void> {
    let leave: (() => void) | undefined;
    const left = new Promise<never>((_, reject) => {
      leave = () => reject(signal.reason as Error);
    });
    left.catch(() => undefined);
    running.listeners.add(report);
    signal.addEventListener("abort", leave as () => void, { once: true });
    try {
      await Promise.race([running.done, left]);
    } finally {
      signal.removeEventListener("abort", leave as () => void);
      running.listeners.delete(report);
      if (running.listeners.size === 0) running.abort.abort(signal.reason);
    }
  }
}

function isJoinable({ layer, abort }: RunningTransfer, wanted: RemoteLayer): boolean {
  return !abort.signal.aborted && layer.descriptor.digest === wanted.descriptor.digest;
}

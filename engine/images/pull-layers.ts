import type { Clock } from "../base/clock.ts";
import { Queue } from "../base/queue.ts";
import { hexOf } from "../oci/digest.ts";
import type { LayerStore } from "../snapshots/snapshotter.ts";
import type { PullEvent } from "./image-service.ts";
import type { RemoteLayer, TransferEvent, TransferRequest } from "./layer-transfer.ts";
import type { LayerTransfers } from "./layer-transfers.ts";
import { ProgressThrottle } from "./progress-throttle.ts";

export interface PullLayersPorts {
  readonly layers: LayerStore;
  readonly transfers: LayerTransfers;
  readonly clock: Clock;
  readonly open: TransferRequest["open"];
  /** Called whenever something moves. */
  readonly onActivity: () => void;
}

/**
 * Brings an image's layers (bottom first) into the store and tells about it as Docker does: downloads in any order, `Extracting` and
 * `Pull complete` strictly from the bottom up. Leaving the iteration, or the signal, ends what no other pull wants.
 */
export async function* pullLayers(
  layers: readonly RemoteLayer[],
  ports: PullLayersPorts,
  signal: AbortSignal,
): AsyncGenerator<PullEvent, void, undefined> {
  const distinct = layers.filter((layer, index) => layers.findIndex(({ diffId }) => diffId === layer.diffId) === index);
  const missing: RemoteLayer[] = [];
  for (const layer of distinct) {
    const isHere = await ports.layers.has(layer.diffId);
    yield { kind: "status", status: isHere ? "Already exists" : "Pulling fs layer", id: shortId(layer) };
    if (!isHere) missing.push(layer);
  }
  const leave = new AbortController();
  const either = AbortSignal.any([signal, leave.signal]);
  const queue = new Queue<PullEvent>();
  const reporters = missing.map((layer) => new LayerReporter(shortId(layer), queue, ports.clock));
  const transfers = missing.map(async (layer, index) => {
    const report = (event: TransferEvent): void => {
      ports.onActivity();
      reporters[index]?.report(event);
    };
    await ports.transfers.transfer(layer, ports.open, { report, signal: either });
  });
  const inOrder = async (): Promise<void> => {
    for (const [index, transfer] of transfers.entries()) {
      reporters[index]?.startTurn();
      await transfer;
      reporters[index]?.complete();
    }
  };
  // The first failure ends the pull at once, whatever its place in the order.
  void Promise.all([inOrder(), ...transfers]).then(
    () => queue.close(),
    (error: unknown) => queue.fail(error),
  );
  try {
    yield* queue;
  } finally {
    leave.abort(new Error("pull ended"));
    await Promise.allSettled(transfers);
  }
}

/** One layer's lines: bounded in number, and extraction only when it is the layer's turn. */
class LayerReporter {
  readonly #id: string;
  readonly #queue: Queue<PullEvent>;
  readonly #throttle: ProgressThrottle;
  #extraction: TransferEvent | undefined;
  #isTurn = false;

  constructor(id: string, queue: Queue<PullEvent>, clock: Clock) {
    this.#id = id;
    this.#queue = queue;
    this.#throttle = new ProgressThrottle(clock);
  }

  report(event: TransferEvent): void {
    if (event.kind === "status") return this.#queue.push({ ...event, id: this.#id });
    if (event.status === "Extracting" && !this.#isTurn) this.#extraction = event;
    else if (this.#throttle.isNews(event)) this.#queue.push({ ...event, id: this.#id });
  }

  /** The layers below are complete. */
  startTurn(): void {
    this.#isTurn = true;
    if (this.#extraction) this.report(this.#extraction);
  }

  complete(): void {
    this.#queue.push({ kind: "status", status: "Pull complete", id: this.#id });
  }
}

/** Docker shows a layer by the beginning of its compressed digest. */
function shortId({ descriptor }: RemoteLayer): string {
  return hexOf(descriptor.digest).slice(0, 12);
}

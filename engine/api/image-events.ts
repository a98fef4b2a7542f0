import type { Clock } from "../base/clock.ts";
import type { RemovedImage } from "../images/image-service.ts";
import type { EventLog } from "./event-log.ts";

/** Images have no event source of their own: everything that happens to them comes through the API. */
export class ImageEvents {
  readonly #log: EventLog;
  readonly #clock: Clock;

  constructor(log: EventLog, clock: Clock) {
    this.#log = log;
    this.#clock = clock;
  }

  add(action: "pull" | "tag" | "untag" | "delete", id: string, name: string): void {
    const timeNs = BigInt(Math.round(this.#clock.now() * 1000)) * 1000n;
    this.#log.add({ type: "image", action, id, attributes: { name }, timeNs });
  }

  /** What a removal did: an `untag` for a name that went, a `delete` for the image itself. */
  addRemoved(imageId: string, removed: readonly RemovedImage[]): void {
    for (const { untagged, deleted } of removed) {
      if (untagged !== undefined) this.add("untag", imageId, imageId);
      else if (deleted === imageId) this.add("delete", imageId, imageId);
    }
  }
}

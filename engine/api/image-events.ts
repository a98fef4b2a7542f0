import type { EventPublisher } from "../containers/event-bus.ts";
import { isIdOf } from "../images/image-lookup.ts";
import type { Image, ImageService, RemovedImage } from "../images/image-service.ts";
import { familiarName, formatFamiliar, type Reference } from "../oci/reference.ts";
import { labelsOf } from "../wire/images.ts";

/** Images have no event source of their own: everything that happens to them comes through the API. */
export class ImageEvents {
  readonly #events: EventPublisher;
  readonly #images: Pick<ImageService, "resolve">;

  constructor(events: EventPublisher, images: Pick<ImageService, "resolve">) {
    this.#events = events;
    this.#images = images;
  }

  /** A pull or a push: the event is about a name, not an id. With a name alone, about all its tags. */
  async transferred(action: "pull" | "push", reference: Reference): Promise<void> {
    const image = await this.#images.resolve(formatFamiliar(reference)).catch(() => undefined);
    this.#publish(action, formatFamiliar(reference), familiarName(reference), image);
  }

  /** An image came about, or went into an archive. */
  happened(action: "create" | "import" | "load" | "save", image: Image): void {
    this.#publish(action, image.id, image.id, image);
  }

  tagged(image: Image, reference: Reference): void {
    this.#publish("tag", image.id, formatFamiliar(reference), image);
  }

  /** What a removal by `nameOrId` did: an `untag` for each name that was asked to go, a `delete` for the image itself. */
  removed(image: Image, nameOrId: string, removed: readonly RemovedImage[]): void {
    const isById = isIdOf(nameOrId, image.id);
    const untagged = removed.filter((step) => step.untagged !== undefined).length;
    // A digest that goes with its repository's last tag has no event of its own.
    for (let left = isById ? untagged : Math.min(1, untagged); left > 0; left -= 1)
      this.#publish("untag", image.id, image.id, image);
    for (const { deleted, isLayer } of removed)
      if (deleted !== undefined && isLayer !== true) this.#publish("delete", deleted, deleted, undefined);
  }

  pruned(reclaimedBytes: number): void {
    this.#events.publish({ type: "image", action: "prune", id: "", attributes: { reclaimed: String(reclaimedBytes) } });
  }

  /** The image's labels are among the attributes, as far as it is still there. */
  #publish(action: string, id: string, name: string, image: Image | undefined): void {
    const labels = image && labelsOf(image);
    this.#events.publish({ type: "image", action, id, attributes: { ...labels, name } });
  }
}

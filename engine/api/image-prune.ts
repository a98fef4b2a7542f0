import { EngineError, isKind } from "../base/errors.ts";
import type { Image, RemovedImage } from "../images/image-service.ts";
import { chainIds } from "../oci/chain-id.ts";
import { checkFilterNames, type Filters, matchesLabels } from "../wire/filters.ts";
import { labelsOf } from "../wire/images.ts";
import { parseMomentMs } from "../wire/moments.ts";
import { parseTimeMs } from "../wire/times.ts";
import type { ImageEvents } from "./image-events.ts";
import { booleanFilter, isDangling } from "./image-filters.ts";
import { imageUsers } from "./image-users.ts";
import type { Services } from "./services.ts";

/**
 * `docker image prune`: images that no container uses; without `dangling=false` only those without a tag.
 * @returns what went, and the bytes of the layers that only those images had
 * @throws EngineError in Docker's words
 */
export async function pruneImages(
  services: Services,
  events: ImageEvents,
  filters: Filters,
): Promise<{ readonly removed: readonly RemovedImage[]; readonly bytes: number }> {
  const isWanted = prunable(filters, services.clock.now());
  const removed: RemovedImage[] = [];
  let bytes = 0;
  for (const image of (await services.images.list()).filter(isWanted)) {
    const sizes = await sizesByChain(services, image);
    for (const name of namesOf(image)) {
      // Also one that a container came to use, or somebody else removed, since the list was made.
      const gone = await removeUnused(services, events, image, name);
      removed.push(...gone);
      bytes += gone.reduce((sum, { deleted }) => sum + (sizes.get(deleted ?? "") ?? 0), 0);
    }
  }
  events.pruned(bytes);
  return { removed, bytes };
}

function prunable(filters: Filters, nowMs: number): (image: Image) => boolean {
  checkFilterNames(filters, ["dangling", "label", "label!", "until"]);
  const danglingOnly = booleanFilter(filters, "dangling") ?? true;
  const moments = filters.get("until") ?? [];
  if (moments.length > 1) throw new EngineError("internal", "more than one until filter specified");
  const until = moments[0] === undefined ? undefined : parseMomentMs(moments[0], nowMs);
  return (image) => {
    const labels = labelsOf(image) ?? {};
    return (
      (!danglingOnly || isDangling(image)) &&
      (until === undefined || (parseTimeMs(image.config.created ?? "") ?? 0) <= until) &&
      matchesLabels(filters.get("label"), labels) &&
      !(filters.get("label!") ?? []).some((label) => matchesLabels([label], labels))
    );
  };
}

function namesOf({ id, repoTags, repoDigests }: Image): readonly string[] {
  const names = [...repoTags, ...repoDigests];
  return names.length > 0 ? names : [id];
}

async function removeUnused(
  services: Services,
  events: ImageEvents,
  image: Image,
  name: string,
): Promise<readonly RemovedImage[]> {
  try {
    const removed = await services.images.remove(name, { force: false, inUseBy: imageUsers(services) });
    events.removed(image, name, removed);
    return removed;
  } catch (error) {
    if (isKind(error, "conflict", "not-found")) return [];
    throw error;
  }
}

/** Bytes by chain id, as removals report layers. To be asked before the layers go. */
async function sizesByChain({ layerSize }: Services, { layers }: Image): Promise<ReadonlyMap<string, number>> {
  const sizes = await Promise.all(layers.map(async (layer) => (await layerSize?.(layer)) ?? 0));
  return new Map((await chainIds(layers)).map((chain, index) => [chain, sizes[index] ?? 0]));
}

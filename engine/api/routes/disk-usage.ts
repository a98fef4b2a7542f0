import { EngineError } from "../../base/errors.ts";
import type { Image } from "../../images/image-service.ts";
import { mountpointOf } from "../../volumes/volume.ts";
import { toContainerSummary } from "../../wire/container-summary.ts";
import { type DiskUsage, PRUNED_BUILD_CACHE } from "../../wire/disk-usage.ts";
import { parseFilters } from "../../wire/filters.ts";
import { toImageSummary } from "../../wire/images.ts";
import { toWireVolume } from "../../wire/volumes.ts";
import { toWireCacheEntry } from "../../wire/builds.ts";
import { parseMomentMs } from "../../wire/moments.ts";
import { type ApiRequest, queryBoolean } from "../api-request.ts";
import type { EngineResponse } from "../app.ts";
import { json } from "../responses.ts";
import { type Route, route } from "../router.ts";
import type { Services } from "../services.ts";
import { imageNames, sizesOf } from "./containers.ts";

const TYPES = ["container", "image", "volume", "build-cache"];

/** What takes room. */
export function diskUsageRoutes(services: Services): readonly Route[] {
  return [
    route("GET", "/system/df", (request) => diskUsage(services, request)),
    route("POST", "/build/prune", (request) => pruneBuildCache(services, request)),
  ];
}

async function diskUsage(services: Services, { query }: ApiRequest): Promise<EngineResponse> {
  const asked = query.getAll("type");
  for (const type of asked)
    if (!TYPES.includes(type)) throw new EngineError("invalid-argument", `unknown object type: ${type}`);
  const wants = (type: string): boolean => asked.length === 0 || asked.includes(type);
  const images = wants("image") ? await imageUsage(services) : undefined;
  const usage: DiskUsage = {
    LayersSize: images?.layersSize ?? 0,
    Images: images?.summaries ?? null,
    Containers: wants("container") ? await containerUsage(services) : null,
    Volumes: wants("volume") ? await volumeUsage(services) : null,
    BuildCache: wants("build-cache") ? ((await services.builder?.cacheUsage()) ?? []).map(toWireCacheEntry) : null,
  };
  return json(usage);
}

async function imageUsage(services: Services): Promise<{ layersSize: number; summaries: DiskUsage["Images"] }> {
  const images = await services.images.list();
  const users = new Map<string, Set<string>>();
  for (const image of images)
    for (const layer of image.layers) users.set(layer, (users.get(layer) ?? new Set()).add(image.id));
  const sizes = new Map<string, number>();
  for (const layer of new Set(images.flatMap(({ layers }) => layers)))
    sizes.set(layer, (await services.layerSize?.(layer).catch(() => 0)) ?? 0);
  const sharedSize = ({ layers }: Image): number =>
    layers
      .filter((layer) => (users.get(layer)?.size ?? 0) > 1)
      .reduce((sum, layer) => sum + (sizes.get(layer) ?? 0), 0);
  const containers = services.containers.list({ all: true });
  const summaries = images.map((image) => ({
    ...toImageSummary(image, { sharedSize: sharedSize(image) }),
    Containers: containers.filter((container) => container.image.id === image.id).length,
  }));
  return { layersSize: [...sizes.values()].reduce((sum, size) => sum + size, 0), summaries };
}

async function containerUsage(services: Services): Promise<DiskUsage["Containers"]> {
  const containers = services.containers.list({ all: true });
  const names = await imageNames(services, containers);
  const now = services.clock.now();
  return Promise.all(
    containers.map(async (container) => {
      const name = names.get(container.id) ?? container.image.reference;
      return toContainerSummary(container, name, now, { sizes: await sizesOf(services, container, true) });
    }),
  );
}

async function volumeUsage({ volumes }: Services): Promise<DiskUsage["Volumes"]> {
  return (await volumes.usage()).map(({ volume, ...usage }) =>
    toWireVolume(volume, { mountpoint: mountpointOf(volume.name), usage }),
  );
}

const CACHE_FILTERS = [
  "until",
  "id",
  "parent",
  "type",
  "description",
  "inuse",
  "shared",
  "private",
  "immutable",
  "unused-for",
];

/** What was not used lately goes until `reserved-space` is left; `all`: also what images share. */
async function pruneBuildCache({ builder, clock }: Services, request: ApiRequest): Promise<EngineResponse> {
  const keepBytes = sizeOf(request, "reserved-space") || sizeOf(request, "keep-storage");
  const [maxBytes, freeBytes] = [sizeOf(request, "max-used-space"), sizeOf(request, "min-free-space")];
  const filters = parseFilters(request.query.get("filters"));
  for (const name of filters.keys())
    if (!CACHE_FILTERS.includes(name))
      throw new EngineError("invalid-argument", `failed to prune build cache: invalid filter '${name}'`);
  const [unusedFor, until] = [filters.get("unused-for"), filters.get("until")];
  if ((unusedFor?.length ?? 0) > 1 || (until?.length ?? 0) > 1)
    throw new EngineError("invalid-argument", "filters expect only one value");
  const moment = unusedFor?.[0] ?? until?.[0];
  const now = clock.now();
  const unusedForMs = moment === undefined ? undefined : Math.max(0, now - parseMomentMs(moment, now));
  if (builder === undefined) return json(PRUNED_BUILD_CACHE);
  const limit = maxBytes > 0 ? maxBytes : freeBytes > 0 ? 0 : keepBytes;
  const { entries, freedBytes } = await builder.prune({
    all: queryBoolean(request, "all"),
    ...(unusedForMs !== undefined && { unusedForMs }),
    ...(limit > 0 && { keepBytes: Math.max(limit, keepBytes) }),
  });
  return json({ CachesDeleted: entries.length > 0 ? entries : null, SpaceReclaimed: freedBytes });
}

function sizeOf({ query }: ApiRequest, name: string): number {
  const text = query.get(name) ?? "";
  if (text === "") return 0;
  if (/^[+-]?\d+$/.test(text)) return Number(text);
  const reason = `strconv.Atoi: parsing ${JSON.stringify(text)}: invalid syntax`;
  throw new EngineError("invalid-argument", `${name} is in bytes and expects an integer, got ${text}: ${reason}`);
}

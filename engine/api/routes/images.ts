import { EngineError } from "../../base/errors.ts";
import type { Image } from "../../images/image-service.ts";
import { platformMismatch } from "../../images/platform-mismatch.ts";
import {
  parseReference,
  parseReferenceWithTag,
  formatFamiliar,
  type Reference,
  withDefaultTag,
} from "../../oci/reference.ts";
import { prunedImages } from "../../wire/answers.ts";
import { parseFilters } from "../../wire/filters.ts";
import { toDeletedImages, toHistory, toImageInspect, toImageSummary } from "../../wire/images.ts";
import { parseQueryPlatform } from "../../wire/query-platform.ts";
import { type ApiRequest, isAtLeast, param, queryBoolean } from "../api-request.ts";
import type { EngineResponse } from "../app.ts";
import type { ImageEvents } from "../image-events.ts";
import { createdNs, filterImages } from "../image-filters.ts";
import { pruneImages } from "../image-prune.ts";
import { imageUsers } from "../image-users.ts";
import { empty, json } from "../responses.ts";
import { type Route, route } from "../router.ts";
import type { Services } from "../services.ts";

/** Images: names that point at manifests. */
export function imageRoutes(services: Services, events: ImageEvents): readonly Route[] {
  return [
    route("GET", "/images/json", (request) => list(services, request)),
    route("POST", "/images/prune", (request) => prune(services, events, request)),
    route("GET", "/images/{name}/json", (request) => inspect(services, request)),
    route("GET", "/images/{name}/history", (request) => history(services, request)),
    route("POST", "/images/{name}/tag", (request) => tag(services, events, request)),
    route("DELETE", "/images/{name}", (request) => remove(services, events, request)),
  ];
}

async function list(services: Services, request: ApiRequest): Promise<EngineResponse> {
  const { images, clock } = services;
  const { version } = request;
  const filters = new Map(parseFilters(request.query.get("filters")));
  // Clients of before API 1.41.
  const old = isAtLeast(request, "1.41") ? "" : (request.query.get("filter") ?? "");
  if (old !== "") filters.set("reference", [...(filters.get("reference") ?? []), old]);
  const everything = await images.list();
  // What other images were made of is between them, like the steps of a build.
  const all = queryBoolean(request, "all") ? everything : everything.filter((image) => !isIntermediate(image));
  const found = (await filterImages(images, all, filters, clock.now())).toSorted((a, b) =>
    Number(createdNs(b) - createdNs(a)),
  );
  if (!queryBoolean(request, "shared-size") || !isAtLeast(request, "1.42"))
    return json(found.map((image) => toImageSummary(image, { version })));
  const users = new Map<string, number>();
  for (const layer of everything.flatMap(({ layers }) => [...new Set(layers)]))
    users.set(layer, (users.get(layer) ?? 0) + 1);
  const shared = async ({ layers }: Image): Promise<number> => {
    const common = layers.filter((layer) => (users.get(layer) ?? 0) > 1);
    const sizes = await Promise.all(common.map(async (layer) => (await services.layerSize?.(layer)) ?? 0));
    return sizes.reduce((sum, size) => sum + size, 0);
  };
  return json(
    await Promise.all(found.map(async (image) => toImageSummary(image, { version, sharedSize: await shared(image) }))),
  );
}

function isIntermediate({ repoTags, repoDigests, hasChildren }: Image): boolean {
  return hasChildren === true && repoTags.length === 0 && repoDigests.length === 0;
}

async function inspect(services: Services, request: ApiRequest): Promise<EngineResponse> {
  const wantsManifests = isAtLeast(request, "1.48") && queryBoolean(request, "manifests");
  const platform = isAtLeast(request, "1.49") ? (request.query.get("platform") ?? "") : "";
  if (wantsManifests && platform !== "")
    throw invalid("conflicting options: manifests and platform options cannot both be set");
  const image = await resolve(services, request, platform);
  const [top, ...lower] = await Promise.all(
    image.layers.toReversed().map(async (layer) => (await services.layerPath?.(layer)) ?? ""),
  );
  const paths = top === undefined || top === "" ? {} : { graph: { top, lower } };
  const { lastTagTime } = image;
  return json(
    toImageInspect(image, { ...(lastTagTime !== undefined && { lastTagTime }), ...paths, version: request.version }),
  );
}

/** The image a path names. @throws EngineError not-found when it is for another platform than `platform` (JSON; empty for any) */
async function resolve({ images }: Services, request: ApiRequest, platform: string): Promise<Image> {
  const name = param(request, "name");
  const wanted = platform === "" ? undefined : parseQueryPlatform(platform);
  const image = await images.resolve(name);
  const mismatch = wanted && platformMismatch(image.config, name, wanted);
  if (mismatch !== undefined) throw new EngineError("not-found", mismatch);
  return image;
}

async function history(services: Services, request: ApiRequest): Promise<EngineResponse> {
  const platform = isAtLeast(request, "1.48") ? (request.query.get("platform") ?? "") : "";
  const image = await resolve(services, request, platform);
  const sizes = await Promise.all(image.layers.map((layer) => services.layerSize?.(layer) ?? Promise.resolve(0)));
  return json(toHistory(image, (layer) => sizes[layer] ?? 0, await ancestorsOf(services, image)));
}

/** The images an image was made of here, as far as they still are, newest first. */
async function ancestorsOf({ images }: Pick<Services, "images">, image: Image): Promise<readonly Image[]> {
  const parent = image.parent && (await images.resolve(image.parent).catch(() => undefined));
  return parent ? [parent, ...(await ancestorsOf({ images }, parent))] : [];
}

async function tag({ images }: Services, events: ImageEvents, request: ApiRequest): Promise<EngineResponse> {
  const target = tagTarget(request);
  // Docker has nothing to do then, and says so by its silence.
  if (target === undefined) return empty(200);
  const name = formatFamiliar(withDefaultTag(target));
  await images.tag(param(request, "name"), name);
  events.tagged(await images.resolve(name), withDefaultTag(target));
  return empty(201);
}

/** `tag` wins over what `repo` ends with. */
function tagTarget({ query }: ApiRequest): Reference | undefined {
  const repository = query.get("repo") ?? "";
  const suffix = query.get("tag") ?? "";
  if (repository === "") return undefined;
  const reference = parseReference(repository);
  if (reference.digest !== undefined) throw invalid("cannot import digest reference");
  if (suffix === "") return reference;
  const { domain, path } = reference;
  return parseReferenceWithTag(formatFamiliar({ domain, path }), suffix);
}

async function remove(services: Services, events: ImageEvents, request: ApiRequest): Promise<EngineResponse> {
  const name = param(request, "name");
  const platforms = isAtLeast(request, "1.50") ? request.query.getAll("platforms").map(parseQueryPlatform) : [];
  const image = await services.images.resolve(name);
  if (platforms.length > 1) throw invalid("multiple platforms are not supported");
  for (const platform of platforms) {
    const mismatch = platformMismatch(image.config, name, platform);
    if (mismatch !== undefined) throw new EngineError("not-found", mismatch);
  }
  const removed = await services.images.remove(name, {
    force: queryBoolean(request, "force"),
    inUseBy: imageUsers(services),
    keepParents: queryBoolean(request, "noprune"),
  });
  events.removed(image, name, removed);
  return json(toDeletedImages(removed));
}

async function prune(services: Services, events: ImageEvents, request: ApiRequest): Promise<EngineResponse> {
  const { removed, bytes } = await pruneImages(services, events, parseFilters(request.query.get("filters")));
  return json(prunedImages(toDeletedImages(removed), bytes));
}

function invalid(message: string): EngineError {
  return new EngineError("invalid-argument", message);
}

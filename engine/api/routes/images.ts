import { EngineError, messageOf } from "../../base/errors.ts";
import type { Image, PullOptions } from "../../images/image-service.ts";
import { prunedImages } from "../../wire/answers.ts";
import { checkFilterNames, matchesLabels, parseFilters } from "../../wire/filters.ts";
import { labelsOf, toDeletedImages, toHistory, toImageInspect, toImageSummary } from "../../wire/images.ts";
import { parseJson, readFields } from "../../wire/json.ts";
import { errorMessage, progressMessage } from "../../wire/progress.ts";
import { parseTimeMs } from "../../wire/times.ts";
import { type ApiRequest, param, queryBoolean } from "../api-request.ts";
import type { EngineResponse } from "../app.ts";
import type { ImageEvents } from "../image-events.ts";
import { filterImages, isDangling } from "../image-filters.ts";
import { empty, json } from "../responses.ts";
import { type Route, route } from "../router.ts";
import type { Services } from "../services.ts";
import { clientGone, jsonLines } from "../streaming.ts";

/** Images: names that point at manifests. */
export function imageRoutes(services: Services, events: ImageEvents): readonly Route[] {
  return [
    route("GET", "/images/json", (request) => list(services, request)),
    route("POST", "/images/create", (request) => pull(services, events, request)),
    route("POST", "/images/prune", (request) => prune(services, events, request)),
    route("GET", "/images/{name}/json", async (request) =>
      json(toImageInspect(await services.images.resolve(param(request, "name")))),
    ),
    route("GET", "/images/{name}/history", (request) => history(services, request)),
    route("POST", "/images/{name}/tag", (request) => tag(services, events, request)),
    route("DELETE", "/images/{name}", (request) => remove(services, events, request)),
  ];
}

async function list({ images }: Services, request: ApiRequest): Promise<EngineResponse> {
  const filters = parseFilters(request.query.get("filters"));
  const created = (image: Image): number => parseTimeMs(image.config.created ?? "") ?? 0;
  const found = await filterImages(images, await images.list(), filters);
  return json(found.toSorted((a, b) => created(b) - created(a)).map(toImageSummary));
}

/** Errors before the first message have a status of their own; later ones end the stream. */
async function pull({ images }: Services, events: ImageEvents, request: ApiRequest): Promise<EngineResponse> {
  if ((request.query.get("fromSrc") ?? "") !== "")
    throw new EngineError("not-implemented", "docker import is not implemented yet");
  const reference = referenceOf(request);
  const gone = clientGone(request.signal);
  const platform = request.query.get("platform") ?? "";
  const auth = authOf(request);
  const pulling = images.pull(reference, {
    ...(platform !== "" && { platform }),
    ...(auth && { auth }),
    signal: gone.signal,
  });
  const iterator = pulling[Symbol.asyncIterator]();
  const first = await iterator.next();
  async function* messages(): AsyncGenerator<unknown, void, undefined> {
    try {
      for (let step = first; step.done !== true; step = await iterator.next()) yield progressMessage(step.value);
      events.add("pull", reference, reference);
    } catch (error) {
      yield errorMessage(messageOf(error));
    }
  }
  return jsonLines(messages(), gone, "\r\n");
}

function referenceOf({ query }: ApiRequest): string {
  const name = query.get("fromImage") ?? "";
  const tagOrDigest = query.get("tag") ?? "";
  if (name === "") throw new EngineError("invalid-argument", "invalid reference format");
  if (tagOrDigest === "") return name;
  return tagOrDigest.includes(":") ? `${name}@${tagOrDigest}` : `${name}:${tagOrDigest}`;
}

/** `X-Registry-Auth`: base64url of JSON; `{}` is sent when there is nothing to say. */
function authOf({ headers }: ApiRequest): PullOptions["auth"] | undefined {
  const header = headers.get("x-registry-auth") ?? "";
  if (header === "") return undefined;
  let text: string;
  try {
    text = decodeBase64Url(header);
  } catch (cause) {
    throw new EngineError("invalid-argument", "invalid X-Registry-Auth header", { cause });
  }
  const fields = readFields(parseJson(text), "X-Registry-Auth");
  const identityToken = fields.string("identitytoken");
  if (identityToken !== "") return { identityToken };
  const username = fields.string("username");
  return username === "" ? undefined : { username, password: fields.string("password") };
}

function decodeBase64Url(text: string): string {
  const binary = atob(text.replaceAll("-", "+").replaceAll("_", "/").replace(/=+$/, ""));
  return new TextDecoder().decode(Uint8Array.from(binary, (character) => character.charCodeAt(0)));
}

async function history({ images, layerSize }: Services, request: ApiRequest): Promise<EngineResponse> {
  const image = await images.resolve(param(request, "name"));
  const sizes = await Promise.all(image.layers.map((layer) => layerSize?.(layer) ?? Promise.resolve(0)));
  return json(toHistory(image, (layer) => sizes[layer] ?? 0));
}

async function tag({ images }: Services, events: ImageEvents, request: ApiRequest): Promise<EngineResponse> {
  const name = param(request, "name");
  const repository = request.query.get("repo") ?? "";
  const suffix = request.query.get("tag") ?? "";
  const target = suffix === "" ? repository : `${repository}:${suffix}`;
  await images.tag(name, target);
  const { id } = await images.resolve(target);
  events.add("tag", id, target);
  return empty(201);
}

async function remove(services: Services, events: ImageEvents, request: ApiRequest): Promise<EngineResponse> {
  const name = param(request, "name");
  const { id } = await services.images.resolve(name);
  const removed = await services.images.remove(name, {
    force: queryBoolean(request, "force"),
    inUseBy: usersOf(services),
  });
  events.addRemoved(id, removed);
  return json(toDeletedImages(removed));
}

function usersOf({ containers }: Services): (id: string) => readonly { id: string; running: boolean }[] {
  return (id) =>
    containers
      .list({ all: true })
      .filter((container) => container.image.id === id)
      .map((container) => ({
        id: container.id,
        running: ["running", "paused", "restarting"].includes(container.state.status),
      }));
}

/** Without a filter only images without a name go; with `dangling=false` all that no container uses. */
async function prune(services: Services, events: ImageEvents, request: ApiRequest): Promise<EngineResponse> {
  const filters = parseFilters(request.query.get("filters"));
  checkFilterNames(filters, ["dangling", "label", "label!", "until"]);
  const danglingOnly = !["false", "0"].includes(filters.get("dangling")?.[0] ?? "true");
  const users = usersOf(services);
  const deleted = [];
  let bytes = 0;
  for (const image of await services.images.list()) {
    const labels = labelsOf(image) ?? {};
    if ((danglingOnly && !isDangling(image)) || users(image.id).length > 0) continue;
    if (
      !matchesLabels(filters.get("label"), labels) ||
      (filters.get("label!") ?? []).some((label) => matchesLabels([label], labels))
    )
      continue;
    const names = image.repoTags.length > 0 ? image.repoTags : [image.id];
    for (const name of names) {
      const removed = await services.images.remove(name, { force: false, inUseBy: users });
      events.addRemoved(image.id, removed);
      deleted.push(...toDeletedImages(removed));
    }
    bytes += image.sizeBytes;
  }
  return json(prunedImages(deleted, bytes));
}

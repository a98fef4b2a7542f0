import { EngineError, messageOf } from "../../base/errors.ts";
import { type ByteStream, chunksOf, emptyStream, streamFrom } from "../../base/streams.ts";
import { applyChanges } from "../../images/config-changes.ts";
import { importUrl } from "../../images/import-source.ts";
import type { LoadEvent } from "../../images/load-images.ts";
import { parsePlatform } from "../../oci/parse-platform.ts";
import { GUEST_PLATFORM } from "../../oci/platform.ts";
import { errorMessage, progressMessage } from "../../wire/progress.ts";
import { parseQueryPlatform } from "../../wire/query-platform.ts";
import { type ApiRequest, isAtLeast, param, queryBoolean } from "../api-request.ts";
import type { EngineResponse } from "../app.ts";
import type { ImageEvents } from "../image-events.ts";
import { type Route, route } from "../router.ts";
import type { Services } from "../services.ts";
import { clientGone, jsonLines } from "../streaming.ts";
import { taggedName } from "../tagged-name.ts";

/** Images as archives. */
export function imageArchiveRoutes(services: Services, events: ImageEvents): readonly Route[] {
  return [
    route("GET", "/images/get", (request) => save(services, events, request.query.getAll("names"), request)),
    route("GET", "/images/{name}/get", (request) => save(services, events, [param(request, "name")], request)),
    route("POST", "/images/load", (request) => load(services, events, request)),
  ];
}

async function save(
  services: Services,
  events: ImageEvents,
  names: readonly string[],
  request: ApiRequest,
): Promise<EngineResponse> {
  const platform = platformOf(request);
  const { saved, tar } = await archivesOf(services).save(names, platform && { platform });
  async function* body(): AsyncGenerator<Uint8Array, void, undefined> {
    yield* chunksOf(tar);
    for (const { image } of saved) events.happened("save", image);
  }
  return { status: 200, headers: new Map([["content-type", "application/x-tar"]]), body: streamFrom(body()) };
}

/** Whatever is wrong is told in the stream: as Docker, which has said 200 before it looks at the archive. */
async function load(services: Services, events: ImageEvents, request: ApiRequest): Promise<EngineResponse> {
  const isQuiet = !request.query.has("quiet") || queryBoolean(request, "quiet");
  const gone = clientGone(request.signal);
  const platform = platformOf(request);
  const loading = archivesOf(services).load(request.body ?? emptyStream(), {
    signal: gone.signal,
    ...(platform && { platform }),
  });
  const iterator = loading[Symbol.asyncIterator]();
  // The archive is read before anything is said: clients send all of it before they listen.
  const first = await iterator.next().catch((error: unknown) => ({ error }));
  async function* messages(): AsyncGenerator<unknown, void, undefined> {
    try {
      if ("error" in first) throw first.error;
      for (let step = first; step.done !== true; step = await iterator.next()) {
        const event = step.value;
        if (event.kind === "loaded") events.happened("load", await services.images.resolve(event.id));
        else if (event.kind === "stream" || !isQuiet) yield loadMessage(event);
      }
    } catch (error) {
      yield errorMessage(messageOf(error).replace("archive/tar: unexpected EOF", "unexpected EOF"));
    } finally {
      await iterator.return?.();
    }
  }
  return jsonLines(messages(), gone, "\r\n");
}

function loadMessage(event: Exclude<LoadEvent, { kind: "loaded" }>): unknown {
  return event.kind === "stream" ? { stream: event.text } : progressMessage(event);
}

function platformOf(request: ApiRequest): ReturnType<typeof parseQueryPlatform> | undefined {
  const platforms = isAtLeast(request, "1.48") ? request.query.getAll("platform").filter((text) => text !== "") : [];
  if (platforms.length > 1) {
    const text = "multiple platform parameters are not supported in this API version; use API version 1.52 or later";
    throw new EngineError("invalid-argument", text);
  }
  return platforms[0] === undefined ? undefined : parseQueryPlatform(platforms[0]);
}

/** `docker import`: `POST /images/create` with `fromSrc`. */
export async function importArchive(
  services: Services,
  events: ImageEvents,
  request: ApiRequest,
): Promise<EngineResponse> {
  const { query } = request;
  const archives = archivesOf(services);
  const source = query.get("fromSrc") ?? "";
  const name = taggedName(query.get("repo") ?? "", query.get("tag") ?? "");
  const platform = query.get("platform") ?? "";
  const gone = clientGone(request.signal);
  const options = {
    ...(name && { name }),
    platform: platform === "" ? GUEST_PLATFORM : parsePlatform(platform),
    config: applyChanges({}, query.getAll("changes")),
    message: query.get("message") || `Imported from ${source}`,
  };
  const take = async (body: ByteStream): Promise<{ status: string }> => {
    const image = await archives.import(body, options).catch((error: unknown) => Promise.reject(asInternal(error)));
    if (name !== undefined) events.tagged(image, name);
    events.happened("import", image);
    return { status: image.id };
  };
  if (source === "-") {
    const done = await take(request.body ?? emptyStream());
    return jsonLines(streamFrom([done]), gone, "\r\n");
  }
  const url = importUrl(source);
  const body = await archives.fetch(url, gone.signal);
  async function* messages(): AsyncGenerator<unknown, void, undefined> {
    yield { status: `Downloading from ${url}` };
    try {
      yield await take(body);
    } catch (error) {
      yield errorMessage(messageOf(error));
    }
  }
  return jsonLines(messages(), gone, "\r\n");
}

/** Docker calls a bad archive an error of its own. */
function asInternal(error: unknown): unknown {
  if (!(error instanceof EngineError) || error.kind !== "invalid-argument") return error;
  return new EngineError("internal", error.message.replace("archive/tar: unexpected EOF", "unexpected EOF"));
}

function archivesOf({ imageArchives }: Services): NonNullable<Services["imageArchives"]> {
  if (imageArchives === undefined)
    throw new EngineError("not-implemented", "archives of images are not implemented here");
  return imageArchives;
}

import { EngineError, messageOf } from "../../base/errors.ts";
import { platformMismatch } from "../../images/platform-mismatch.ts";
import { formatFamiliar, parseReference, parseReferenceWithTag, type Reference } from "../../oci/reference.ts";
import { errorMessage, progressMessage } from "../../wire/progress.ts";
import { parseQueryPlatform } from "../../wire/query-platform.ts";
import { type ApiRequest, isAtLeast, param } from "../api-request.ts";
import type { EngineResponse } from "../app.ts";
import type { ImageEvents } from "../image-events.ts";
import { registryAuthOf } from "../registry-auth-header.ts";
import { type Route, route } from "../router.ts";
import { importArchive } from "./image-archives.ts";
import type { Services } from "../services.ts";
import { clientGone, jsonLines } from "../streaming.ts";

/** Images on their way from and to registries. */
export function imageTransferRoutes(services: Services, events: ImageEvents): readonly Route[] {
  return [
    route("POST", "/images/create", (request) => create(services, events, request)),
    route("POST", "/images/{name}/push", (request) => push(services, events, request)),
  ];
}

/** Both `docker pull` and `docker import`. */
async function create(services: Services, events: ImageEvents, request: ApiRequest): Promise<EngineResponse> {
  if ((request.query.get("fromImage") ?? "") === "") return await importArchive(services, events, request);
  const reference = pulledReference(request);
  const platform = isAtLeast(request, "1.32") ? (request.query.get("platform") ?? "") : "";
  const { signal, options } = optionsOf(request);
  const pulling = services.images.pull(reference, { ...options, ...(platform !== "" && { platform }) });
  return await transferStream(pulling, signal, () => events.transferred("pull", parseReference(reference)));
}

function pulledReference({ query }: ApiRequest): string {
  const name = query.get("fromImage") ?? "";
  const tagOrDigest = query.get("tag") ?? "";
  if (name === "") throw new EngineError("invalid-argument", "invalid reference format");
  return formatFamiliar(tagOrDigest === "" ? parseReference(name) : parseReferenceWithTag(name, tagOrDigest));
}

/** Errors come in the stream: the first line is out before a registry is asked. */
async function push(services: Services, events: ImageEvents, request: ApiRequest): Promise<EngineResponse> {
  const reference = pushedReference(request);
  await checkPlatform(services, reference, request);
  const { signal, options } = optionsOf(request);
  const pushing = services.images.push(formatFamiliar(reference), options);
  return await transferStream(pushing, signal, () => events.transferred("push", reference));
}

function pushedReference(request: ApiRequest): Reference {
  const reference = parseReference(param(request, "name"));
  if (reference.digest !== undefined) throw new EngineError("invalid-argument", "cannot import digest reference");
  const tag = request.query.get("tag") ?? "";
  if (tag === "") return reference;
  const { domain, path } = reference;
  return parseReferenceWithTag(formatFamiliar({ domain, path }), tag);
}

async function checkPlatform({ images }: Services, reference: Reference, request: ApiRequest): Promise<void> {
  const text = isAtLeast(request, "1.46") ? (request.query.get("platform") ?? "") : "";
  if (text === "") return;
  const platform = parseQueryPlatform(text);
  const name = formatFamiliar(reference);
  const mismatch = platformMismatch((await images.resolve(name)).config, name, platform);
  if (mismatch !== undefined) throw new EngineError("not-found", mismatch);
}

function optionsOf(request: ApiRequest): {
  signal: AbortController;
  options: { signal: AbortSignal; auth?: NonNullable<ReturnType<typeof registryAuthOf>> };
} {
  const gone = clientGone(request.signal);
  const auth = registryAuthOf(request);
  return { signal: gone, options: { signal: gone.signal, ...(auth && { auth }) } };
}

/** Errors before the first message have a status of their own; later ones end the stream. */
async function transferStream(
  transfer: AsyncIterable<Parameters<typeof progressMessage>[0]>,
  gone: AbortController,
  done: () => Promise<void>,
): Promise<EngineResponse> {
  const iterator = transfer[Symbol.asyncIterator]();
  const first = await iterator.next();
  async function* messages(): AsyncGenerator<unknown, void, undefined> {
    try {
      for (let step = first; step.done !== true; step = await iterator.next()) yield progressMessage(step.value);
      await done();
    } catch (error) {
      yield errorMessage(messageOf(error));
    } finally {
      await iterator.return?.();
    }
  }
  return jsonLines(messages(), gone, "\r\n");
}

import { collect } from "../../base/streams.ts";
import { Queue } from "../../base/queue.ts";
import { EngineError } from "../../base/errors.ts";
import type { BuildRecord } from "../../build/build-record.ts";
import type { BuildService } from "../../build/build-service.ts";
import type { Image } from "../../images/image-service.ts";
import { parseBuildSession, toWireBuild, toWireLayerFiles, type WireLayer } from "../../wire/builds.ts";
import { type ApiRequest, bodyText, param, queryBoolean } from "../api-request.ts";
import type { EngineResponse } from "../app.ts";
import { MAX_SECRET_BYTES } from "../build-sessions.ts";
import { empty, json } from "../responses.ts";
import { type Route, route } from "../router.ts";
import type { LayerContentsService, Services } from "../services.ts";
import { clientGone, jsonLines } from "../streaming.ts";
import { tarOfFiles } from "../../archive/tar-of-files.ts";
import type { BuildState } from "./build.ts";

/** What Docker's API has no words for: builds with their steps, layers with their files, what only our own client says of a build. */
export function drydockBuildRoutes(services: Services, state: BuildState): readonly Route[] {
  const { builder, layerContents } = services;
  return [
    ...(builder === undefined ? [] : builderRoutes(builder, services, state)),
    ...(layerContents === undefined
      ? []
      : [
          route("GET", "/drydock/images/{name}/layers", (request) => layers(services, layerContents, request)),
          route("GET", "/drydock/images/{name}/layers/{n}/files", (request) =>
            layerFiles(services, layerContents, request),
          ),
        ]),
  ];
}

function builderRoutes(builder: BuildService, services: Services, state: BuildState): readonly Route[] {
  const session = "/drydock/build-sessions/{id}";
  return [
    route("GET", "/drydock/builds", () => json(builder.records().map(toWireBuild))),
    route("GET", "/drydock/builds/events", (request) => events(builder, request)),
    route("GET", "/drydock/builds/{id}/files", async (request) => ({
      status: 200,
      headers: new Map([["content-type", "application/x-tar"]]),
      body: tarOfFiles(await state.results.files(param(request, "id"))),
    })),
    route("POST", "/drydock/builds/{id}/steps/{n}/image", async (request) =>
      json({ Id: (await builder.stepImage(param(request, "id"), numberOf(request))).id }, 201),
    ),
    route("GET", "/drydock/builds/{id}/steps/{n}/files", (request) => stepFiles(builder, services, request)),
    route("POST", "/drydock/build-sessions", async (request) =>
      json({ Id: (await state.sessions.create(parseBuildSession(await bodyText(request)))).id }, 201),
    ),
    route("DELETE", session, async (request) => {
      await state.sessions.take(param(request, "id"))[Symbol.asyncDispose]();
      return empty();
    }),
    route("PUT", `${session}/secrets/{name}`, (request) => putSecret(state, request)),
    route("PUT", `${session}/ssh/{name}`, (request) => {
      const socket = request.query.get("socket") ?? "";
      if (!socket.startsWith("/"))
        throw new EngineError("invalid-argument", "socket must be the absolute path of a socket in the guest");
      state.sessions.get(param(request, "id")).sshAgents.set(param(request, "name"), socket);
      return empty();
    }),
    route("PUT", `${session}/contexts/{name}`, (request) => putContext(services, state, request)),
  ];
}

/** All that are known, then each again whenever something about it changes. */
function events(builder: BuildService, request: ApiRequest): EngineResponse {
  const gone = clientGone(request.signal);
  const changes = new Queue<BuildRecord>();
  const subscription = builder.subscribe((record) => changes.push(record));
  const end = (): void => {
    subscription[Symbol.dispose]();
    changes.close();
  };
  gone.signal.addEventListener("abort", end, { once: true });
  if (gone.signal.aborted) end();
  const known = builder.records();
  async function* lines(): AsyncGenerator<unknown, void, undefined> {
    for (const record of known) yield toWireBuild(record);
    for await (const record of changes) yield toWireBuild(record);
  }
  return jsonLines(lines(), gone);
}

async function stepFiles(
  builder: BuildService,
  { layerContents }: Services,
  request: ApiRequest,
): Promise<EngineResponse> {
  const id = param(request, "id");
  const record = builder.records().find((known) => known.id === id);
  if (record === undefined) throw new EngineError("not-found", `no such build: ${id}`);
  const number = numberOf(request);
  const step = record.steps[number];
  if (step === undefined) throw new EngineError("not-found", `build ${id} has no step ${number}`);
  if (step.layers === undefined) throw new EngineError("conflict", `step ${number} of build ${id} is not done`);
  const cumulative = queryBoolean(request, "cumulative");
  // What changes only the config has no layer of its own. A FROM has all of its image's.
  const isFrom = step.layer === undefined && /^FROM\b/i.test(step.text);
  if (!cumulative && step.layer === undefined && !isFrom) return json(toWireLayerFiles([], false));
  return await filesOf(layerContents, step.layers, cumulative || isFrom);
}

async function layers(
  { images }: Services,
  contents: LayerContentsService,
  request: ApiRequest,
): Promise<EngineResponse> {
  const image = await images.resolve(param(request, "name"));
  const summaries = await contents.usage(image.layers);
  const created = createdBy(image);
  return json(
    image.layers.map((layer, index): WireLayer => {
      const { sizeBytes = 0, wasteBytes = 0 } = summaries[index] ?? {};
      return { Digest: layer, CreatedBy: created[index] ?? "", SizeBytes: sizeBytes, WasteBytes: wasteBytes };
    }),
  );
}

async function layerFiles(
  { images }: Services,
  contents: LayerContentsService,
  request: ApiRequest,
): Promise<EngineResponse> {
  const image = await images.resolve(param(request, "name"));
  const number = numberOf(request);
  if (number >= image.layers.length) throw new EngineError("not-found", `image has no layer ${number}`);
  return await filesOf(contents, image.layers.slice(0, number + 1), queryBoolean(request, "cumulative"));
}

async function filesOf(
  contents: LayerContentsService | undefined,
  stack: Image["layers"],
  cumulative: boolean,
): Promise<EngineResponse> {
  if (contents === undefined)
    throw new EngineError("not-implemented", "the contents of layers cannot be looked at here");
  const { files, truncated } = await contents.list(stack, { cumulative });
  return json(toWireLayerFiles(files, truncated));
}

/** One for each layer, bottom first. */
function createdBy({ config }: Image): readonly string[] {
  return (config.history ?? []).filter((step) => step.empty_layer !== true).map((step) => step.created_by ?? "");
}

/** The secret's bytes stay in memory until its build is over. */
async function putSecret(state: BuildState, request: ApiRequest): Promise<EngineResponse> {
  const session = state.sessions.get(param(request, "id"));
  const name = param(request, "name");
  const bytes =
    request.body === undefined
      ? new Uint8Array(0)
      : await collect(request.body, MAX_SECRET_BYTES).catch((cause: unknown) => {
          if (!(cause instanceof RangeError)) throw cause;
          throw new EngineError("invalid-argument", `invalid secret size: ${name} is above ${MAX_SECRET_BYTES}`);
        });
  session.secrets.set(name, bytes);
  return empty();
}

async function putContext(
  { buildContexts }: Services,
  state: BuildState,
  request: ApiRequest,
): Promise<EngineResponse> {
  const session = state.sessions.get(param(request, "id"));
  if (buildContexts === undefined || request.body === undefined)
    throw new EngineError("invalid-argument", "a context is a tar file");
  const context = await buildContexts.receive(request.body, { ...(request.signal && { signal: request.signal }) });
  await session.contexts.get(param(request, "name"))?.[Symbol.asyncDispose]();
  session.contexts.set(param(request, "name"), context);
  return empty();
}

function numberOf(request: ApiRequest): number {
  const text = param(request, "n");
  if (!/^\d+$/.test(text)) throw new EngineError("invalid-argument", `not a number: ${text}`);
  return Number(text);
}

import type { Container } from "../../containers/container.ts";
import type { CreateContainer } from "../../containers/container-service.ts";
import { EngineError, messageOf } from "../../base/errors.ts";
import { createdContainer, prunedContainers, topResult, updatedContainer } from "../../wire/answers.ts";
import { parseCreateBody } from "../../wire/container-create.ts";
import { toContainerInspect } from "../../wire/container-inspect.ts";
import { type SizeInput, toContainerSummary } from "../../wire/container-summary.ts";
import { parseUpdateBody } from "../../wire/container-update.ts";
import { checkFilterNames, matchesLabels, parseFilters } from "../../wire/filters.ts";
import { parseMomentMs } from "../../wire/moments.ts";
import { type ApiRequest, bodyText, isAtLeast, param, queryBoolean, queryInteger } from "../api-request.ts";
import { filterContainers } from "../container-filters.ts";
import { empty, json } from "../responses.ts";
import { type Route, route } from "../router.ts";
import type { Services } from "../services.ts";

/** Containers as records and as running things; their streams are in `container-streams.ts`. */
export function containerRoutes(services: Services): readonly Route[] {
  return [
    route("GET", "/containers/json", (request) => list(services, request)),
    route("POST", "/containers/create", (request) => create(services, request)),
    route("POST", "/containers/prune", (request) => prune(services, request)),
    route("GET", "/containers/{id}/json", (request) => inspect(services, request)),
    route("GET", "/containers/{id}/top", (request) => top(services, request)),
    route("POST", "/containers/{id}/update", (request) => update(services, request)),
    ...actionRoutes(services),
  ];
}

/** What is done to one container, and answered with 204. */
function actionRoutes(services: Services): readonly Route[] {
  const { containers } = services;
  const actions: Readonly<Record<string, (id: string, request: ApiRequest) => Promise<void>>> = {
    "POST /containers/{id}/start": (id, request) => start(services, id, request),
    "POST /containers/{id}/stop": (id, request) => containers.stop(id, stopOptions(request)),
    "POST /containers/{id}/restart": (id, request) => containers.restart(id, stopOptions(request)),
    "POST /containers/{id}/kill": (id, { query }) => kill(services, id, query.get("signal") || "KILL"),
    "POST /containers/{id}/pause": (id) => containers.pause(id),
    "POST /containers/{id}/unpause": (id) => containers.unpause(id),
    "POST /containers/{id}/rename": (id, { query }) => rename(services, id, query.get("name") ?? ""),
    "DELETE /containers/{id}": (id, request) => remove(services, id, request),
  };
  return Object.entries(actions).map(([operation, action]) => {
    const [method, path] = operation.split(" ") as [string, string];
    return route(method, path, async (request) => {
      await action(param(request, "id"), request);
      return empty();
    });
  });
}

/** Once a HostConfig could come with it. @throws EngineError invalid-argument for a body longer than Go's `null` with spaces */
async function start({ containers }: Services, id: string, { headers }: ApiRequest): Promise<void> {
  if (Number(headers.get("content-length") ?? 0) > 7 || headers.has("transfer-encoding")) {
    const message =
      "starting container with non-empty request body was deprecated since API v1.22 and removed in v1.24";
    throw new EngineError("invalid-argument", message);
  }
  await containers.start(id);
}

async function list(services: Services, request: ApiRequest): Promise<ReturnType<typeof json>> {
  const filters = parseFilters(request.query.get("filters"));
  const limit = queryInteger(request, "limit") ?? 0;
  const all = queryBoolean(request, "all") || limit > 0 || (filters.get("status") ?? []).length > 0;
  const found = await filterContainers(services, services.containers.list({ all }), filters);
  const shown = limit > 0 ? found.slice(0, limit) : found;
  const now = services.clock.now();
  const withSizes = queryBoolean(request, "size");
  const names = await imageNames(services, shown);
  const summaries = await Promise.all(
    shown.map(async (container) =>
      toContainerSummary(container, names.get(container.id) ?? container.image.reference, now, {
        sizes: await sizesOf(services, container, withSizes),
        all: services.containers.list({ all: true }),
      }),
    ),
  );
  return json(summaries);
}

/** Docker shows an image by its id once its name points at another one. */
export async function imageNames(
  { images }: Services,
  containers: readonly Container[],
): Promise<ReadonlyMap<string, string>> {
  const resolved = new Map<string, Promise<string | undefined>>();
  const idOf = (reference: string): Promise<string | undefined> => {
    const known =
      resolved.get(reference) ??
      images.resolve(reference).then(
        (image) => image.id,
        () => undefined,
      );
    resolved.set(reference, known);
    return known;
  };
  const entries = containers.map(async ({ id, image }) => {
    const now = await idOf(image.reference);
    return [id, now === image.id ? image.reference : image.id] as const;
  });
  return new Map(await Promise.all(entries));
}

export async function sizesOf(
  services: Services,
  container: Container,
  wanted: boolean,
): Promise<SizeInput | undefined> {
  if (!wanted) return undefined;
  const rwBytes = (await services.writtenBytes?.(container.id)) ?? 0;
  const image = await services.images.resolve(container.image.id).catch(() => undefined);
  return { rwBytes, rootFsBytes: rwBytes + (image?.sizeBytes ?? 0) };
}

async function create({ containers }: Services, request: ApiRequest): Promise<ReturnType<typeof json>> {
  const body = parseCreateBody(await bodyText(request), request.version);
  const platform = isAtLeast(request, "1.41") ? (request.query.get("platform") ?? "") : "";
  const name = request.query.get("name") ?? "";
  const wanted: CreateContainer = { ...body, ...(name !== "" && { name }), ...(platform !== "" && { platform }) };
  const { container, warnings } = await containers.create(wanted);
  return json(createdContainer(container.id, warnings), 201);
}

async function inspect(services: Services, request: ApiRequest): Promise<ReturnType<typeof json>> {
  const container = services.containers.get(param(request, "id"));
  const execIds = services.containers.execIds(container.id);
  const overlay = services.overlay?.(container.id);
  const sizes = await sizesOf(services, container, queryBoolean(request, "size"));
  return json(toContainerInspect(container, { execIds, ...(overlay && { overlay }), ...(sizes && { sizes }) }));
}

async function top(services: Services, request: ApiRequest): Promise<ReturnType<typeof json>> {
  const container = services.containers.get(param(request, "id"));
  if (services.top === undefined) throw new EngineError("not-implemented", "docker top is not implemented yet");
  const { titles, processes } = await services.top(container.id, request.query.get("ps_args") || "-ef");
  return json(topResult(titles, processes));
}

async function update({ containers }: Services, request: ApiRequest): Promise<ReturnType<typeof json>> {
  const body = parseUpdateBody(await bodyText(request), request.version);
  return json(updatedContainer(await containers.update(param(request, "id"), body)));
}

function stopOptions(request: ApiRequest): { timeoutSeconds?: number; signal?: string } {
  const timeoutSeconds = queryInteger(request, "t");
  const signal = request.query.get("signal") ?? "";
  return { ...(timeoutSeconds !== undefined && { timeoutSeconds }), ...(signal !== "" && { signal }) };
}

/** Docker tells of a container that is not there in the words of every other trouble with a kill. */
async function kill({ containers }: Services, id: string, signal: string): Promise<void> {
  try {
    containers.get(id);
  } catch (cause) {
    if (!(cause instanceof EngineError)) throw cause;
    throw new EngineError(cause.kind, `cannot kill container: ${id}: ${cause.message}`, { cause });
  }
  await containers.kill(id, signal);
}

async function remove({ containers }: Services, id: string, request: ApiRequest): Promise<void> {
  if (queryBoolean(request, "link")) return containers.removeLink(id);
  await containers.remove(id, { force: queryBoolean(request, "force"), volumes: queryBoolean(request, "v") });
}

async function rename({ containers }: Services, id: string, name: string): Promise<void> {
  if (name === "") throw new EngineError("invalid-argument", "Neither old nor new names may be empty");
  await containers.rename(id, name);
}

/** Removes what does not run. A container that was removed or started meanwhile is passed over. */
async function prune(services: Services, request: ApiRequest): Promise<ReturnType<typeof json>> {
  const filters = parseFilters(request.query.get("filters"));
  checkFilterNames(filters, ["label", "label!", "until"]);
  const moments = filters.get("until") ?? [];
  if (moments.length > 1) throw new EngineError("invalid-argument", "more than one until filter specified");
  const untilMs = moments[0] === undefined ? undefined : pruneMoment(moments[0], services.clock.now());
  const deleted: string[] = [];
  let bytes = 0;
  for (const container of services.containers.list({ all: true })) {
    if (["running", "paused", "restarting"].includes(container.state.status)) continue;
    if (!matchesLabels(filters.get("label"), container.config.labels)) continue;
    if ((filters.get("label!") ?? []).some((label) => matchesLabels([label], container.config.labels))) continue;
    if (untilMs !== undefined && Date.parse(container.createdAt) > untilMs) continue;
    const written = (await services.writtenBytes?.(container.id)) ?? 0;
    try {
      await services.containers.remove(container.id, { force: false, volumes: false });
    } catch (error) {
      if (error instanceof EngineError && ["not-found", "conflict"].includes(error.kind)) continue;
      throw error;
    }
    deleted.push(container.id);
    bytes += written;
  }
  services.events.publish({ type: "container", action: "prune", id: "", attributes: { reclaimed: String(bytes) } });
  return json(prunedContainers(deleted, bytes));
}

/** Docker calls a wrong one the client's mistake here. @throws EngineError invalid-argument */
function pruneMoment(text: string, nowMs: number): number {
  try {
    return parseMomentMs(text, nowMs);
  } catch (cause) {
    throw new EngineError("invalid-argument", messageOf(cause), { cause });
  }
}

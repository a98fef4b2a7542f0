import { Disposals } from "../../base/disposal.ts";
import { EngineError } from "../../base/errors.ts";
import type { BuildRequest } from "../../build/build-request.ts";
import { filterContext } from "../../build/context/filter-context.ts";
import type { Buildkit } from "../../buildkit/buildkit.ts";
import type { BuildRun, BuildService } from "../../build/build-service.ts";
import { formatFamiliar, parseReference, type Reference, withDefaultTag } from "../../oci/reference.ts";
import { type BuildQuery, parseBuildQuery } from "../../wire/build-query.ts";
import type { ApiRequest } from "../api-request.ts";
import type { EngineResponse } from "../app.ts";
import { EMPTY_FILES } from "../../archive/empty-files.ts";
import { dockerfileIn } from "../build-context.ts";
import { buildkitMessages, type Finish, quietMessages } from "../build-messages.ts";
import type { BuildResults } from "../build-results.ts";
import type { BuildSession, BuildSessions } from "../build-sessions.ts";
import { classicError, classicMessages } from "../classic-build.ts";
import { loginHost, registryLogins } from "../registry-config-header.ts";
import { empty } from "../responses.ts";
import { type Route, route } from "../router.ts";
import type { BuildContexts, Services } from "../services.ts";
import { clientGone, jsonLines } from "../streaming.ts";
import { errorMessage, type ProgressMessage } from "../../wire/progress.ts";

/** `remote` of clients that speak BuildKit's session: everything is asked of it. */
const CLIENT_SESSION = "client-session";

/** What builds of one engine share. */
export interface BuildState {
  readonly buildkit?: Pick<Buildkit, "clientInputs">;
  readonly sessions: BuildSessions;
  readonly results: BuildResults;
}

/** `docker build` of any client that speaks the Engine API. */
export function buildRoutes({ builder, buildContexts }: Services, state: BuildState): readonly Route[] {
  if (builder === undefined || buildContexts === undefined) return [];
  const running = new Map<string, AbortController>();
  return [
    route("POST", "/build", (request) => build({ ...state, builder, contexts: buildContexts, running }, request)),
    route("POST", "/build/cancel", (request) => cancel(running, request)),
  ];
}

interface BuildPorts extends BuildState {
  readonly builder: BuildService;
  readonly contexts: BuildContexts;
  /** By the client's own id. */
  readonly running: Map<string, AbortController>;
}

/** The stream is answered when the build runs; what is wrong with the request has a status of its own. */
async function build(ports: BuildPorts, request: ApiRequest): Promise<EngineResponse> {
  const query = parseBuildQuery(request.query, request.version);
  const tags = query.tags.map(parseTag);
  const isOurs = query.session !== "" && query.remote !== CLIENT_SESSION;
  const session = isOurs ? ports.sessions.take(query.session) : undefined;
  const gone = clientGone(request.signal);
  await using owned = new Disposals();
  if (session !== undefined) owned.use(session);
  const buildRequest = await toBuildRequest(ports, { request, query, tags, session, owned, signal: gone.signal });
  if (query.buildId !== "") ports.running.set(query.buildId, gone);
  owned.use({ [Symbol.dispose]: () => void ports.running.delete(query.buildId) });
  const run = ports.builder.build(buildRequest, { signal: gone.signal });
  // Who goes away does not wait for the result.
  run.result.catch(() => undefined);
  const finish: Finish = (result) => {
    if (session?.options.KeepFiles === true) ports.results.keep(run.id, result);
  };
  const messages = messagesOf(ports, { run, query, tags, finish, hasSession: session !== undefined });
  return await answer(messages, gone, owned.move(), run);
}

/** Waits for the first message: an error before it has a status of its own. All that the build was given is kept until it is over. */
async function answer(
  messages: AsyncGenerator<ProgressMessage, void, undefined>,
  gone: AbortController,
  owned: Disposals,
  run: BuildRun,
): Promise<EngineResponse> {
  const over = run.result.then(
    () => owned[Symbol.asyncDispose](),
    () => owned[Symbol.asyncDispose](),
  );
  over.catch(() => undefined);
  const first = await messages.next();
  async function* all(): AsyncGenerator<ProgressMessage, void, undefined> {
    for (let step = first; step.done !== true; step = await messages.next()) yield step.value;
  }
  return jsonLines(all(), gone, "\r\n");
}

function messagesOf(
  { builder }: BuildPorts,
  {
    run,
    query,
    tags,
    finish,
    hasSession,
  }: { run: BuildRun; query: BuildQuery; tags: readonly Reference[]; finish: Finish; hasSession: boolean },
): AsyncGenerator<ProgressMessage, void, undefined> {
  const isClassic = query.version === "1";
  if (query.quiet)
    return quietMessages(run, {
      finish,
      explain: isClassic ? classicError : (error) => errorMessage((error as Error).message),
    });
  if (!isClassic) return buildkitMessages(run, { finish, hasSession });
  return classicMessages(run, { builder, finish, tags: tags.map(formatFamiliar), remove: query.remove });
}

interface Received {
  readonly request: ApiRequest;
  readonly query: BuildQuery;
  readonly tags: readonly Reference[];
  readonly session: BuildSession | undefined;
  readonly owned: Disposals;
  readonly signal: AbortSignal;
}

async function toBuildRequest(ports: BuildPorts, received: Received): Promise<BuildRequest> {
  const { request, query, tags, session } = received;
  const inputs =
    query.remote === CLIENT_SESSION ? await clientInputs(ports, received) : await contextOf(ports, received);
  const { context, dockerfile, contextBytes = 0 } = inputs;
  const logins = registryLogins(request);
  const filter = session?.options.NoCacheFilter ?? [];
  const contextPath = session?.options.ContextPath;
  return {
    dockerfile,
    context,
    namedContexts: session?.namedContexts() ?? new Map(),
    target: query.target,
    buildArgs: new Map([...query.buildArgs].filter((pair): pair is [string, string] => pair[1] !== undefined)),
    labels: query.labels,
    tags: tags.map(formatFamiliar),
    noCache: filter.length > 0 ? new Set(filter) : query.noCache,
    cacheFrom: query.cacheFrom,
    pull: query.pull,
    platform: query.platform,
    network: query.networkMode,
    extraHosts: query.extraHosts,
    shmSizeBytes: query.shmSizeBytes,
    ulimits: query.ulimits,
    memoryBytes: query.memoryBytes,
    session: inputs.session ?? {
      secret: async (id) => session?.secrets.get(id),
      sshAgent: async (id) => session?.sshAgents.get(id),
      registryAuth: async (host) => logins.get(loginHost(host)),
    },
    checkOnly: session?.options.Check ?? false,
    filesOnly: session?.options.KeepFiles ?? false,
    contextBytes,
    ...(contextPath !== undefined && { contextPath }),
  };
}

type Inputs = Pick<BuildRequest, "context" | "dockerfile" | "contextBytes"> & Partial<Pick<BuildRequest, "session">>;

async function clientInputs({ buildkit }: BuildPorts, { query, owned, signal }: Received): Promise<Inputs> {
  if (buildkit === undefined) throw new EngineError("not-implemented", "there is no BuildKit here");
  return await buildkit.clientInputs(query.session, { dockerfile: query.dockerfile, owned, signal });
}

/** The context with what it excludes left out, and the Dockerfile: with the session, in the context, or at the URL. */
async function contextOf(
  { contexts }: BuildPorts,
  { request, query, session, owned, signal }: Received,
): Promise<Inputs> {
  const given = session?.options.Dockerfile;
  const named = given && { name: given.Name, text: given.Text };
  if (query.remote !== "") {
    const { files, dockerfile: alone } = owned.use(await contexts.fetch(query.remote, { signal }));
    const dockerfile = named ?? (await dockerfileIn(files, alone ?? query.dockerfile));
    return { context: await filterContext(files, dockerfile.name), dockerfile };
  }
  // A tar file that is the context itself says whose its files are, to BuildKit.
  const owners = query.version === "2" && named === undefined ? "keep" : "root";
  const received =
    request.body === undefined ? undefined : owned.use(await contexts.receive(request.body, { owners, signal }));
  const { files = EMPTY_FILES, sizeBytes: contextBytes = 0 } = received ?? {};
  if (named !== undefined) return { context: files, dockerfile: named, contextBytes };
  const dockerfile = await dockerfileIn(files, query.dockerfile).catch((cause: unknown) => {
    // dockerd looks for it when the answer has begun.
    throw cause instanceof EngineError && cause.kind === "not-found"
      ? new EngineError("internal", cause.message, { cause })
      : cause;
  });
  return { context: await filterContext(files, dockerfile.name), dockerfile, contextBytes };
}

/** dockerd answers a bad name with 500. */
function parseTag(text: string): Reference {
  try {
    const reference = parseReference(text);
    if (reference.digest !== undefined) throw new Error("build tag cannot contain a digest");
    return withDefaultTag(reference);
  } catch (cause) {
    throw new EngineError("internal", (cause as Error).message, { cause });
  }
}

/** A build that is not there was over already: that is no error. */
function cancel(running: ReadonlyMap<string, AbortController>, { query }: ApiRequest): EngineResponse {
  const id = query.get("id") ?? "";
  if (id === "") throw new EngineError("invalid-argument", "build ID not provided");
  running.get(id)?.abort(new EngineError("internal", "context canceled"));
  return empty(200);
}

import { API_VERSION, DOCKER_VERSION } from "../wire/version.ts";
import { errorResponse } from "./error-response.ts";
import { EventLog } from "./event-log.ts";
import { ImageEvents } from "./image-events.ts";
import { createRouter, type Route } from "./router.ts";
import { BuildResults } from "./build-results.ts";
import { BuildSessions } from "./build-sessions.ts";
import { archiveRoutes } from "./routes/archive.ts";
import { buildRoutes } from "./routes/build.ts";
import { buildkitRoutes, createBuildkit } from "./routes/buildkit.ts";
import { drydockBuildRoutes } from "./routes/drydock-builds.ts";
import { absentRoutes } from "./routes/absent.ts";
import { containerRoutes } from "./routes/containers.ts";
import { containerStatsRoutes } from "./routes/container-stats.ts";
import { containerStreamRoutes } from "./routes/container-streams.ts";
import { diskUsageRoutes } from "./routes/disk-usage.ts";
import { eventRoutes } from "./routes/events.ts";
import { execRoutes } from "./routes/exec.ts";
import { commitRoutes } from "./routes/commit.ts";
import { imageArchiveRoutes } from "./routes/image-archives.ts";
import { imageRoutes } from "./routes/images.ts";
import { imageTransferRoutes } from "./routes/image-transfers.ts";
import { networkRoutes } from "./routes/networks.ts";
import { registryRoutes } from "./routes/registries.ts";
import { systemRoutes } from "./routes/system.ts";
import { volumeRoutes } from "./routes/volumes.ts";
import { workspaceRoutes } from "./routes/workspace.ts";
import type { Services } from "./services.ts";
import { unsupportedRoutes } from "./support.ts";

/**
 * The engine's one door: Docker's Engine API as a handler of requests. In process a request's body may still be arriving while
 * the response is read: that is how attach and exec are full duplex without an HTTP upgrade (Docker answers `200` with
 * `application/vnd.docker.raw-stream` when none was asked for).
 */
export interface EngineRequest {
  readonly method: string;
  /** Path without query, version prefix included when the client sent one: `/v1.50/containers/json`. */
  readonly path: string;
  readonly query: URLSearchParams;
  /** Lower-case names. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: ReadableStream<Uint8Array> | undefined;
  /**
   * What the client sends behind the request, for attach and exec; to be read only with a `hijack` response. Absent in process,
   * where it follows in the body.
   */
  readonly input?: ReadableStream<Uint8Array>;
  /** Aborted when the client went away. */
  readonly signal?: AbortSignal;
}

export interface EngineResponse {
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  readonly body: ReadableStream<Uint8Array> | undefined;
  /** Set for attach and exec: a socket server answers `101 UPGRADED` when the client asked for it, and streams raw bytes. */
  readonly hijack?: boolean;
  /** With `hijack`: the bytes travel in web socket messages of this kind instead. */
  readonly webSocket?: "binary" | "text";
}

export type EngineFetch = (request: EngineRequest) => Promise<EngineResponse>;

/** On every answer, as Docker has them. */
const COMMON_HEADERS = [
  ["api-version", API_VERSION],
  ["docker-experimental", "false"],
  ["ostype", "linux"],
  ["server", `Docker/${DOCKER_VERSION} (linux)`],
] as const;

/** The Docker Engine API on these services. Never throws: an error is an answer. */
export function createApp(services: Services): EngineFetch {
  const dispatch = createRouter(createRoutes(services));
  return async (request) => {
    const response = await dispatch(request).catch(errorResponse);
    return { ...response, headers: new Map([...COMMON_HEADERS, ...response.headers]) };
  };
}

/** All routes, those that are not implemented yet last. */
export function createRoutes(services: Services): readonly Route[] {
  const log = new EventLog(services.events);
  const imageEvents = new ImageEvents(services.events, services.images);
  const buildkit = createBuildkit(services);
  const builds = { sessions: new BuildSessions(), results: new BuildResults(), ...(buildkit && { buildkit }) };
  return [
    ...systemRoutes(services, log),
    ...containerRoutes(services),
    ...containerStreamRoutes(services),
    ...archiveRoutes(services),
    ...containerStatsRoutes(services),
    ...execRoutes(services),
    ...imageRoutes(services, imageEvents),
    ...imageTransferRoutes(services, imageEvents),
    ...imageArchiveRoutes(services, imageEvents),
    ...commitRoutes(services, imageEvents),
    ...registryRoutes(services),
    ...eventRoutes(services, log),
    ...networkRoutes(services),
    ...diskUsageRoutes(services),
    ...volumeRoutes(services),
    ...workspaceRoutes(services),
    ...buildRoutes(services, builds),
    ...drydockBuildRoutes(services, builds),
    ...buildkitRoutes(buildkit),
    ...absentRoutes(),
    ...unsupportedRoutes(),
  ];
}

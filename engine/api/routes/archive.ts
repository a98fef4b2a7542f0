import { goFileMode } from "../../archive/file-mode.ts";
import type { PathStat } from "../../archive/path-stat.ts";
import { EngineError } from "../../base/errors.ts";
import { emptyStream } from "../../base/streams.ts";
import { toWireChanges } from "../../wire/changes.ts";
import { encodePathStat } from "../../wire/path-stat.ts";
import { type ApiRequest, param, queryBoolean } from "../api-request.ts";
import type { EngineResponse } from "../app.ts";
import { empty, json } from "../responses.ts";
import { type Route, route } from "../router.ts";
import type { Services } from "../services.ts";

const STAT_HEADER = "x-docker-container-path-stat";

/** Files of containers: copies both ways, comparison with the image, export. */
export function archiveRoutes(services: Services): readonly Route[] {
  const { containers } = services;
  const archives = services.archives ?? NO_ARCHIVES;
  return [
    route("HEAD", "/containers/{id}/archive", async (request) => {
      const stat = await archives.stat(param(request, "id"), pathOf(request));
      return { status: 200, headers: new Map([[STAT_HEADER, statHeader(stat)]]), body: undefined };
    }),
    route("GET", "/containers/{id}/archive", async (request) => {
      const { stat, tar } = await archives.read(param(request, "id"), pathOf(request));
      return archiveResponse(request, tar, new Map([[STAT_HEADER, statHeader(stat)]]));
    }),
    route("PUT", "/containers/{id}/archive", async (request) => {
      await archives.write(param(request, "id"), pathOf(request), request.body ?? emptyStream(), {
        keepKinds: queryBoolean(request, "noOverwriteDirNonDir"),
        copyOwner: queryBoolean(request, "copyUIDGID"),
      });
      return empty(200);
    }),
    route("GET", "/containers/{id}/changes", async (request) => {
      const { id } = containers.get(param(request, "id"));
      return json(toWireChanges(await archives.changes(id)));
    }),
    route("GET", "/containers/{id}/export", async (request) => ({
      status: 200,
      headers: new Map([["content-type", "application/octet-stream"]]),
      body: await archives.export(param(request, "id")),
    })),
  ];
}

function absent(): never {
  throw new EngineError("not-implemented", "archives of containers are not implemented here");
}

/** Where the engine is not wired with a guest. */
const NO_ARCHIVES: NonNullable<Services["archives"]> = {
  stat: absent,
  read: absent,
  write: absent,
  changes: absent,
  export: absent,
};

/** @throws EngineError invalid-argument, in Docker's words */
function pathOf({ query }: ApiRequest): string {
  const path = query.get("path") ?? "";
  if (path === "") throw new EngineError("invalid-argument", "bad parameter: pathcannot be empty");
  return path;
}

function statHeader(stat: PathStat): string {
  return encodePathStat({ ...stat, goMode: goFileMode(stat.mode) });
}

/** Compressed for a client that asks for it, as some HTTP libraries always do. */
function archiveResponse(
  { headers: asked }: ApiRequest,
  tar: ReadableStream<Uint8Array>,
  headers: Map<string, string>,
): EngineResponse {
  headers.set("content-type", "application/x-tar");
  const wantsGzip = (asked.get("accept-encoding") ?? "")
    .split(",")
    .some((coding) => /^gzip(?!.*;\s*q=0(?:\.0*)?$)/.test(coding.trim()));
  if (!wantsGzip) return { status: 200, headers, body: tar };
  headers.set("content-encoding", "gzip");
  const gzip = new CompressionStream("gzip") as ReadableWritablePair<Uint8Array, Uint8Array>;
  return { status: 200, headers, body: tar.pipeThrough(gzip) };
}

import { EngineError } from "../../base/errors.ts";
import { toStats } from "../../wire/stats.ts";
import { type ApiRequest, param, queryBoolean } from "../api-request.ts";
import type { EngineResponse } from "../app.ts";
import { type Route, route } from "../router.ts";
import type { Services } from "../services.ts";
import { clientGone, jsonLines } from "../streaming.ts";

/** What a container uses. */
export function containerStatsRoutes(services: Services): readonly Route[] {
  return [route("GET", "/containers/{id}/stats", (request) => stats(services, request))];
}

function stats({ containers, system }: Services, request: ApiRequest): EngineResponse {
  const stream = request.query.has("stream") ? queryBoolean(request, "stream") : true;
  const oneShot = queryBoolean(request, "one-shot");
  if (stream && oneShot) throw new EngineError("invalid-argument", "cannot have stream=true and one-shot=true");
  const gone = clientGone(request.signal);
  const samples = containers.stats(param(request, "id"), { stream, oneShot, signal: gone.signal });
  async function* answers(): AsyncGenerator<unknown, void, undefined> {
    for await (const sample of samples) yield toStats(sample, system.memoryBytes);
  }
  return jsonLines(answers(), gone);
}

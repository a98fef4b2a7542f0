import { encodeUtf8, streamOf } from "../../base/streams.ts";
import { toInfo, toVersion } from "../../wire/system.ts";
import type { EngineResponse } from "../app.ts";
import type { EventLog } from "../event-log.ts";
import { json } from "../responses.ts";
import { type Route, route } from "../router.ts";
import type { Services } from "../services.ts";

/** The engine itself. */
export function systemRoutes(services: Services, log: EventLog): readonly Route[] {
  return [
    route("GET", "/_ping", () => ping("OK")),
    route("HEAD", "/_ping", () => ping("")),
    route("GET", "/version", () => json(toVersion(services.system))),
    route("GET", "/info", () => info(services, log)),
  ];
}

function ping(text: string): EngineResponse {
  const headers = new Map([
    ["builder-version", "1"],
    ["cache-control", "no-cache, no-store, must-revalidate"],
    ["content-length", String(text.length)],
    ["content-type", "text/plain; charset=utf-8"],
    ["pragma", "no-cache"],
    ["swarm", "inactive"],
  ]);
  return { status: 200, headers, body: text === "" ? undefined : streamOf(encodeUtf8(text)) };
}

async function info({ containers, images, system, clock }: Services, log: EventLog): Promise<EngineResponse> {
  const all = containers.list({ all: true });
  const count = (...statuses: readonly string[]): number =>
    all.filter(({ state }) => statuses.includes(state.status)).length;
  const running = count("running", "restarting");
  const paused = count("paused");
  const counts = {
    running,
    paused,
    stopped: all.length - running - paused,
    images: (await images.list()).length,
    listeners: log.listenerCount,
  };
  return json(toInfo(system, counts, new Date(clock.now()).toISOString()));
}

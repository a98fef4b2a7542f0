import { EngineError } from "../../base/errors.ts";
import type { EngineEvent } from "../../containers/container-service.ts";
import { toEventMessage } from "../../wire/events.ts";
import { type Filters, matchesExactly, matchesLabels, parseFilters } from "../../wire/filters.ts";
import { parseTimestamp } from "../../wire/times.ts";
import type { ApiRequest } from "../api-request.ts";
import type { EngineResponse } from "../app.ts";
import type { EventLog } from "../event-log.ts";
import { type Route, route } from "../router.ts";
import type { Services } from "../services.ts";
import { clientGone, jsonLines } from "../streaming.ts";

/** Filters that name an object: by the beginning of its id or name, whatever its kind (moby's `daemon/events/filter.go`). */
const OBJECT_FILTERS = [
  "container",
  "network",
  "volume",
  "daemon",
  "plugin",
  "node",
  "service",
  "secret",
  "config",
] as const;

/** Actions that carry more behind a colon: without it the filter is a prefix. */
const PREFIX_ACTIONS = ["health_status", "exec_create", "exec_start"];

/** `GET /events`: what happened since a moment, then what happens, until a moment or for ever. */
export function eventRoutes(services: Services, log: EventLog): readonly Route[] {
  return [route("GET", "/events", (request) => events(services, log, request))];
}

function events(services: Services, log: EventLog, request: ApiRequest): EngineResponse {
  const filters = parseFilters(request.query.get("filters"));
  const since = momentOf(request, "since");
  const until = momentOf(request, "until");
  if (since !== undefined && until !== undefined && since > until) {
    const [from, to] = [request.query.get("since"), request.query.get("until")];
    throw new EngineError("invalid-argument", `\`since\` time (${from}) cannot be after \`until\` time (${to})`);
  }
  const gone = clientGone(request.signal);
  const past = log.between(since, until);
  const live = followUntil(services, log, until, gone);
  async function* messages(): AsyncGenerator<unknown, void, undefined> {
    for (const event of past) if (matches(event, filters)) yield toEventMessage(event);
    for await (const event of live) if (matches(event, filters)) yield toEventMessage(event);
  }
  return jsonLines(messages(), gone);
}

/** Live events end at `until`; when that has passed there are none. */
function followUntil(
  { clock }: Services,
  log: EventLog,
  until: bigint | undefined,
  gone: AbortController,
): AsyncIterable<EngineEvent> {
  const ended = new AbortController();
  gone.signal.addEventListener("abort", () => ended.abort(), { once: true });
  if (gone.signal.aborted) ended.abort();
  if (until !== undefined) {
    const left = Number(until) / 1e6 - clock.now();
    if (left <= 0) ended.abort();
    else
      void clock.sleep(left, { signal: ended.signal }).then(
        () => ended.abort(),
        () => undefined,
      );
  }
  return log.follow(ended.signal);
}

function momentOf({ query }: ApiRequest, name: string): bigint | undefined {
  const text = query.get(name) ?? "";
  return text === "" || text === "0" ? undefined : parseTimestamp(text);
}

function matches(event: EngineEvent, filters: Filters): boolean {
  const { type, action, id, attributes } = event;
  return (
    matchesAction(filters.get("event"), action) &&
    matchesExactly(filters.get("type"), type) &&
    matchesExactly(filters.get("scope"), "local") &&
    matchesLabels(filters.get("label"), attributes) &&
    matchesImage(event, filters.get("image")) &&
    OBJECT_FILTERS.every((name) => matchesPrefix(filters.get(name), id, attributes["name"] ?? ""))
  );
}

function matchesAction(wanted: readonly string[] | undefined, action: string): boolean {
  if (wanted?.some((value) => PREFIX_ACTIONS.includes(value)) === true) return matchesPrefix(wanted, action);
  return matchesExactly(wanted, action);
}

function matchesPrefix(wanted: readonly string[] | undefined, ...sources: readonly string[]): boolean {
  if (wanted === undefined || wanted.length === 0) return true;
  return wanted.some((value) => sources.some((source) => source.startsWith(value)));
}

/** `busybox` matches `busybox:1.36` too, for images and for their containers. */
function matchesImage({ type, id, attributes }: EngineEvent, wanted: readonly string[] | undefined): boolean {
  const name = (type === "image" ? attributes["name"] : attributes["image"]) ?? "";
  const colon = name.indexOf(":", name.lastIndexOf("/"));
  return matchesExactly(wanted, id, name, colon < 0 ? name : name.slice(0, colon));
}

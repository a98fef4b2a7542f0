import { EngineError } from "../../base/errors.ts";
import type { EngineEvent } from "../../containers/container-service.ts";
import { toEventMessage } from "../../wire/events.ts";
import { checkFilterNames, type Filters, matchesExactly, matchesLabels, parseFilters } from "../../wire/filters.ts";
import { parseUnixNs } from "../../wire/times.ts";
import type { ApiRequest } from "../api-request.ts";
import type { EngineResponse } from "../app.ts";
import type { EventLog } from "../event-log.ts";
import { type Route, route } from "../router.ts";
import type { Services } from "../services.ts";
import { clientGone, jsonLines } from "../streaming.ts";

const NAMES = [
  "config",
  "container",
  "daemon",
  "event",
  "image",
  "label",
  "network",
  "node",
  "plugin",
  "scope",
  "secret",
  "service",
  "type",
  "volume",
];
/** Filters that name an object of their own kind. */
const OBJECT_TYPES = ["container", "network", "volume", "daemon"] as const;

/** `GET /events`: what happened since a moment, then what happens, until a moment or for ever. */
export function eventRoutes(services: Services, log: EventLog): readonly Route[] {
  return [route("GET", "/events", (request) => events(services, log, request))];
}

function events(services: Services, log: EventLog, request: ApiRequest): EngineResponse {
  const filters = parseFilters(request.query.get("filters"));
  checkFilterNames(filters, NAMES);
  const since = momentOf(request, "since");
  const until = momentOf(request, "until");
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
  if (text === "" || text === "0") return undefined;
  const ns = parseUnixNs(text);
  if (ns === undefined)
    throw new EngineError("internal", `strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`);
  return ns;
}

function matches(event: EngineEvent, filters: Filters): boolean {
  const { type, action, id, attributes } = event;
  return (
    matchesExactly(filters.get("type"), type) &&
    matchesExactly(filters.get("event"), action, action.split(":")[0] as string) &&
    matchesExactly(filters.get("scope"), "local") &&
    matchesLabels(filters.get("label"), attributes) &&
    matchesImage(event, filters.get("image")) &&
    OBJECT_TYPES.every((name) => {
      const wanted = filters.get(name);
      if (wanted === undefined || wanted.length === 0) return true;
      const isKind = type === name && wanted.some((value) => value === attributes["name"] || id.startsWith(value));
      return isKind || (name !== "container" ? false : matchesExactly(wanted, attributes["container"] ?? ""));
    })
  );
}

/** `busybox` matches `busybox:1.36` too, for images and for their containers. */
function matchesImage({ type, id, attributes }: EngineEvent, wanted: readonly string[] | undefined): boolean {
  const name = (type === "image" ? attributes["name"] : attributes["image"]) ?? "";
  const colon = name.indexOf(":", name.lastIndexOf("/"));
  return matchesExactly(wanted, name, colon < 0 ? name : name.slice(0, colon), ...(type === "image" ? [id] : []));
}

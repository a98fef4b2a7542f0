import { EngineError } from "../base/errors.ts";
import type { Network } from "../network/network.ts";
import { isPredefined } from "../network/network-registry.ts";
import { checkFilterNames, type Filters, matchesExactly, matchesLabels, matchesPattern } from "../wire/filters.ts";
import { parseMomentMs } from "../wire/moments.ts";

/** Whether a network is shown; `isUsed`: a container is on it. */
export type NetworkFilter = (network: Network, isUsed: boolean) => boolean;

/** The filters of `GET /networks` (moby's `daemon/network/filter.go`). @throws EngineError in Docker's words */
export function networkFilter(filters: Filters): NetworkFilter {
  checkFilterNames(filters, ["dangling", "driver", "id", "label", "name", "scope", "type"]);
  const dangling = danglingOf(filters);
  const types = filters.get("type") ?? [];
  for (const type of types)
    if (type !== "builtin" && type !== "custom") throw new EngineError("internal", `invalid filter: 'type'='${type}'`);
  return (network, isUsed) =>
    matchesExactly(filters.get("driver"), network.driver) &&
    matchesPattern(filters.get("name"), network.name) &&
    matchesPattern(filters.get("id"), network.id) &&
    matchesLabels(filters.get("label"), network.labels) &&
    matchesExactly(filters.get("scope"), "local") &&
    (dangling === undefined || dangling === (!isPredefined(network) && !isUsed)) &&
    matchesExactly(types, isPredefined(network) ? "builtin" : "custom");
}

function danglingOf(filters: Filters): boolean | undefined {
  const values = filters.get("dangling") ?? [];
  if (values.length > 1) throw new EngineError("invalid-argument", 'got more than one value for filter key "dangling"');
  const [value] = values;
  if (value === undefined) return undefined;
  if (["1", "true"].includes(value)) return true;
  if (["0", "false"].includes(value)) return false;
  throw new EngineError(
    "invalid-argument",
    `invalid value for filter 'dangling', must be "true" (or "1"), or "false" (or "0")`,
  );
}

/** The filters of `POST /networks/prune`: networks that somebody made and nobody is on. @throws EngineError in Docker's words */
export function prunableNetworks(filters: Filters, nowMs: number): NetworkFilter {
  checkFilterNames(filters, ["label", "label!", "until"]);
  const moments = filters.get("until") ?? [];
  if (moments.length > 1) throw new EngineError("invalid-argument", "more than one until filter specified");
  const until = moments[0] === undefined ? undefined : parseMomentMs(moments[0], nowMs);
  return (network, isUsed) =>
    !isPredefined(network) &&
    !isUsed &&
    matchesLabels(filters.get("label"), network.labels) &&
    !(filters.get("label!") ?? []).some((label) => matchesLabels([label], network.labels)) &&
    (until === undefined || Date.parse(network.createdAt) <= until);
}

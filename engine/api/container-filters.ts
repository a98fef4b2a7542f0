import { EngineError, isKind } from "../base/errors.ts";
import type { Container } from "../containers/container.ts";
import { checkFilterNames, type Filters, matchesExactly, matchesLabels, matchesPattern } from "../wire/filters.ts";
import { parsePortNumber } from "../wire/ports.ts";
import type { Services } from "./services.ts";

const NAMES = [
  "ancestor", "before", "exited", "expose", "health", "id", "isolation", "label", "name", "network", "publish", "since", "status",
  "volume", "is-task",
]; // prettier-ignore
const HEALTHS = ["none", "starting", "healthy", "unhealthy"];
const STATUSES = ["created", "running", "paused", "restarting", "removing", "exited", "dead"];

/** `--filter` of `docker ps`. @throws EngineError invalid-argument in Docker's words */
export async function filterContainers(
  services: Services,
  all: readonly Container[],
  filters: Filters,
): Promise<readonly Container[]> {
  checkFilterNames(filters, NAMES);
  const statuses = filters.get("status") ?? [];
  for (const status of statuses) {
    if (!STATUSES.includes(status))
      throw wrongValue("status", status, `invalid value for state (${status}): must be one of ${STATUSES.join(", ")}`);
  }
  for (const health of filters.get("health") ?? []) {
    if (!HEALTHS.includes(health))
      throw wrongValue("health", health, `invalid value for health (${health}): must be one of ${HEALTHS.join(", ")}`);
  }
  const exitCodes = (filters.get("exited") ?? []).map(toExitCode);
  const isTask = (filters.get("is-task") ?? []).map(toBoolean).includes(true);
  for (const name of ["publish", "expose"]) for (const text of filters.get(name) ?? []) portRange(name, text);
  const ancestors = await resolveAncestors(services, filters.get("ancestor"));
  const isInPeriod = periodOf(services, filters);
  return all.filter(
    (container) =>
      matchesPattern(filters.get("id"), container.id) &&
      matchesPattern(filters.get("name"), container.name, `/${container.name}`) &&
      matchesLabels(filters.get("label"), container.config.labels) &&
      (statuses.length === 0 || statuses.includes(container.state.status)) &&
      (exitCodes.length === 0 ||
        (container.state.status === "exited" && exitCodes.includes(container.state.exitCode))) &&
      matchesExactly(filters.get("health"), container.state.health?.status ?? "none") &&
      !isTask &&
      (ancestors === undefined || ancestors.has(container.image.id) || ancestors.has(container.image.reference)) &&
      isInPeriod(container) &&
      matchesPlace(container, filters),
  );
}

function matchesPlace(container: Container, filters: Filters): boolean {
  const networks = Object.entries(container.endpoints).flatMap(([name, endpoint]) => [name, endpoint.networkId]);
  const volumes = container.mounts.flatMap(({ name, source, destination }) => [name ?? source, destination]);
  const exposed = container.config.exposedPorts;
  const published = Object.values(container.endpoints).flatMap((endpoint) => endpoint.ports);
  return (
    matchesExactly(filters.get("network"), ...networks) &&
    matchesExactly(filters.get("volume"), ...volumes) &&
    matchesPorts("expose", filters, exposed) &&
    matchesPorts(
      "publish",
      filters,
      published.map((binding) => binding.container),
    )
  );
}

/** `80`, `80/tcp`, `8000-8010/udp`: any of them. */
function matchesPorts(
  name: "expose" | "publish",
  filters: Filters,
  ports: readonly { readonly port: number; readonly protocol: string }[],
): boolean {
  const wanted = filters.get(name) ?? [];
  if (wanted.length === 0) return true;
  return wanted.some((text) => {
    const { first, last, protocol } = portRange(name, text);
    return ports.some((port) => port.protocol === protocol && port.port >= first && port.port <= last);
  });
}

function portRange(name: string, text: string): { first: number; last: number; protocol: string } {
  const [range = "", protocol = "tcp"] = text.split("/");
  const [first, last = first] = range.split("-").map(parsePortNumber);
  if (first !== undefined && last !== undefined) return { first, last, protocol };
  const reason = `strconv.ParseUint: parsing ${JSON.stringify(range)}: invalid syntax`;
  throw new EngineError("internal", `error while looking up for ${name} ${text}: ${reason}`);
}

function toBoolean(text: string): boolean {
  if (["1", "true"].includes(text)) return true;
  if (["0", "false"].includes(text)) return false;
  throw new EngineError("invalid-argument", `invalid filter 'is-task=[${text}]'`);
}

function toExitCode(text: string): number {
  if (!/^-?\d+$/.test(text))
    throw wrongValue("exited", text, `strconv.Atoi: parsing ${JSON.stringify(text)}: invalid syntax`);
  return Number(text);
}

async function resolveAncestors(
  services: Services,
  wanted: readonly string[] | undefined,
): Promise<ReadonlySet<string> | undefined> {
  if (wanted === undefined || wanted.length === 0) return undefined;
  const found = new Set<string>();
  for (const name of wanted) {
    try {
      found.add((await services.images.resolve(name)).id);
    } catch (error) {
      if (!isKind(error, "not-found", "invalid-argument")) throw error;
    }
  }
  return found;
}

/** `before` and `since` name containers. */
function periodOf({ containers }: Services, filters: Filters): (container: Container) => boolean {
  const createdAt = (name: string): string => containers.get(name).createdAt;
  const before = (filters.get("before") ?? []).map(createdAt);
  const since = (filters.get("since") ?? []).map(createdAt);
  return (container) =>
    before.every((time) => container.createdAt < time) && since.every((time) => container.createdAt > time);
}

function wrongValue(name: string, value: string, reason: string): EngineError {
  return new EngineError("invalid-argument", `invalid filter '${name}=${value}': ${reason}`);
}

import { EngineError, messageOf } from "../base/errors.ts";
import { shortId } from "./container-id.ts";
import type { Container, HostConfig, PortSpec } from "./container.ts";
import type { EngineContext } from "./engine-context.ts";
import type { LiveContainer } from "./live-container.ts";

interface Link {
  readonly target: string;
  readonly alias: string;
}

/**
 * `--link` on the default bridge, as the record keeps it: `name:alias`, the name without slash.
 * @throws EngineError as moby's `daemon/links.go` and `runconfig`
 */
export function checkedLinks(context: Pick<EngineContext, "store">, host: HostConfig): readonly string[] | undefined {
  const { links = [] } = host;
  if (links.length === 0) return host.links;
  return links.map((text) => {
    const { target, alias } = parseLink(text);
    let linked: LiveContainer;
    try {
      linked = context.store.get(target);
    } catch (error) {
      throw new EngineError("invalid-argument", `could not get container for ${target}: ${messageOf(error)}`, {
        cause: error,
      });
    }
    if (linked.record.host.networkMode === "host")
      throw new EngineError(
        "invalid-argument",
        "conflicting options: host type networking can't be used with links. This would result in undefined behavior",
      );
    return `${linked.record.name}:${alias}`;
  });
}

/** `db`, `db:mysql`, `/db:/web/mysql` as `inspect` writes it. @throws EngineError internal `bad format for links: x` */
function parseLink(text: string): Link {
  const parts = text.split(":");
  const [target = "", alias = target] = parts;
  if (text === "" || parts.length > 2) throw new EngineError("internal", `bad format for links: ${text}`);
  return { target: target.replace(/^\//, ""), alias: alias.replace(/^.*\//, "") };
}

/** The containers it is linked to. @throws EngineError when one cannot be reached now */
function linkedContainers(
  context: EngineContext,
  { name, host, endpoints }: Container,
): readonly (Link & { container: LiveContainer })[] {
  if (endpoints["bridge"] === undefined) return [];
  return (host.links ?? []).map(parseLink).flatMap(({ target, alias }) => {
    const container = context.store.byName(target);
    // Whoever was removed is linked no more.
    if (container === undefined) return [];
    if (container.task === undefined)
      throw new EngineError("conflict", `Cannot link to a non running container: /${target} AS /${name}/${alias}`);
    if ((container.record.endpoints["bridge"]?.ipAddress ?? "") === "")
      throw new EngineError("internal", `container ${container.id} not attached to default bridge network`);
    return [{ target, alias, container }];
  });
}

/** Lines for `/etc/hosts`, as `--add-host` writes them: `names:address`. */
export function linkHosts(context: EngineContext, container: Container): readonly string[] {
  return linkedContainers(context, container).map(({ target, alias, container: { record } }) => {
    const names = [...new Set([alias, record.config.hostname, target])].join(" ");
    return `${names}:${record.endpoints["bridge"]?.ipAddress ?? ""}`;
  });
}

/** The variables that tell a container of those it is linked to (moby's `daemon/links/links.go`). */
function linkEnv(context: EngineContext, container: Container): readonly string[] {
  return linkedContainers(context, container).flatMap(({ alias, container: { record } }) => {
    const prefix = alias.toUpperCase().replaceAll("-", "_");
    const address = record.endpoints["bridge"]?.ipAddress ?? "";
    const ports = record.config.exposedPorts.toSorted(tcpFirst);
    const url = ({ port, protocol }: PortSpec): string => `${protocol}://${address}:${port}`;
    const own = record.config.env.filter((variable) => /^[^=]+=/.test(variable) && !/^(?:HOME|PATH)=/.test(variable));
    return [
      ...(ports[0] === undefined ? [] : [`${prefix}_PORT=${url(ports[0])}`]),
      ...ports.flatMap((spec) => portVariables(`${prefix}_PORT`, spec, address)),
      ...rangesOf(ports).flatMap(([first, last]) => {
        const name = `${prefix}_PORT_${first.port}_${first.protocol.toUpperCase()}`;
        return [
          `${name}_START=${url(first)}`,
          `${name}_PORT_START=${first.port}`,
          `${name}_END=${url(last)}`,
          `${name}_PORT_END=${last.port}`,
        ];
      }),
      `${prefix}_NAME=/${container.name}/${alias}`,
      ...own.map((variable) => `${prefix}_ENV_${variable}`),
    ];
  });
}

/** The container with those variables before its own. */
export function withLinkEnv<T extends Container>(context: EngineContext, container: T): T {
  if ((container.host.links ?? []).length === 0) return container;
  const { config } = container;
  return { ...container, config: { ...config, env: [...linkEnv(context, container), ...config.env] } };
}

function portVariables(prefix: string, { port, protocol }: PortSpec, address: string): readonly string[] {
  const name = `${prefix}_${port}_${protocol.toUpperCase()}`;
  return [
    `${name}=${protocol}://${address}:${port}`,
    `${name}_ADDR=${address}`,
    `${name}_PORT=${port}`,
    `${name}_PROTO=${protocol}`,
  ];
}

/** Runs of ports that follow one another. */
function rangesOf(ports: readonly PortSpec[]): readonly (readonly [first: PortSpec, last: PortSpec])[] {
  const runs: [PortSpec, PortSpec][] = [];
  for (const spec of ports) {
    const run = runs.at(-1);
    if (run !== undefined && run[1].protocol === spec.protocol && run[1].port + 1 === spec.port) run[1] = spec;
    else runs.push([spec, spec]);
  }
  return runs.filter(([first, last]) => first !== last);
}

function tcpFirst(a: PortSpec, b: PortSpec): number {
  if (a.protocol === b.protocol) return a.port - b.port;
  if (a.protocol === "tcp" || b.protocol === "tcp") return a.protocol === "tcp" ? -1 : 1;
  return a.protocol < b.protocol ? -1 : 1;
}

/**
 * `docker rm --link web/db`: the container stays, the link goes.
 * @throws EngineError conflict for a container's own name, not-found
 */
export function removeLink({ store }: EngineContext, reference: string): void {
  const [, parent = "", alias = ""] = /^\/?([^/]+)\/([^/]+)$/.exec(reference) ?? [];
  if (parent === "") {
    store.get(reference);
    throw new EngineError("conflict", "Conflict, cannot remove the default link name of the container");
  }
  const container = store.byName(parent) ?? store.list().find(({ id }) => shortId(id) === parent || id === parent);
  const links = container?.record.host.links ?? [];
  const rest = links.filter((link) => parseLink(link).alias !== alias);
  if (container === undefined || rest.length === links.length)
    throw new EngineError("not-found", `No such container: ${reference}`);
  container.record.host = { ...container.record.host, links: rest };
  store.save(container);
}

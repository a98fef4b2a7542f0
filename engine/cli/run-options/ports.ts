/** `--publish` and `--expose`, after `github.com/docker/go-connections/nat`. */
import { isIpAddress } from "./checks.ts";

export interface PublishedPorts {
  /** `ExposedPorts`: `80/tcp`. */
  readonly exposed: ReadonlySet<string>;
  /** `PortBindings`. */
  readonly bindings: Readonly<Record<string, readonly { readonly HostIp: string; readonly HostPort: string }[]>>;
}

/** @throws Error in Docker's words */
export function parsePublish(publish: readonly string[], expose: readonly string[]): PublishedPorts {
  const exposed = new Set<string>();
  const bindings: Record<string, { HostIp: string; HostPort: string }[]> = {};
  for (const text of publish.map(toShortForm)) {
    for (const { port, HostIp, HostPort } of parsePublished(text)) {
      exposed.add(port);
      (bindings[port] ??= []).push({ HostIp, HostPort });
    }
  }
  for (const text of expose) for (const port of parseExposed(text)) exposed.add(port);
  return { exposed, bindings };
}

/** `published=8080,target=80,protocol=udp` is `8080:80/udp`. */
function toShortForm(text: string): string {
  if (!text.includes("=")) return text;
  const values: Record<string, string> = { protocol: "tcp", published: "", target: "" };
  for (const part of text.split(",")) {
    const equals = part.indexOf("=");
    if (equals <= 0) throw new Error(`invalid publish opts format (should be name=value but got '${part}')`);
    values[part.slice(0, equals)] = part.slice(equals + 1);
  }
  return `${values["published"]}:${values["target"]}/${values["protocol"]}`;
}

function parsePublished(text: string): readonly { port: string; HostIp: string; HostPort: string }[] {
  const [rest, protocol] = splitProtocol(text);
  const parts = rest.split(":");
  const container = parts.pop() ?? "";
  const host = parts.pop() ?? "";
  const address = checkAddress(parts.join(":"));
  if (container === "") throw new Error(`no port specified: ${text}<empty>`);
  const [first, last] = parseRange(container) ?? fail(`invalid containerPort: ${container}`);
  if (host === "")
    return range(first, last).map((port) => ({ port: `${port}/${protocol}`, HostIp: address, HostPort: "" }));
  const [hostFirst, hostLast] = parseRange(host) ?? fail(`invalid hostPort: ${host}`);
  if (last - first !== hostLast - hostFirst && first !== last) {
    throw new Error(`invalid ranges specified for container and host Ports: ${container} and ${host}`);
  }
  const suffix = first === last && hostFirst !== hostLast ? `-${hostLast}` : "";
  return range(first, last).map((port, index) => ({
    port: `${port}/${protocol}`,
    HostIp: address,
    HostPort: `${hostFirst + index}${suffix}`,
  }));
}

function splitProtocol(text: string): readonly [rest: string, protocol: string] {
  const slash = text.lastIndexOf("/");
  const protocol = slash < 0 ? "tcp" : text.slice(slash + 1).toLowerCase();
  if (!["tcp", "udp", "sctp"].includes(protocol)) throw new Error(`invalid proto: ${text.slice(slash + 1)}`);
  return [slash < 0 ? text : text.slice(0, slash), protocol];
}

function checkAddress(text: string): string {
  const address = text.replace(/^\[(.*)\]$/, "$1");
  if (address !== "" && (!isIpAddress(address) || address.split(":").length === 2))
    throw new Error(`invalid IP address: ${address}`);
  return address;
}

function parseExposed(text: string): readonly string[] {
  if (text.includes(":")) throw new Error(`invalid port format for --expose: ${text}`);
  const [port = "", protocol = "tcp"] = text.split("/");
  const [first, last] =
    parseRange(port) ?? fail(`invalid range format for --expose: ${text}, error: ${rangeProblem(port)}`);
  return range(first, last).map((number) => `${number}/${protocol}`);
}

/** `8000-8010`, or one port. */
function parseRange(text: string): readonly [first: number, last: number] | undefined {
  const [first = "", last = first, ...more] = text.split("-");
  if (more.length > 0 || ![first, last].every((port) => /^\d+$/.test(port) && Number(port) <= 65_535)) return undefined;
  return Number(first) <= Number(last) ? [Number(first), Number(last)] : undefined;
}

function rangeProblem(text: string): string {
  if (text === "") return "empty string specified for ports";
  const wrong = text.split("-").find((port) => !/^\d+$/.test(port) || Number(port) > 65_535);
  if (wrong === undefined) return `invalid range specified for port: ${text}`;
  return `strconv.ParseUint: parsing "${wrong}": ${/^\d+$/.test(wrong) ? "value out of range" : "invalid syntax"}`;
}

function range(first: number, last: number): readonly number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}

function fail(message: string): never {
  throw new Error(message);
}

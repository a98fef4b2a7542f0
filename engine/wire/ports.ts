import { EngineError } from "../base/errors.ts";
import type { Fields } from "./json.ts";
import { readFields } from "./json.ts";
import type { PortBindingModel, PortSpecModel } from "./model.ts";

/** `{"80/tcp":[{"HostIp":"","HostPort":"8080"}]}` */
export type WirePortMap = Readonly<Record<string, readonly WirePortBinding[] | null>>;

export interface WirePortBinding {
  readonly HostIp: string;
  readonly HostPort: string;
}

/** `80/tcp` */
export function formatPortSpec({ port, protocol }: PortSpecModel): string {
  return `${port}/${protocol}`;
}

/** @throws EngineError invalid-argument */
function parsePortSpec(text: string): PortSpecModel {
  const [digits = "", protocol = "tcp", ...rest] = text.split("/");
  const port = parsePortNumber(digits);
  const lower = protocol.toLowerCase();
  if (port === undefined || rest.length > 0)
    throw new EngineError("invalid-argument", `invalid port specification: "${text}"`);
  if (lower !== "tcp" && lower !== "udp" && lower !== "sctp")
    throw new EngineError("invalid-argument", `invalid proto: ${protocol}`);
  return { port, protocol: lower };
}

/** Undefined when it is not a port. */
export function parsePortNumber(text: string): number | undefined {
  return /^\d{1,5}$/.test(text) && Number(text) <= 65_535 ? Number(text) : undefined;
}

/** `ExposedPorts` */
export function exposedPortsFrom(fields: Fields): readonly PortSpecModel[] {
  return fields.entries("ExposedPorts", "nat.PortSet").map(([key]) => parsePortSpec(key));
}

/** `PortBindings` of a create request. A binding without a host port means: pick one. */
export function portBindingsFrom(fields: Fields): readonly PortBindingModel[] {
  return fields.entries("PortBindings", "nat.PortMap").flatMap(([key, list]) => {
    const container = parsePortSpec(key);
    const bindings: unknown[] = Array.isArray(list) ? list : [];
    return bindings.map((value, index) => {
      const binding = readFields(value, `HostConfig.PortBindings.${key.replaceAll("/", "~1")}.${index}`);
      return { container, hostIp: binding.string("HostIp"), ...hostPortsOf(binding.string("HostPort")) };
    });
  });
}

/** `8080`, or `8000-8010`: the first of them that is free. */
function hostPortsOf(text: string): Pick<PortBindingModel, "hostPort" | "hostPortEnd"> {
  if (text === "") return { hostPort: 0 };
  const [hostPort, hostPortEnd, ...rest] = text.split("-").map(parsePortNumber);
  if (hostPort !== undefined && rest.length === 0 && !text.includes("-")) return { hostPort };
  if (hostPort !== undefined && hostPortEnd !== undefined && rest.length === 0 && hostPortEnd >= hostPort)
    return { hostPort, hostPortEnd };
  throw new EngineError("invalid-argument", `invalid port specification: "${text}"`);
}

/** `ExposedPorts` or any other set of ports. */
export function toPortSet(ports: readonly PortSpecModel[]): Record<string, object> {
  return Object.fromEntries(ports.map((port) => [formatPortSpec(port), {}]));
}

/** The `PortBindings` that were asked for. */
export function toPortMap(bindings: readonly PortBindingModel[]): WirePortMap {
  const map: Record<string, WirePortBinding[]> = {};
  for (const { container, hostIp, hostPort, hostPortEnd } of bindings) {
    (map[formatPortSpec(container)] ??= []).push({ HostIp: hostIp, HostPort: formatHostPorts(hostPort, hostPortEnd) });
  }
  return map;
}

/** What is published now: a binding to all addresses shows once for IPv4 and once for IPv6. */
export function publishedAddresses(binding: PortBindingModel): readonly string[] {
  return binding.hostIp === "" ? ["0.0.0.0", "::"] : [binding.hostIp];
}

function formatHostPorts(first: number, last = first): string {
  if (first === 0) return "";
  return last === first ? String(first) : `${first}-${last}`;
}

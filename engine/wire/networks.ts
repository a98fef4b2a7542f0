import { EngineError } from "../base/errors.ts";
import { endpointRequestFrom } from "./endpoint-request.ts";
import { type Fields, parseJson, readFields } from "./json.ts";
import type { NetworkRequestModel } from "./model.ts";

interface IpamConfigModel {
  readonly subnet: string;
  readonly gateway?: string;
  readonly range?: string;
  readonly auxiliary?: Readonly<Record<string, string>>;
}

interface IpamModel {
  readonly driver: string;
  readonly options?: Readonly<Record<string, string>>;
  readonly config?: readonly IpamConfigModel[];
}

export interface NetworkModel {
  readonly id: string;
  readonly name: string;
  readonly driver: string;
  readonly createdAt: string;
  readonly subnets: readonly IpamConfigModel[];
  readonly internal?: boolean;
  readonly labels?: Readonly<Record<string, string>>;
  readonly options?: Readonly<Record<string, string>>;
  readonly attachable?: boolean;
  readonly enableIPv4?: boolean;
  readonly enableIPv6?: boolean;
  readonly ipam?: IpamModel;
  readonly configOnly?: boolean;
  readonly configFrom?: string;
}

export interface NetworkMemberModel {
  readonly containerId: string;
  readonly containerName: string;
  readonly endpoint: {
    readonly endpointId: string;
    readonly macAddress: string;
    readonly ipAddress: string;
    readonly prefixLength: number;
    readonly ipv6Address?: string;
    readonly ipv6PrefixLength?: number;
  };
}

/** `GET /networks/{id}`, in Docker's order of fields; the list leaves the members out. */
export function toWireNetwork(
  network: NetworkModel,
  members: readonly NetworkMemberModel[],
): Readonly<Record<string, unknown>> {
  return {
    Name: network.name,
    Id: network.id,
    Created: network.createdAt,
    Scope: "local",
    Driver: network.driver,
    EnableIPv4: network.enableIPv4 ?? true,
    EnableIPv6: network.enableIPv6 ?? false,
    IPAM: toWireIpam(network),
    Internal: network.internal ?? false,
    Attachable: network.attachable ?? false,
    Ingress: false,
    ConfigFrom: { Network: network.configFrom ?? "" },
    ConfigOnly: network.configOnly ?? false,
    Containers: Object.fromEntries(members.map((member) => [member.containerId, toWireMember(member)])),
    Options: network.options ?? {},
    Labels: network.labels ?? {},
  };
}

/** What was given as it was given; subnets that were chosen with their gateways. */
function toWireIpam({ ipam, subnets }: NetworkModel): Readonly<Record<string, unknown>> {
  const given = ipam?.config ?? [];
  const isSix = ({ subnet }: IpamConfigModel): boolean => subnet.includes(":");
  const chosen = subnets.filter((subnet) => !given.some((other) => isSix(other) === isSix(subnet)));
  const config = [...given, ...chosen].toSorted((a, b) => Number(isSix(a)) - Number(isSix(b)));
  return {
    Driver: ipam?.driver || "default",
    Options: ipam?.options ?? null,
    Config:
      config.length === 0
        ? null
        : config.map(({ subnet, range, gateway, auxiliary = {} }) => ({
            Subnet: subnet,
            ...(range && { IPRange: range }),
            ...(gateway && { Gateway: gateway }),
            ...(Object.keys(auxiliary).length > 0 && { AuxiliaryAddresses: auxiliary }),
          })),
  };
}

function toWireMember({ containerName, endpoint }: NetworkMemberModel): Readonly<Record<string, string>> {
  const withLength = (address: string, length: number): string => (address === "" ? "" : `${address}/${length}`);
  return {
    Name: containerName,
    EndpointID: endpoint.endpointId,
    MacAddress: endpoint.macAddress,
    IPv4Address: withLength(endpoint.ipAddress, endpoint.prefixLength),
    IPv6Address: withLength(endpoint.ipv6Address ?? "", endpoint.ipv6PrefixLength ?? 0),
  };
}

/** What `POST /networks/create` asks for. */
export interface NetworkCreateModel {
  readonly name: string;
  readonly driver: string;
  readonly scope: string;
  readonly internal: boolean;
  readonly attachable: boolean;
  readonly ingress: boolean;
  readonly configOnly: boolean;
  readonly configFrom: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly options: Readonly<Record<string, string>>;
  readonly enableIPv4?: boolean;
  readonly enableIPv6?: boolean;
  readonly ipam?: IpamModel;
}

/** The body of `POST /networks/create`. @throws EngineError invalid-argument */
export function parseNetworkCreate(text: string): NetworkCreateModel {
  const fields = readFields(bodyOf(text), "", "network.CreateRequest");
  const ipam = fields.object("IPAM");
  return {
    name: fields.string("Name"),
    driver: fields.string("Driver"),
    scope: fields.string("Scope"),
    internal: fields.boolean("Internal"),
    attachable: fields.boolean("Attachable"),
    ingress: fields.boolean("Ingress"),
    configOnly: fields.boolean("ConfigOnly"),
    configFrom: fields.object("ConfigFrom")?.string("Network") ?? "",
    labels: fields.stringMap("Labels"),
    options: fields.stringMap("Options"),
    ...(fields.has("EnableIPv4") && { enableIPv4: fields.boolean("EnableIPv4") }),
    ...(fields.has("EnableIPv6") && { enableIPv6: fields.boolean("EnableIPv6") }),
    ...(ipam && { ipam: ipamFrom(ipam) }),
  };
}

function ipamFrom(ipam: Fields): IpamModel {
  const config = ipam.objects("Config").map((part) => {
    const [range, gateway] = [part.string("IPRange"), part.string("Gateway")];
    return {
      subnet: part.string("Subnet"),
      ...(range !== "" && { range }),
      ...(gateway !== "" && { gateway }),
      ...(part.has("AuxiliaryAddresses") && { auxiliary: part.stringMap("AuxiliaryAddresses") }),
    };
  });
  return {
    driver: ipam.string("Driver"),
    ...(ipam.has("Options") && { options: ipam.stringMap("Options") }),
    ...(config.length > 0 && { config }),
  };
}

export interface NetworkConnectModel {
  readonly container: string;
  readonly request: NetworkRequestModel;
}

/** The body of `POST /networks/{id}/connect`. @throws EngineError invalid-argument */
export function parseNetworkConnect(text: string): NetworkConnectModel {
  const fields = readFields(bodyOf(text), "", "container.ConnectRequest");
  const endpoint = fields.object("EndpointConfig");
  return { container: containerOf(fields), request: endpoint === undefined ? {} : endpointRequestFrom(endpoint) };
}

/** The body of `POST /networks/{id}/disconnect`. @throws EngineError invalid-argument */
export function parseNetworkDisconnect(text: string): { readonly container: string; readonly force: boolean } {
  const fields = readFields(bodyOf(text), "", "container.DisconnectRequest");
  return { container: containerOf(fields), force: fields.boolean("Force") };
}

/** No body at all says nothing. */
function bodyOf(text: string): unknown {
  return text.trim() === "" ? {} : (parseJson(text) ?? {});
}

function containerOf(fields: Fields): string {
  const container = fields.string("Container");
  if (container === "") throw new EngineError("invalid-argument", 'invalid name or ID supplied: ""');
  return container;
}

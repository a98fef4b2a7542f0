import { EngineError } from "../base/errors.ts";
import { configFrom, notImplemented } from "./container-config.ts";
import { hostFrom } from "./host-config.ts";
import { type Fields, parseJson, readFields } from "./json.ts";
import type { ConfigModel, HostModel, NetworkRequestModel } from "./model.ts";

export interface CreateBody {
  readonly image: string;
  readonly config: Partial<ConfigModel>;
  readonly host: Partial<HostModel>;
  readonly networks: Readonly<Record<string, NetworkRequestModel>>;
}

/** The body of `POST /containers/create`. @throws EngineError */
export function parseCreateBody(text: string): CreateBody {
  const fields = readFields(parseJson(text));
  const image = fields.string("Image");
  if (image === "") throw new EngineError("invalid-argument", "config cannot be empty in order to create a container");
  const host = fields.object("HostConfig") ?? readFields({}, "HostConfig");
  return {
    image,
    config: configFrom(fields),
    host: hostFrom(host),
    networks: networksFrom(fields.object("NetworkingConfig")),
  };
}

/** `EndpointsConfig`: the client's `default` is the default bridge. */
function networksFrom(networking: Fields | undefined): Readonly<Record<string, NetworkRequestModel>> {
  const entries = (networking?.entries("EndpointsConfig") ?? []).map(([name, value]) => {
    const endpoint = readFields(value ?? {}, `NetworkingConfig.EndpointsConfig.${name}`);
    return [name === "default" ? "bridge" : name, networkFrom(endpoint)] as const;
  });
  return Object.fromEntries(entries);
}

function networkFrom(endpoint: Fields): NetworkRequestModel {
  const ipam = endpoint.object("IPAMConfig");
  if ((ipam?.string("IPv6Address") ?? "") !== "")
    throw notImplemented("--ip6 (EndpointSettings.IPAMConfig.IPv6Address)");
  if ((ipam?.strings("LinkLocalIPs") ?? []).length > 0)
    throw notImplemented("--link-local-ip (EndpointSettings.IPAMConfig.LinkLocalIPs)");
  if ((endpoint.strings("Links") ?? []).length > 0) throw notImplemented("--link (EndpointSettings.Links)");
  if (endpoint.string("MacAddress") !== "") throw notImplemented("--mac-address (EndpointSettings.MacAddress)");
  if (endpoint.entries("DriverOpts").length > 0)
    throw notImplemented("--network driver-opt (EndpointSettings.DriverOpts)");
  const aliases = endpoint.strings("Aliases") ?? [];
  const ipAddress = ipam?.string("IPv4Address") ?? "";
  return { ...(aliases.length > 0 && { aliases }), ...(ipAddress !== "" && { ipAddress }) };
}

import { notImplemented } from "./container-config.ts";
import type { Fields } from "./json.ts";
import type { NetworkRequestModel } from "./model.ts";

const SYSCTLS = "com.docker.network.endpoint.sysctls";

/** What a client asks of a network for a container: the configuration part of `EndpointSettings`. @throws EngineError */
export function endpointRequestFrom(endpoint: Fields): NetworkRequestModel {
  const ipam = endpoint.object("IPAMConfig");
  const aliases = endpoint.strings("Aliases") ?? [];
  const links = endpoint.strings("Links") ?? [];
  const linkLocalIps = ipam?.strings("LinkLocalIPs") ?? [];
  const ipAddress = ipam?.string("IPv4Address") ?? "";
  const ipv6Address = ipam?.string("IPv6Address") ?? "";
  const macAddress = endpoint.string("MacAddress");
  const gatewayPriority = endpoint.integer("GwPriority");
  if ((endpoint.stringMap("DriverOpts")[SYSCTLS] ?? "") !== "") throw notImplemented(`--network driver-opt=${SYSCTLS}`);
  return {
    ...(aliases.length > 0 && { aliases }),
    ...(links.length > 0 && { links }),
    ...(ipam !== undefined && { hasIpamConfig: true }),
    ...(ipAddress !== "" && { ipAddress }),
    ...(ipv6Address !== "" && { ipv6Address }),
    ...(linkLocalIps.length > 0 && { linkLocalIps }),
    ...(macAddress !== "" && { macAddress }),
    ...(endpoint.has("DriverOpts") && { driverOptions: endpoint.stringMap("DriverOpts") }),
    ...(gatewayPriority !== 0 && { gatewayPriority }),
  };
}

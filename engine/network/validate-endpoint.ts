import { EngineError } from "../base/errors.ts";
import { contains, parseCidr, tryParseAddress } from "./addresses.ts";
import { isPredefinedName } from "./network-registry.ts";
import type { Network } from "./network.ts";

/** What a container may ask of a network, as far as it can be wrong. */
export interface EndpointWishes {
  readonly aliases?: readonly string[];
  readonly ipAddress?: string;
  readonly ipv6Address?: string;
  readonly linkLocalIps?: readonly string[];
  readonly macAddress?: string;
}

/**
 * Checks in moby's order and words (`daemon/container_operations.go`). Without a network only what is wrong for every one.
 * @throws EngineError invalid-argument
 */
export function validateEndpoint(name: string, network: Network | undefined, wishes: EndpointWishes): void {
  const { macAddress = "" } = wishes;
  if (macAddress !== "" && !/^(?:[\da-f]{2}[:-]){5}[\da-f]{2}$/i.test(macAddress))
    throw new EngineError("invalid-argument", `invalid MAC address ${macAddress}`);
  const faults = [
    ...(isPredefinedName(name) ? predefinedFaults(wishes) : []),
    ...formFaults(wishes),
    ...(network === undefined ? [] : rangeFaults(network, wishes)),
  ];
  if (faults.length === 0) return;
  const list = faults.length === 1 ? faults[0] : faults.map((fault) => `* ${fault}`).join("\n");
  throw new EngineError("invalid-argument", `invalid endpoint settings:\n${list}`);
}

function predefinedFaults({ aliases = [], ipAddress = "", ipv6Address = "" }: EndpointWishes): readonly string[] {
  return [
    ...(ipAddress !== "" || ipv6Address !== ""
      ? ["user specified IP address is supported on user defined networks only"]
      : []),
    ...(aliases.length > 0 ? ["network-scoped alias is supported only for containers in user defined networks"] : []),
  ];
}

function formFaults({ ipAddress = "", ipv6Address = "", linkLocalIps = [] }: EndpointWishes): readonly string[] {
  const isOf = (text: string, family: 4 | 6): boolean => {
    const address = tryParseAddress(text);
    return address?.family === family && address.value !== 0n;
  };
  return [
    ...(ipAddress !== "" && !isOf(ipAddress, 4) ? [`invalid IPv4 address: ${ipAddress}`] : []),
    ...(ipv6Address !== "" && !isOf(ipv6Address, 6) ? [`invalid IPv6 address: ${ipv6Address}`] : []),
    ...linkLocalIps
      .filter((text) => !isOf(text, 4) && !isOf(text, 6))
      .map((text) => `invalid link-local IP address: ${text}`),
  ];
}

function rangeFaults(network: Network, { ipAddress = "", ipv6Address = "" }: EndpointWishes): readonly string[] {
  const faults: string[] = [];
  for (const [text, family] of [
    [ipAddress, 4],
    [ipv6Address, 6],
  ] as const) {
    if (text === "") continue;
    const address = tryParseAddress(text);
    const own = network.subnets.filter(({ subnet }) => parseCidr(subnet).family === family);
    const configured = (network.ipam?.config ?? []).some(({ subnet }) => parseCidr(subnet).family === family);
    if (own.length > 0 && !configured && !isPredefinedName(network.name))
      faults.push(
        "user specified IP address is supported only when connecting to networks with user configured subnets",
      );
    else if (address === undefined || !own.some(({ subnet }) => contains(parseCidr(subnet), address)))
      faults.push(`no configured subnet or ip-range contain the IP address ${text}`);
  }
  return faults;
}

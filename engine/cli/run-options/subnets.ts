/** `docker network create`'s addresses, put together by subnet. */
import type { FlagValues } from "../args.ts";
import { isIpAddress } from "./checks.ts";
import { toMap } from "./host-config.ts";

interface SubnetDraft {
  readonly Subnet: string;
  IPRange?: string;
  Gateway?: string;
  AuxiliaryAddresses?: Record<string, string>;
}

/** The `IPAM` of a network. @throws Error in Docker's words */
export function ipamOf(flags: FlagValues): Record<string, unknown> {
  const [subnets, ranges, gateways] = [flags.list("subnet"), flags.list("ip-range"), flags.list("gateway")];
  if (subnets.length < ranges.length || subnets.length < gateways.length)
    throw new Error("every ip-range or gateway must have a corresponding subnet");
  const config = new Map<string, SubnetDraft>();
  for (const subnet of subnets) {
    for (const other of config.keys()) {
      if (contains(subnet, other) || contains(other, subnet))
        throw new Error("multiple overlapping subnet configuration is not supported");
    }
    config.set(subnet, { Subnet: subnet });
  }
  const find = (address: string, what: string): SubnetDraft => {
    const found = subnets.filter((subnet) => contains(subnet, address)).at(-1);
    if (found === undefined) throw new Error(`no matching subnet for ${what} ${address}`);
    return config.get(found) as SubnetDraft;
  };
  for (const range of ranges) {
    const draft = find(parseCidr(range) && range, "range");
    if (draft.IPRange !== undefined)
      throw new Error(
        `cannot configure multiple ranges (${range}, ${draft.IPRange}) on the same subnet (${draft.Subnet})`,
      );
    draft.IPRange = range;
  }
  for (const gateway of gateways) {
    const draft = find(gateway, "gateway");
    if (draft.Gateway !== undefined)
      throw new Error(
        `cannot configure multiple gateways (${gateway}, ${draft.Gateway}) for the same subnet (${draft.Subnet})`,
      );
    draft.Gateway = gateway;
  }
  for (const [name, address] of Object.entries(toMap(flags.list("aux-address"))))
    (find(address, "aux-address").AuxiliaryAddresses ??= {})[name] = address;
  return { Driver: flags.string("ipam-driver"), Options: toMap(flags.list("ipam-opt")), Config: [...config.values()] };
}

interface Cidr {
  readonly address: bigint;
  readonly prefix: number;
  readonly bits: 32 | 128;
}

function contains(subnet: string, data: string): boolean {
  let network: Cidr;
  try {
    network = parseCidr(subnet);
  } catch (cause) {
    throw new Error(`invalid subnet: ${(cause as Error).message}`, { cause });
  }
  const other = data.includes("/") ? parseCidr(data) : parseAddress(data);
  if (other === undefined || other.bits !== network.bits) return false;
  const shift = BigInt(network.bits - network.prefix);
  return other.address >> shift === network.address >> shift;
}

function parseCidr(text: string): Cidr {
  const [address = "", prefix = ""] = text.split("/");
  const parsed = parseAddress(address);
  if (parsed === undefined || !/^\d{1,3}$/.test(prefix) || Number(prefix) > parsed.bits)
    throw new Error(`invalid CIDR address: ${text}`);
  return { ...parsed, prefix: Number(prefix) };
}

function parseAddress(text: string): Cidr | undefined {
  if (!isIpAddress(text)) return undefined;
  if (!text.includes(":")) return { address: BigInt(`0x${hexOfIpv4(text)}`), prefix: 32, bits: 32 };
  const embedded = text.replace(/[\d.]+$/, (tail) =>
    tail.includes(".") ? hexOfIpv4(tail).replace(/^.{4}/, "$&:") : tail,
  );
  const [head = [], tail] = embedded.split("::").map((half) => half.split(":").filter((group) => group !== ""));
  const missing = 8 - head.length - (tail?.length ?? 0);
  const groups = [...head, ...Array.from({ length: Math.max(missing, 0) }, () => "0"), ...(tail ?? [])];
  return { address: BigInt(`0x${groups.map((group) => group.padStart(4, "0")).join("")}`), prefix: 128, bits: 128 };
}

function hexOfIpv4(text: string): string {
  return text
    .split(".")
    .map((part) => Number(part).toString(16).padStart(2, "0"))
    .join("");
}

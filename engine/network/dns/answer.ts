import { formatAddress, tryParseAddress } from "../addresses.ts";
import { DNS_CODE, DNS_TYPE, type DnsQuery, type DnsReply } from "./message.ts";

/** What a container knows by name. */
export interface DnsNames {
  /** Addresses of a name, in lower case; undefined: nobody has it. */
  addresses(name: string): readonly string[] | undefined;
  /** The name that belongs to an address. */
  nameOf(address: string): string | undefined;
}

const NO_RECORDS: DnsReply = { code: DNS_CODE.noError, records: [] };

/**
 * What the embedded resolver says of itself (moby's `libnetwork/resolver.go`): addresses of a name in turning order, nothing for a name
 * that has none of that family, the name of an address. undefined: not its business, ask elsewhere.
 */
export function answerQuery({ name, type }: DnsQuery, names: DnsNames, turn: number): DnsReply | undefined {
  if (type === DNS_TYPE.PTR) return reverse(name, names);
  if (type !== DNS_TYPE.A && type !== DNS_TYPE.AAAA && type !== DNS_TYPE.MX) return undefined;
  const addresses = names.addresses(name.toLowerCase());
  if (addresses === undefined) return undefined;
  if (type === DNS_TYPE.MX) return NO_RECORDS;
  const wanted = addresses.filter((address) => address.includes(":") === (type === DNS_TYPE.AAAA));
  const first = wanted.length === 0 ? 0 : turn % wanted.length;
  return {
    code: DNS_CODE.noError,
    records: [...wanted.slice(first), ...wanted.slice(0, first)].map((value) => ({
      type: type === DNS_TYPE.A ? "A" : "AAAA",
      value,
    })),
  };
}

function reverse(name: string, names: DnsNames): DnsReply | undefined {
  const address = addressOf(name.toLowerCase());
  const owner = address === undefined ? undefined : names.nameOf(address);
  return owner === undefined ? undefined : { code: DNS_CODE.noError, records: [{ type: "PTR", value: owner }] };
}

/** `2.0.18.172.in-addr.arpa`, `….ip6.arpa` */
function addressOf(name: string): string | undefined {
  const four = /^((?:\d{1,3}\.){4})in-addr\.arpa$/.exec(name)?.[1];
  const six = /^((?:[\da-f]\.){32})ip6\.arpa$/.exec(name)?.[1];
  const parts = (four ?? six)?.split(".").slice(0, -1).toReversed();
  if (parts === undefined) return undefined;
  const text = four === undefined ? (parts.join("").match(/.{4}/g) ?? []).join(":") : parts.join(".");
  const address = tryParseAddress(text);
  return address === undefined ? undefined : formatAddress(address);
}

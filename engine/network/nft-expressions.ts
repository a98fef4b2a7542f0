import { addressBytes, formatAddress, parseCidr } from "./addresses.ts";
import { be32, type NetlinkWriter } from "./netlink.ts";
import type { Expression } from "./nftables.ts";

/** nf_tables' expressions, as `nft` composes them. Numbers from linux/netfilter/nf_tables.h. */
const REG_VERDICT = 0;
const REG_1 = 1;
const REG_2 = 2;
const DATA = { VALUE: 1, VERDICT: 2 } as const;
const VERDICT = { CODE: 1, CHAIN: 2 } as const;
const META = { DREG: 1, KEY: 2 } as const;
const META_KEY = { IIFNAME: 6, OIFNAME: 7, L4PROTO: 16 } as const;
const CMP = { SREG: 1, OP: 2, DATA: 3 } as const;
const CMP_OP = { EQ: 0, NEQ: 1 } as const;
const PAYLOAD = { DREG: 1, BASE: 2, OFFSET: 3, LENGTH: 4 } as const;
const BASE = { NETWORK: 1, TRANSPORT: 2 } as const;
const BITWISE = { SREG: 1, DREG: 2, LENGTH: 3, MASK: 4, XOR: 5 } as const;
const IMMEDIATE = { DREG: 1, DATA: 2 } as const;
const NAT = { TYPE: 1, FAMILY: 2, REG_ADDRESS_MIN: 3, REG_PORT_MIN: 5 } as const;
const NAT_DESTINATION = 1;
const FIB = { DREG: 1, RESULT: 2, FLAGS: 3 } as const;
const FIB_ADDRESS_TYPE = 3;
const FIB_DESTINATION = 2;
const CT = { DREG: 1, KEY: 2 } as const;
const CT_KEY = { STATE: 0, STATUS: 2 } as const;
const NFPROTO = { 4: 2, 6: 10 } as const;
const RTN_LOCAL = 2;
/** linux/netfilter/nf_conntrack_common.h */
const STATE_ESTABLISHED_RELATED = 2 | 4;
const STATUS_DNAT = 1 << 5;

const PROTOCOLS: Readonly<Record<"tcp" | "udp" | "sctp", number>> = { tcp: 6, udp: 17, sctp: 132 };
/** Where an IP header has its addresses. */
const SOURCE = { 4: 12, 6: 8 } as const;
const DESTINATION = { 4: 16, 6: 24 } as const;
const DESTINATION_PORT = 2;
const IFNAMSIZ = 16;

const attributes = (name: string, write: (out: NetlinkWriter) => void): Expression => ({ name, write });

function compare(op: number, value: Uint8Array): Expression {
  return attributes("cmp", (out) => {
    out.be32Attribute(CMP.SREG, REG_1).be32Attribute(CMP.OP, op);
    out.nested(CMP.DATA, () => out.attribute(DATA.VALUE, value));
  });
}

function meta(key: number): Expression {
  return attributes("meta", (out) => out.be32Attribute(META.KEY, key).be32Attribute(META.DREG, REG_1));
}

function payload(base: number, offset: number, length: number): Expression {
  return attributes("payload", (out) =>
    out
      .be32Attribute(PAYLOAD.DREG, REG_1)
      .be32Attribute(PAYLOAD.BASE, base)
      .be32Attribute(PAYLOAD.OFFSET, offset)
      .be32Attribute(PAYLOAD.LENGTH, length),
  );
}

/** `reg1 & mask` */
function mask(bits: Uint8Array): Expression {
  return attributes("bitwise", (out) => {
    out
      .be32Attribute(BITWISE.SREG, REG_1)
      .be32Attribute(BITWISE.DREG, REG_1)
      .be32Attribute(BITWISE.LENGTH, bits.length);
    out.nested(BITWISE.MASK, () => out.attribute(DATA.VALUE, bits));
    out.nested(BITWISE.XOR, () => out.attribute(DATA.VALUE, new Uint8Array(bits.length)));
  });
}

function name(text: string): Uint8Array {
  const bytes = new Uint8Array(IFNAMSIZ);
  new TextEncoder().encodeInto(text, bytes.subarray(0, IFNAMSIZ - 1));
  return bytes;
}

/** `iifname "docker0"`, `oifname != "docker0"` */
export const inputIs = (device: string): readonly Expression[] => [
  meta(META_KEY.IIFNAME),
  compare(CMP_OP.EQ, name(device)),
];
export const outputIs = (device: string): readonly Expression[] => [
  meta(META_KEY.OIFNAME),
  compare(CMP_OP.EQ, name(device)),
];
export const outputIsNot = (device: string): readonly Expression[] => [
  meta(META_KEY.OIFNAME),
  compare(CMP_OP.NEQ, name(device)),
];

/** `ip saddr 172.17.0.0/16`, `ip6 saddr fd00::/64`. Of whole bytes only those are loaded, as nft does. */
export const sourceIn = (cidr: string): readonly Expression[] => addressIn(SOURCE, cidr);
export const destinationIn = (cidr: string): readonly Expression[] => addressIn(DESTINATION, cidr);

function addressIn(offsets: typeof SOURCE | typeof DESTINATION, text: string): readonly Expression[] {
  const { family, base, prefixLength } = parseCidr(text);
  const bytes = addressBytes(formatAddress({ family, value: base }));
  const offset = offsets[family];
  if (prefixLength % 8 === 0 && prefixLength > 0) {
    const length = prefixLength / 8;
    return [payload(BASE.NETWORK, offset, length), compare(CMP_OP.EQ, bytes.subarray(0, length))];
  }
  const bits = bytes.map((_, index) => 0xff << (8 - Math.max(0, Math.min(8, prefixLength - index * 8))));
  return [payload(BASE.NETWORK, offset, bytes.length), mask(bits), compare(CMP_OP.EQ, bytes)];
}

/** `ip daddr 127.0.0.1` */
export function destinationIs(address: string): readonly Expression[] {
  const bytes = addressBytes(address);
  return [payload(BASE.NETWORK, DESTINATION[bytes.length === 4 ? 4 : 6], bytes.length), compare(CMP_OP.EQ, bytes)];
}

/** `tcp dport 8080` */
export const portIs = (protocol: keyof typeof PROTOCOLS, port: number): readonly Expression[] => [
  meta(META_KEY.L4PROTO),
  compare(CMP_OP.EQ, Uint8Array.of(PROTOCOLS[protocol])),
  payload(BASE.TRANSPORT, DESTINATION_PORT, 2),
  compare(CMP_OP.EQ, Uint8Array.of(port >>> 8, port & 0xff)),
];

/** `fib daddr type local`: the machine itself is meant. */
export const destinationIsLocal: readonly Expression[] = [
  attributes("fib", (out) =>
    out
      .be32Attribute(FIB.DREG, REG_1)
      .be32Attribute(FIB.RESULT, FIB_ADDRESS_TYPE)
      .be32Attribute(FIB.FLAGS, FIB_DESTINATION),
  ),
  compare(CMP_OP.EQ, hostOrder(RTN_LOCAL)),
];

/** `ct state established,related` */
export const belongsToConnection: readonly Expression[] = connectionBits(CT_KEY.STATE, STATE_ESTABLISHED_RELATED);
/** `ct status dnat`: it came through a published port. */
export const cameThroughPort: readonly Expression[] = connectionBits(CT_KEY.STATUS, STATUS_DNAT);

function connectionBits(key: number, bits: number): readonly Expression[] {
  return [
    attributes("ct", (out) => out.be32Attribute(CT.KEY, key).be32Attribute(CT.DREG, REG_1)),
    mask(hostOrder(bits)),
    compare(CMP_OP.NEQ, new Uint8Array(4)),
  ];
}

/** Values of the kernel's own are not in network order. */
function hostOrder(value: number): Uint8Array {
  return be32(value).toReversed();
}

export const masquerade: readonly Expression[] = [attributes("masq", () => undefined)];

/** `dnat to 172.17.0.2:80`, `dnat to [fd00::2]:80` */
export function dnatTo(address: string, port: number): readonly Expression[] {
  const bytes = addressBytes(address);
  return [
    immediate(REG_1, bytes),
    immediate(REG_2, Uint8Array.of(port >>> 8, port & 0xff)),
    attributes("nat", (out) =>
      out
        .be32Attribute(NAT.TYPE, NAT_DESTINATION)
        .be32Attribute(NAT.FAMILY, NFPROTO[bytes.length === 4 ? 4 : 6])
        .be32Attribute(NAT.REG_ADDRESS_MIN, REG_1)
        .be32Attribute(NAT.REG_PORT_MIN, REG_2),
    ),
  ];
}

function immediate(register: number, value: Uint8Array): Expression {
  return attributes("immediate", (out) => {
    out.be32Attribute(IMMEDIATE.DREG, register);
    out.nested(IMMEDIATE.DATA, () => out.attribute(DATA.VALUE, value));
  });
}

const CODES = { accept: 1, drop: 0, jump: -3, return: -5 } as const;

export const accept: readonly Expression[] = [verdict(CODES.accept)];
export const drop: readonly Expression[] = [verdict(CODES.drop)];
export const jumpTo = (chain: string): readonly Expression[] => [verdict(CODES.jump, chain)];

function verdict(code: number, chain?: string): Expression {
  return attributes("immediate", (out) => {
    out.be32Attribute(IMMEDIATE.DREG, REG_VERDICT);
    out.nested(IMMEDIATE.DATA, () =>
      out.nested(DATA.VERDICT, () => {
        out.be32Attribute(VERDICT.CODE, code);
        if (chain !== undefined) out.stringAttribute(VERDICT.CHAIN, chain);
      }),
    );
  });
}

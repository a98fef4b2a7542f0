import type { Op } from "../guest/ops.ts";
import { addressBytes, macBytes } from "./addresses.ts";
import { NETLINK_ROUTE, NetlinkWriter, NLM_F, parseMessages } from "./netlink.ts";

/** linux/rtnetlink.h */
const RTM = { NEWLINK: 16, DELLINK: 17, GETLINK: 18, SETLINK: 19, NEWADDR: 20, NEWROUTE: 24, DELROUTE: 25 } as const;
/** linux/if_link.h */
const IFLA = {
  ADDRESS: 1,
  IFNAME: 3,
  MTU: 4,
  LINK: 5,
  MASTER: 10,
  LINKINFO: 18,
  NET_NS_PID: 19,
  AF_SPEC: 26,
} as const;
const IFLA_INFO = { KIND: 1, DATA: 2, SLAVE_KIND: 4, SLAVE_DATA: 5 } as const;
const IFLA_BRPORT_MODE = 4;
const VETH_INFO_PEER = 1;
const IFLA_VLAN_ID = 1;
/** `IFLA_MACVLAN_MODE` (u32) and `IFLA_IPVLAN_MODE` (u16) have the same number. */
const IFLA_CHILD_MODE = 1;
const MACVLAN_MODES: Readonly<Record<string, number>> = { private: 1, vepa: 2, bridge: 4, passthru: 8 };
const IPVLAN_MODES: Readonly<Record<string, number>> = { l2: 0, l3: 1, l3s: 2 };
const IFLA_INET6_ADDR_GEN_MODE = 8;
const IN6_ADDR_GEN_MODE_NONE = 1;
/** linux/if_addr.h */
const IFA = { ADDRESS: 1, LOCAL: 2, BROADCAST: 4 } as const;
/** No duplicate address detection: addresses are given out here, and are to work at once. */
const IFA_F_NODAD = 2;
const RTA = { OIF: 4, GATEWAY: 5 } as const;
const AF = { UNSPEC: 0, INET: 2, INET6: 10 } as const;
const IFF_UP = 1;
const RT_TABLE_MAIN = 254;
const RTPROT_BOOT = 3;
const RTN_UNICAST = 1;
const RT_SCOPE = { UNIVERSE: 0, LINK: 253 } as const;
const CREATE = NLM_F.CREATE | NLM_F.EXCL;

/** In a fresh network namespace: the loopback device is the first, what is made next follows. */
const LOOPBACK_INDEX = 1;
export const FIRST_DEVICE_INDEX = 2;

/** Of the process that is being started, or of this one. */
export type Netns = "child" | number;

/** A batch of rtnetlink messages: each method is one. */
export class RouteMessages {
  readonly #out = new NetlinkWriter();

  createBridge(name: string, mac: string): this {
    return this.#link(RTM.NEWLINK, CREATE, {}, () => {
      this.#out.stringAttribute(IFLA.IFNAME, name).attribute(IFLA.ADDRESS, macBytes(mac));
      this.#kind("bridge");
    });
  }

  /** A device that only its children use. */
  createDummy(name: string): this {
    return this.#link(RTM.NEWLINK, CREATE, {}, () => {
      this.#out.stringAttribute(IFLA.IFNAME, name);
      this.#kind("dummy");
    });
  }

  /** `eth0.10` */
  createVlan(name: string, parentIndex: number, id: number): this {
    return this.#link(RTM.NEWLINK, CREATE, {}, () => {
      this.#out.stringAttribute(IFLA.IFNAME, name).u32Attribute(IFLA.LINK, parentIndex);
      this.#kind("vlan", () => this.#out.attribute(IFLA_VLAN_ID, Uint8Array.of(id & 0xff, id >>> 8)));
    });
  }

  /** Two ends of a cable: one here in a bridge, the other, named and addressed, in another namespace. */
  createVeth(options: {
    name: string;
    bridgeIndex: number;
    peerName: string;
    peerMac: string;
    netns: Netns;
    mtu: number | undefined;
  }): this {
    return this.#link(RTM.NEWLINK, CREATE, {}, () => {
      this.#out.stringAttribute(IFLA.IFNAME, options.name).u32Attribute(IFLA.MASTER, options.bridgeIndex);
      this.#mtu(options.mtu);
      this.#kind("veth", () =>
        this.#out.nested(VETH_INFO_PEER, () => {
          this.#linkHeader({});
          this.#out.stringAttribute(IFLA.IFNAME, options.peerName).attribute(IFLA.ADDRESS, macBytes(options.peerMac));
          this.#mtu(options.mtu);
          this.#netns(options.netns);
        }),
      );
    });
  }

  /** A macvlan or ipvlan device in another namespace. The mode is one of the kind's, or "" for its usual one. */
  createChild(options: {
    kind: "macvlan" | "ipvlan";
    mode: string;
    parentIndex: number;
    name: string;
    mac: string;
    netns: Netns;
    mtu: number | undefined;
  }): this {
    return this.#link(RTM.NEWLINK, CREATE, {}, () => {
      this.#out.stringAttribute(IFLA.IFNAME, options.name).u32Attribute(IFLA.LINK, options.parentIndex);
      // The children of an ipvlan share their parent's.
      if (options.kind === "macvlan") this.#out.attribute(IFLA.ADDRESS, macBytes(options.mac));
      this.#mtu(options.mtu);
      this.#netns(options.netns);
      this.#kind(options.kind, () => {
        if (options.kind === "macvlan")
          this.#out.u32Attribute(IFLA_CHILD_MODE, MACVLAN_MODES[options.mode] ?? (MACVLAN_MODES["bridge"] as number));
        else this.#out.attribute(IFLA_CHILD_MODE, Uint8Array.of(IPVLAN_MODES[options.mode] ?? 0, 0));
      });
    });
  }

  /** Up, and without an IPv6 address of its own making: no packets before the first real one. (Flags are set before the rest of a message.) */
  setUp(name: string, mtu?: number): this {
    this.#link(RTM.SETLINK, 0, {}, () => {
      this.#out.stringAttribute(IFLA.IFNAME, name);
      this.#mtu(mtu);
      this.#out.nested(IFLA.AF_SPEC, () =>
        this.#out.nested(AF.INET6, () =>
          this.#out.attribute(IFLA_INET6_ADDR_GEN_MODE, Uint8Array.of(IN6_ADDR_GEN_MODE_NONE)),
        ),
      );
    });
    return this.#link(RTM.SETLINK, 0, { up: true }, () => this.#out.stringAttribute(IFLA.IFNAME, name));
  }

  /** A packet may leave a bridge through the port it came in by: a container reaches its own published port. */
  setHairpin(name: string): this {
    return this.#link(RTM.NEWLINK, 0, {}, () => {
      this.#out.stringAttribute(IFLA.IFNAME, name);
      this.#out.nested(IFLA.LINKINFO, () => {
        this.#out.stringAttribute(IFLA_INFO.SLAVE_KIND, "bridge");
        this.#out.nested(IFLA_INFO.SLAVE_DATA, () => this.#out.attribute(IFLA_BRPORT_MODE, Uint8Array.of(1)));
      });
    });
  }

  rename(index: number, name: string): this {
    return this.#link(RTM.SETLINK, 0, { index }, () => this.#out.stringAttribute(IFLA.IFNAME, name));
  }

  setLoopbackUp(): this {
    return this.#link(RTM.SETLINK, 0, { up: true, index: LOOPBACK_INDEX }, () => undefined);
  }

  /** Of either family; a broadcast address only IPv4 has. */
  addAddress(index: number, address: string, prefixLength: number, broadcast?: string): this {
    const bytes = addressBytes(address);
    const six = bytes.length > 4;
    this.#out.message(RTM.NEWADDR, NLM_F.CREATE | NLM_F.REPLACE, () => {
      this.#out
        .u8(six ? AF.INET6 : AF.INET)
        .u8(prefixLength)
        .u8(six ? IFA_F_NODAD : 0)
        .u8(0)
        .u32(index);
      this.#out.attribute(IFA.LOCAL, bytes).attribute(IFA.ADDRESS, bytes);
      if (broadcast !== undefined) this.#out.attribute(IFA.BROADCAST, addressBytes(broadcast));
    });
    return this;
  }

  /** `replace`: instead of the one that may be there. */
  addDefaultRoute(gateway: string, { replace = false } = {}): this {
    const bytes = addressBytes(gateway);
    return this.#route(
      RTM.NEWROUTE,
      replace ? NLM_F.CREATE | NLM_F.REPLACE : CREATE,
      bytes.length > 4 ? AF.INET6 : AF.INET,
      {
        scope: RT_SCOPE.UNIVERSE,
        attributes: () => this.#out.attribute(RTA.GATEWAY, bytes),
      },
    );
  }

  /** Everything is a neighbour there: ipvlan's l3 modes have no gateway. */
  addDefaultDevice(index: number): this {
    return this.#route(RTM.NEWROUTE, NLM_F.CREATE | NLM_F.REPLACE, AF.INET, {
      scope: RT_SCOPE.LINK,
      attributes: () => this.#out.u32Attribute(RTA.OIF, index),
    });
  }

  deleteDefaultRoute(family: 4 | 6): this {
    return this.#route(RTM.DELROUTE, 0, family === 4 ? AF.INET : AF.INET6, {
      scope: RT_SCOPE.UNIVERSE,
      attributes: () => undefined,
    });
  }

  getLink(name: string): this {
    return this.#link(RTM.GETLINK, 0, {}, () => this.#out.stringAttribute(IFLA.IFNAME, name));
  }

  deleteLink(name: string): this {
    return this.#link(RTM.DELLINK, 0, {}, () => this.#out.stringAttribute(IFLA.IFNAME, name));
  }

  toOp(netns: "current" | Netns = "current", optional = false): Op {
    const { messages, pidOffsets } = this.#out.finish();
    return { op: "netlink", protocol: NETLINK_ROUTE, netns, messages, pidOffsets, optional };
  }

  #kind(kind: string, data?: () => void): void {
    this.#out.nested(IFLA.LINKINFO, () => {
      this.#out.stringAttribute(IFLA_INFO.KIND, kind);
      if (data !== undefined) this.#out.nested(IFLA_INFO.DATA, data);
    });
  }

  #netns(netns: Netns): void {
    if (netns === "child") this.#out.pidAttribute(IFLA.NET_NS_PID);
    else this.#out.u32Attribute(IFLA.NET_NS_PID, netns);
  }

  #mtu(mtu: number | undefined): void {
    if (mtu !== undefined) this.#out.u32Attribute(IFLA.MTU, mtu);
  }

  #route(
    type: number,
    flags: number,
    family: number,
    { scope, attributes }: { scope: number; attributes: () => unknown },
  ): this {
    this.#out.message(type, flags, () => {
      this.#out.u8(family).u8(0).u8(0).u8(0).u8(RT_TABLE_MAIN).u8(RTPROT_BOOT).u8(scope).u8(RTN_UNICAST).u32(0);
      attributes();
    });
    return this;
  }

  #link(type: number, flags: number, header: { up?: boolean; index?: number }, attributes: () => void): this {
    this.#out.message(type, flags, () => {
      this.#linkHeader(header);
      attributes();
    });
    return this;
  }

  /** struct ifinfomsg */
  #linkHeader({ up = false, index = 0 }: { up?: boolean; index?: number }): void {
    const flags = up ? IFF_UP : 0;
    this.#out.u8(AF.UNSPEC).u8(0).u16(0).u32(index).u32(flags).u32(flags);
  }
}

/** The device's index, of the answer to {@link RouteMessages.getLink}. */
export function linkIndexOf(answer: Uint8Array): number | undefined {
  const link = parseMessages(answer).find(({ type }) => type === RTM.NEWLINK);
  return link === undefined ? undefined : new DataView(link.body.buffer, link.body.byteOffset).getUint32(4, true);
}

import type { Op } from "../guest/ops.ts";
import { addressBytes, macBytes } from "./addresses.ts";
import { NETLINK_ROUTE, NetlinkWriter, NLM_F, parseMessages } from "./netlink.ts";

/** linux/rtnetlink.h */
const RTM = { NEWLINK: 16, DELLINK: 17, GETLINK: 18, SETLINK: 19, NEWADDR: 20, NEWROUTE: 24 } as const;
/** linux/if_link.h */
const IFLA = { ADDRESS: 1, IFNAME: 3, MASTER: 10, LINKINFO: 18, NET_NS_PID: 19, AF_SPEC: 26 } as const;
const IFLA_INFO = { KIND: 1, DATA: 2, SLAVE_KIND: 4, SLAVE_DATA: 5 } as const;
const IFLA_BRPORT_MODE = 4;
const VETH_INFO_PEER = 1;
const IFLA_INET6_ADDR_GEN_MODE = 8;
const IN6_ADDR_GEN_MODE_NONE = 1;
/** linux/if_addr.h */
const IFA = { ADDRESS: 1, LOCAL: 2, BROADCAST: 4 } as const;
const RTA_GATEWAY = 5;
const AF = { UNSPEC: 0, INET: 2, INET6: 10 } as const;
const IFF_UP = 1;
const RT_TABLE_MAIN = 254;
const RTPROT_BOOT = 3;
const RTN_UNICAST = 1;
const CREATE = NLM_F.CREATE | NLM_F.EXCL;

/** In a fresh network namespace: the loopback device is the first, what is made next follows. */
const LOOPBACK_INDEX = 1;
export const FIRST_DEVICE_INDEX = 2;

type Netns = Extract<Op, { op: "netlink" }>["netns"];

/** A batch of rtnetlink messages: each method is one. */
export class RouteMessages {
  readonly #out = new NetlinkWriter();

  createBridge(name: string, mac: string): this {
    return this.#link(RTM.NEWLINK, CREATE, {}, () => {
      this.#out.stringAttribute(IFLA.IFNAME, name).attribute(IFLA.ADDRESS, macBytes(mac));
      this.#out.nested(IFLA.LINKINFO, () => this.#out.stringAttribute(IFLA_INFO.KIND, "bridge"));
    });
  }

  /** Two ends of a cable: one here in a bridge, the other, named and addressed, in the namespace of the process that is being started. */
  createVeth(options: { name: string; bridgeIndex: number; peerName: string; peerMac: string }): this {
    return this.#link(RTM.NEWLINK, CREATE, {}, () => {
      this.#out.stringAttribute(IFLA.IFNAME, options.name).u32Attribute(IFLA.MASTER, options.bridgeIndex);
      this.#out.nested(IFLA.LINKINFO, () => {
        this.#out.stringAttribute(IFLA_INFO.KIND, "veth");
        this.#out.nested(IFLA_INFO.DATA, () =>
          this.#out.nested(VETH_INFO_PEER, () => {
            this.#linkHeader({});
            this.#out
              .stringAttribute(IFLA.IFNAME, options.peerName)
              .attribute(IFLA.ADDRESS, macBytes(options.peerMac))
              .pidAttribute(IFLA.NET_NS_PID);
          }),
        );
      });
    });
  }

  /** Up, and without an IPv6 address of its own making: no packets before the first real one. (Flags are set before the rest of a message.) */
  setUp(name: string): this {
    this.#link(RTM.SETLINK, 0, {}, () => {
      this.#out.stringAttribute(IFLA.IFNAME, name);
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

  setLoopbackUp(): this {
    return this.#link(RTM.SETLINK, 0, { up: true, index: LOOPBACK_INDEX }, () => undefined);
  }

  addAddress(index: number, address: string, prefixLength: number, broadcast: string): this {
    this.#out.message(RTM.NEWADDR, NLM_F.CREATE | NLM_F.REPLACE, () => {
      this.#out.u8(AF.INET).u8(prefixLength).u8(0).u8(0).u32(index);
      this.#out
        .attribute(IFA.LOCAL, addressBytes(address))
        .attribute(IFA.ADDRESS, addressBytes(address))
        .attribute(IFA.BROADCAST, addressBytes(broadcast));
    });
    return this;
  }

  addDefaultRoute(gateway: string): this {
    this.#out.message(RTM.NEWROUTE, CREATE, () => {
      this.#out.u8(AF.INET).u8(0).u8(0).u8(0).u8(RT_TABLE_MAIN).u8(RTPROT_BOOT).u8(0).u8(RTN_UNICAST).u32(0);
      this.#out.attribute(RTA_GATEWAY, addressBytes(gateway));
    });
    return this;
  }

  getLink(name: string): this {
    return this.#link(RTM.GETLINK, 0, {}, () => this.#out.stringAttribute(IFLA.IFNAME, name));
  }

  deleteLink(name: string): this {
    return this.#link(RTM.DELLINK, 0, {}, () => this.#out.stringAttribute(IFLA.IFNAME, name));
  }

  toOp(netns: Netns = "current", optional = false): Op {
    const { messages, pidOffsets } = this.#out.finish();
    return { op: "netlink", protocol: NETLINK_ROUTE, netns, messages, pidOffsets, optional };
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

import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import type { Op } from "../guest/ops.ts";
import { bridgeRulesOps, publishedPortsOp } from "./bridge-rules.ts";
import { NetlinkWriter, parseMessages } from "./netlink.ts";
import type { PortMapping } from "./network.ts";
import { linkIndexOf, RouteMessages } from "./rtnetlink.ts";

/**
 * The goldens were made from messages that a kernel (6.18) took in a network namespace of their own, where `nft list ruleset`, `ip address` and
 * real connections showed what `testdata/kernel-view.txt` says. `UPDATE_GOLDENS=1` writes them anew: verify them the same way.
 */
const directory = join(dirname(fileURLToPath(import.meta.url)), "testdata");

function expectGolden(name: string, op: Op): void {
  if (op.op !== "netlink") throw new Error("not netlink");
  const hex = Buffer.from(op.messages).toString("hex").replace(/.{96}/g, "$&\n");
  const file = join(directory, `${name}.hex`);
  if (process.env["UPDATE_GOLDENS"]) {
    mkdirSync(directory, { recursive: true });
    writeFileSync(file, `${hex.trimEnd()}\n`);
  }
  expect(`${hex.trimEnd()}\n`).toBe(readFileSync(file, "utf8"));
}

const publication = (hostPort: number, hostIp = "0.0.0.0", protocol: PortMapping["container"]["protocol"] = "tcp") => ({
  address: "172.17.0.2",
  mapping: { container: { port: 80, protocol }, hostIp, hostPort },
});

describe("rtnetlink", () => {
  it("makes a bridge, finds it and sets it up", () => {
    expectGolden("bridge-create", new RouteMessages().createBridge("docker0", "02:42:01:02:03:04").toOp());
    expectGolden("link-get", new RouteMessages().getLink("docker0").toOp());
    expectGolden(
      "bridge-up",
      new RouteMessages().setUp("docker0").addAddress(2, "172.17.0.1", 16, "172.17.255.255").toOp(),
    );
  });

  it("lays a cable from a bridge into the namespace of the process being started", () => {
    const op = new RouteMessages()
      .createVeth({
        name: "veth0123456",
        bridgeIndex: 2,
        peerName: "eth0",
        peerMac: "02:42:ac:11:00:02",
        netns: "child",
        mtu: undefined,
      })
      .setHairpin("veth0123456")
      .setUp("veth0123456")
      .toOp();
    expectGolden("veth", op);
    if (op.op !== "netlink") throw new Error("not netlink");
    const [offset = 0] = op.pidOffsets ?? [];
    const view = new DataView(op.messages.buffer, op.messages.byteOffset);
    // The attribute before the hole: 8 bytes, IFLA_NET_NS_PID.
    expect([view.getUint16(offset - 4, true), view.getUint16(offset - 2, true), view.getUint32(offset, true)]).toEqual([
      8, 19, 0,
    ]);
  });

  it("configures the container's end in the container", () => {
    const op = new RouteMessages()
      .setLoopbackUp()
      .setUp("eth0")
      .addAddress(2, "172.17.0.2", 16, "172.17.255.255")
      .addDefaultRoute("172.17.0.1")
      .toOp("child");
    expectGolden("container-end", op);
    expect(op).toMatchObject({ netns: "child", pidOffsets: [] });
  });

  it("removes a device, and minds no missing one when told so", () => {
    const op = new RouteMessages().deleteLink("veth0123456").toOp("current", true);
    expectGolden("link-delete", op);
    expect(op).toMatchObject({ optional: true });
  });

  it("reads a device's index from the kernel's answer", () => {
    const answer = new NetlinkWriter().message(16, 0, () => undefined).finish().messages;
    expect(linkIndexOf(answer.subarray(0, 0))).toBeUndefined();
    const real = Buffer.from("200000001000000001000000c74200000000010007000000021000000000000000000000", "hex");
    real.writeUInt32LE(32, 0);
    expect(linkIndexOf(real.subarray(0, 32))).toBe(7);
  });
});

describe("nf_tables", () => {
  it("writes the rules of all bridges in one transaction", () => {
    const bridge = { internal: false, icc: true, masquerade: true };
    const [op, ...others] = bridgeRulesOps([
      { ...bridge, device: "docker0", subnets: ["172.17.0.0/16"] },
      { ...bridge, device: "br-0123456789ab", subnets: ["10.9.0.0/20"], internal: true },
    ]) as [Op];
    expectGolden("bridge-rules", op);
    expect(others).toEqual([]);
    if (op.op !== "netlink") throw new Error("not netlink");
    const types = parseMessages(op.messages).map(({ type }) => type);
    expect([types[0], types.at(-1)]).toEqual([0x10, 0x11]);
    expect(op.protocol).toBe(12);
  });

  it("publishes ports of IPv4 addresses", () => {
    expectGolden(
      "published-ports",
      publishedPortsOp(4, [publication(8080), publication(5353, "127.0.0.1", "udp"), publication(9, "::")]),
    );
  });
});

describe("rules for IPv6", () => {
  it("are made when a network has it, and are of its own family", () => {
    const bridge = { internal: false, icc: true, masquerade: true, device: "br-six" };
    const ops = bridgeRulesOps([{ ...bridge, subnets: ["172.18.0.0/16", "fd00:77::/64"] }]);
    expect(ops).toHaveLength(2);
    const families = ops.map((op) => parseMessages((op as Extract<Op, { op: "netlink" }>).messages)[1]?.body[0]);
    expect(families).toEqual([2, 10]);
  });

  it("lead ports of all addresses and of its own to the container's IPv6 address", () => {
    const rules = (hostIp: string): number => {
      const op = publishedPortsOp(6, [{ ...publication(80, hostIp), address: "fd00::2" }]);
      return parseMessages((op as Extract<Op, { op: "netlink" }>).messages).filter(({ type }) => type === 0xa06).length;
    };
    expect([rules(""), rules("::"), rules("::1"), rules("0.0.0.0"), rules("127.0.0.1")]).toEqual([1, 1, 1, 0, 0]);
  });
});

describe("a message", () => {
  it("is aligned to four bytes, its length is not", () => {
    const { messages } = new NetlinkWriter().message(1, 0, () => undefined).finish();
    expect(messages).toHaveLength(16);
    const writer = new NetlinkWriter();
    const padded = writer.message(1, 0, () => writer.stringAttribute(3, "ab")).finish().messages;
    expect(Buffer.from(padded.subarray(16)).toString("hex")).toBe("0700030061620000");
  });

  it("grows past its first buffer", () => {
    const writer = new NetlinkWriter();
    writer.message(1, 0, () => {
      for (let index = 0; index < 500; index++) writer.u32Attribute(1, index);
    });
    const { messages } = writer.finish();
    expect(messages).toHaveLength(16 + 500 * 8);
    expect(new DataView(messages.buffer).getUint32(0, true)).toBe(messages.length);
  });
});

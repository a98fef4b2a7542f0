import { describe, expect, it } from "vitest";
import { collect } from "../../base/streams.ts";
import { FakeGuest } from "../../guest/fake-guest.ts";
import type { Op } from "../../guest/ops.ts";
import type { NamedMember } from "../member-names.ts";
import { namesKnownTo } from "../member-names.ts";
import type { Network, ResolveRequest } from "../network.ts";
import { ContainerResolvers } from "./container-resolvers.ts";
import { DNS_TYPE } from "./message.ts";

const network = (name: string): Network => ({
  id: name.padEnd(64, "0"),
  name,
  driver: "bridge",
  createdAt: "",
  subnets: [],
  internal: false,
  labels: {},
  options: {},
});

function member(containerId: string, net: string, ipAddress: string, names: readonly string[]): NamedMember {
  return {
    containerId,
    containerName: names[0] ?? "",
    network: network(net),
    dnsNames: () => names,
    endpoint: {
      networkId: net,
      endpointId: containerId + net,
      macAddress: "",
      ipAddress,
      prefixLength: 16,
      gateway: "",
      aliases: [],
      ports: [],
      ipv6Address: containerId === "db" ? "fd00::2" : "",
    },
  };
}

const MEMBERS = [
  member("me", "net1", "10.1.0.9", ["me"]),
  member("me", "bridge", "172.17.0.9", ["me"]),
  member("db", "net1", "10.1.0.2", ["db", "store", "0123456789ab"]),
  member("db2", "net1", "10.1.0.3", ["db2", "store"]),
  member("far", "net2", "10.2.0.2", ["far"]),
  member("old", "bridge", "172.17.0.2", ["old"]),
];

function start(request: Partial<ResolveRequest> = {}) {
  const guest = new FakeGuest();
  const links = request.links ?? {};
  const resolvers = new ContainerResolvers(guest, (id) => namesKnownTo(id, MEMBERS, links));
  const ops = resolvers.start({
    containerId: "me",
    servers: [],
    links,
    ndotsSet: false,
    pid: () => undefined,
    ...request,
  });
  return { guest, resolvers, ops, listeners: ops.flatMap((op) => (op.op === "listen" ? [op] : [])) };
}

function question(name: string, type: number): Uint8Array {
  const labels = name.split(".").flatMap((label) => [label.length, ...Buffer.from(label)]);
  return Uint8Array.from([0, 7, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, ...labels, 0, 0, type, 0, 1]);
}

async function ask({ guest, listeners }: ReturnType<typeof start>, name: string, type: number = DNS_TYPE.A) {
  const connection = guest.arrive(listeners[0]?.listener ?? 0);
  const writer = connection.writable.getWriter();
  await writer.write(question(name, type));
  await writer.close();
  const reply = await collect(connection.readable);
  const code = (reply[3] as number) & 0xf;
  const count = reply[7] as number;
  const records = reply.subarray(question(name, type).length);
  const width = count === 0 ? 0 : records.length / count;
  const values = Array.from({ length: count }, (_, index) => [
    ...records.subarray(index * width + 12, (index + 1) * width),
  ]);
  return {
    code,
    values: values.map((bytes) => (type === DNS_TYPE.A ? bytes.join(".") : Buffer.from(bytes).toString("hex"))),
  };
}

describe("the name server of a container", () => {
  it("listens in its namespace, where port 53 of 127.0.0.11 leads to it, until it ends", () => {
    const { ops, resolvers, guest, listeners } = start();
    expect(ops.map((op) => [op.op, (op as Extract<Op, { op: "listen" }>).netns])).toEqual([
      ["netlink", "child"],
      ["listen", "child"],
      ["listen", "child"],
    ]);
    expect(listeners.map(({ family, address }) => `${family} ${address}`)).toEqual([
      "udp 127.0.0.11",
      "tcp 127.0.0.11",
    ]);
    expect(resolvers.end("me").map((op) => op.op)).toEqual(["unlisten", "unlisten"]);
    expect(resolvers.end("me")).toEqual([]);
    expect(() => guest.arrive(listeners[0]?.listener ?? 0)).toThrow("listener");
  });

  it("is made once, and in the namespace of a container that runs", () => {
    const { resolvers, ops } = start({ pid: () => 77 });
    expect(ops[1]).toMatchObject({ op: "listen", netns: 77 });
    const again = { containerId: "me", servers: [], links: {}, ndotsSet: false, pid: () => 77 };
    expect(resolvers.start(again)).toEqual([]);
  });

  it("knows names, aliases, short ids and names with their network, in any case", async () => {
    const made = start();
    for (const name of ["db", "DB", "0123456789ab", "db.net1"])
      expect(await ask(made, name), name).toEqual({ code: 0, values: ["10.1.0.2"] });
    expect(await ask(made, "db", DNS_TYPE.AAAA)).toEqual({ code: 0, values: ["fd000000000000000000000000000002"] });
  });

  it("says nothing, but no error, of a name that has no such record", async () => {
    const made = start();
    expect(await ask(made, "db2", DNS_TYPE.AAAA)).toEqual({ code: 0, values: [] });
    expect(await ask(made, "db2", DNS_TYPE.MX)).toEqual({ code: 0, values: [] });
  });

  it("takes turns among those that share a name", async () => {
    const made = start();
    const first = await ask(made, "store");
    const second = await ask(made, "store");
    expect(first.values.toSorted()).toEqual(["10.1.0.2", "10.1.0.3"]);
    expect(second.values).toEqual(first.values.toReversed());
  });

  it("knows whom an address belongs to, by its first name", async () => {
    const made = start();
    const { values } = await ask(made, "2.0.1.10.in-addr.arpa", DNS_TYPE.PTR);
    expect(Buffer.from(values[0] ?? "", "hex").toString("latin1")).toBe("\u0002db\u0004net1\u0000");
  });

  it("knows nothing of other networks, and of the default bridge", async () => {
    const made = start();
    for (const name of ["far", "old", "db.net2", "nosuch.example"])
      expect(await ask(made, name), name).toEqual({ code: 2, values: [] });
    expect(await ask(made, "db", 16)).toEqual({ code: 2, values: [] });
  });

  it("knows the container's own names for others", async () => {
    expect(await ask(start({ links: { store2: "db2" } }), "store2")).toEqual({ code: 0, values: ["10.1.0.3"] });
  });

  it("passes on what it does not know, but no single word when the user sets ndots", async () => {
    const made = start({ servers: ["10.9.9.9", "10.9.9.10"], ndotsSet: true });
    made.guest.serve("tcp:10.9.9.10:53", ({ readable, writable }) => {
      void (async () => {
        const { value = new Uint8Array() } = await readable.getReader().read();
        const reply = Uint8Array.from(value.subarray(2));
        reply[2] = 0x81;
        reply[3] = 0x83;
        await writable.getWriter().write(Uint8Array.from([0, reply.length, ...reply]));
      })();
    });
    expect(await ask(made, "nosuch.example")).toEqual({ code: 3, values: [] });
    expect(await ask(made, "nosuch")).toEqual({ code: 0, values: [] });
  });

  it("answers message by message over TCP", async () => {
    const { guest, listeners } = start();
    const connection = guest.arrive(listeners[1]?.listener ?? 0);
    const writer = connection.writable.getWriter();
    const asked = question("db", DNS_TYPE.A);
    await writer.write(Uint8Array.from([0, asked.length, ...asked, 0]));
    await writer.write(Uint8Array.from([asked.length, ...asked]));
    await writer.close();
    const reply = await collect(connection.readable);
    const length = asked.length + 16;
    expect([reply.length, reply[1], reply[length + 3]]).toEqual([2 * (length + 2), length, length]);
  });
});

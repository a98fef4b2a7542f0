import { describe, expect, it } from "vitest";
import { MemoryRecordStore } from "../content/memory-record-store.ts";
import type { Op } from "../guest/ops.ts";
import { BridgeNetworks } from "./bridge-networks.ts";
import type { ConnectRequest } from "./network.ts";
import { guestWithDevices } from "./testing.ts";

async function open(records = new MemoryRecordStore(), guest = guestWithDevices()) {
  let count = 0;
  const createId = (): string => (count++).toString(16).padStart(4, "0").padEnd(64, "9fa4");
  const networks = await BridgeNetworks.open({ run: (ops) => guest.run(ops), resolver: guest, records, createId });
  await networks.ready();
  return { networks, guest, records };
}

const request = (extra: Partial<ConnectRequest> = {}): ConnectRequest => ({
  containerId: "c".repeat(64),
  containerName: "web2",
  network: "bridge",
  deviceIndex: 0,
  ports: [],
  ...extra,
});

const ipam = (subnet: string) => ({ driver: "", config: [{ subnet }] });
const port = (hostPort: number) => ({ container: { port: 80, protocol: "tcp" as const }, hostIp: "", hostPort });
const kinds = (ops: readonly Op[]): string[] =>
  ops.map((op) => (op.op === "netlink" ? `${op.protocol === 0 ? "route" : "nft"} ${op.netns ?? "current"}` : op.op));

describe("the networks of an engine", () => {
  it("are bridge, host and none, and stay the same after a reload", async () => {
    const { networks, records } = await open();
    expect(networks.list().map(({ name, driver }) => [name, driver])).toEqual([
      ["bridge", "bridge"],
      ["host", "host"],
      ["none", "null"],
    ]);
    expect(networks.get("bridge")).toMatchObject({
      device: "docker0",
      subnets: [{ subnet: "172.17.0.0/16", gateway: "172.17.0.1" }],
    });
    const again = await open(records);
    expect(again.networks.get("bridge").id).toBe(networks.get("bridge").id);
    expect(() => networks.get("nope")).toThrow("network nope not found");
  });

  it("make docker0 once, in two requests, whoever asks", async () => {
    const { networks, guest } = await open();
    const made = guest.ops.length;
    expect(networks.ready()).toBeUndefined();
    expect(guest.ops).toHaveLength(made);
    expect(guest.ops.filter(({ op }) => op === "write")).toMatchObject([
      { path: "/proc/sys/net/ipv4/ip_forward", data: "1" },
      { path: "/proc/sys/net/ipv4/conf/docker0/route_localnet", data: "1" },
    ]);
  });

  it("can be made and removed", async () => {
    const { networks, guest, records } = await open();
    const network = await networks.create({ name: "net1", ipam: ipam("10.9.0.0/24") });
    expect(network).toMatchObject({
      driver: "bridge",
      device: `br-${network.id.slice(0, 12)}`,
      subnets: [{ subnet: "10.9.0.0/24", gateway: "10.9.0.1" }],
    });
    expect((await networks.create({ name: "net2" })).subnets).toEqual([
      { subnet: "172.18.0.0/16", gateway: "172.18.0.1" },
    ]);
    await expect(networks.create({ name: "net1" })).rejects.toMatchObject({
      kind: "conflict",
      message: "network with name net1 already exists",
    });
    await expect(networks.create({ name: "net3", ipam: ipam("10.9.0.128/25") })).rejects.toThrow(
      "Pool overlaps with other one on this address space",
    );
    const again = await open(records, guest);
    expect(again.networks.connect(request({ network: "net1" })).endpoint.ipAddress).toBe("10.9.0.2");
    await networks.remove("net1");
    expect(networks.list().map(({ name }) => name)).toEqual(["bridge", "host", "net2", "none"]);
  });

  it("are not removed while in use, and Docker's own never", async () => {
    const { networks } = await open();
    await networks.create({ name: "net1" });
    const { endpoint } = networks.connect(request({ network: "net1", containerName: "web" }));
    await expect(networks.remove("net1")).rejects.toMatchObject({
      kind: "forbidden",
      message: `error while removing network: network net1 has active endpoints (name:"web" id:"${endpoint.endpointId.slice(0, 12)}")`,
    });
    await expect(networks.remove("bridge")).rejects.toMatchObject({
      kind: "forbidden",
      message: "bridge is a pre-defined network and cannot be removed",
    });
    networks.disconnect(endpoint.endpointId);
    await networks.remove("net1");
  });
});

describe("a container's connection", () => {
  it("has an address, a MAC and the operations of its start, without asking the guest", async () => {
    const { networks, guest } = await open();
    const before = guest.ops.length;
    const { endpoint, ops } = networks.connect(request());
    expect(endpoint).toMatchObject({
      ipAddress: "172.17.0.2",
      macAddress: "02:42:ac:11:00:02",
      prefixLength: 16,
      gateway: "172.17.0.1",
      ports: [],
    });
    expect(kinds(ops)).toEqual(["route current", "route child"]);
    expect(guest.ops).toHaveLength(before);
    expect(networks.connect(request()).endpoint.ipAddress).toBe("172.17.0.3");
    expect(kinds(networks.disconnect(endpoint.endpointId))).toEqual(["route current"]);
    expect(networks.connect(request()).endpoint.ipAddress).toBe("172.17.0.2");
  });

  it("publishes ports for both address families and takes them back", async () => {
    const { networks } = await open();
    const { endpoint, ops } = networks.connect(request({ ports: [port(8080)] }));
    expect(endpoint.ports.map(({ hostIp, hostPort }) => `${hostIp}:${hostPort}`)).toEqual(["0.0.0.0:8080", ":::8080"]);
    expect(kinds(ops)).toEqual(["route current", "route child", "nft current"]);
    expect(kinds(networks.disconnect(endpoint.endpointId))).toEqual(["route current", "nft current"]);
    expect(networks.disconnect(endpoint.endpointId)).toEqual([]);
    networks.connect(request({ ports: [port(8080)] }));
  });

  it("fails for a taken port in Docker's words, and holds nothing then", async () => {
    const { networks } = await open();
    networks.connect(request({ ports: [port(8080)] }));
    expect(() => networks.connect(request({ ports: [port(8081), port(8080)] }))).toThrow(
      /^driver failed programming external connectivity on endpoint web2 \([0-9a-f]{64}\): Bind for 0\.0\.0\.0:8080 failed: port is already allocated$/,
    );
    expect(networks.connect(request({ ports: [port(8081)] })).endpoint.ipAddress).toBe("172.17.0.3");
  });

  it("to none is a loopback, to host nothing", async () => {
    const { networks } = await open();
    expect(kinds(networks.connect(request({ network: "none" })).ops)).toEqual(["route child"]);
    expect(networks.connect(request({ network: "host" })).ops).toEqual([]);
  });
});

import { describe, expect, it } from "vitest";
import type { CreateNetwork, Network } from "./network.ts";
import { planNetwork } from "./plan-network.ts";

const id = "7".repeat(64);
const existing: Network = {
  id: "1".repeat(64),
  name: "bridge",
  driver: "bridge",
  createdAt: "",
  device: "docker0",
  subnets: [{ subnet: "172.17.0.0/16", gateway: "172.17.0.1" }],
  internal: false,
  labels: {},
  options: {},
};
const template: Network = {
  ...existing,
  id: "2".repeat(64),
  name: "template",
  driver: "null",
  configOnly: true,
  subnets: [],
  labels: { a: "b" },
  ipam: { driver: "", config: [{ subnet: "10.11.0.0/24" }] },
};

const plan = (request: Partial<CreateNetwork>): Network =>
  planNetwork({ name: "net1", ...request }, { networks: [existing, template], id, createdAt: "" });
const ipam = (...config: NonNullable<CreateNetwork["ipam"]>["config"] & object) => ({ ipam: { driver: "", config } });

describe("a new network", () => {
  it("is a bridge of its own on a free subnet", () => {
    expect(plan({})).toMatchObject({
      driver: "bridge",
      device: "br-777777777777",
      subnets: [{ subnet: "172.18.0.0/16", gateway: "172.18.0.1" }],
    });
  });

  it("has the subnet, range, gateway and addresses set aside that were asked for", () => {
    const config = { subnet: "10.9.0.0/24", range: "10.9.0.128/25", auxiliary: { router: "10.9.0.128" } };
    expect(plan(ipam(config)).subnets).toEqual([{ ...config, gateway: "10.9.0.129" }]);
    expect(plan(ipam({ ...config, gateway: "10.9.0.5" })).subnets[0]?.gateway).toBe("10.9.0.5");
  });

  it("has IPv6 when asked, and only then", () => {
    const config = [{ subnet: "10.9.0.0/24" }, { subnet: "fd00:9::/64" }];
    expect(plan({ enableIPv6: true, ...ipam(...config) }).subnets).toEqual([
      { subnet: "10.9.0.0/24", gateway: "10.9.0.1" },
      { subnet: "fd00:9::/64", gateway: "fd00:9::1" },
    ]);
    expect(plan(ipam(...config)).subnets).toHaveLength(1);
    expect(plan({ enableIPv6: true, enableIPv4: false }).subnets).toMatchObject([{ subnet: "fd77:7777:7777::/64" }]);
  });

  it("may be a template, or be made of one", () => {
    expect(plan({ configOnly: true, ...ipam({ subnet: "10.9.0.0/24" }) })).toMatchObject({
      driver: "null",
      subnets: [],
    });
    expect(plan({ configFrom: "template", labels: { c: "d" } })).toMatchObject({
      driver: "bridge",
      configFrom: "template",
      labels: { a: "b", c: "d" },
      subnets: [{ subnet: "10.11.0.0/24" }],
    });
  });

  it("of macvlan has a parent of its own unless one is named", () => {
    expect(plan({ driver: "macvlan" })).toMatchObject({ device: "dm-777777777777", internal: false });
    expect(plan({ driver: "ipvlan", options: { parent: "eth0.10", ipvlan_mode: "l3" } }).device).toBe("eth0.10");
  });

  it.each<[Partial<CreateNetwork>, string, string]>([
    [{ name: " " }, "invalid-argument", "invalid name: name is empty"],
    [{ name: "bridge" }, "forbidden", "operation is not permitted on predefined bridge network "],
    [{ name: "template" }, "conflict", "network with name template already exists"],
    [{ driver: "host" }, "forbidden", 'only one instance of "host" network is allowed'],
    [{ driver: "nosuch" }, "not-found", 'plugin "nosuch" not found'],
    [{ driver: "overlay" }, "forbidden", "This node is not a swarm manager."],
    [{ scope: "swarm" }, "forbidden", "cannot create a swarm scoped network when swarm is not active"],
    [{ ingress: true }, "forbidden", "Ingress network can only be global scope network"],
    [{ ipam: { driver: "nosuch" } }, "not-found", 'plugin "nosuch" not found'],
    [{ configFrom: "bridge" }, "not-found", 'configuration network "bridge" does not exist'],
    [
      ipam({ subnet: "172.17.4.0/24" }),
      "forbidden",
      "invalid pool request: Pool overlaps with other one on this address space",
    ],
    [
      ipam({ subnet: "10.1.0.0/24" }, { subnet: "10.2.0.0/24" }),
      "forbidden",
      "bridge driver doesn't support multiple subnets",
    ],
    [ipam({ subnet: "10.9.0.1/24" }), "invalid-argument", "invalid subnet 10.9.0.1/24: it should be 10.9.0.0/24"],
    [ipam({ subnet: "" }), "invalid-argument", "invalid subnet : invalid CIDR block notation"],
    [
      ipam({ subnet: "10.9.0.0/24", gateway: "10.8.0.1", range: "10.8.0.0/16" }),
      "invalid-argument",
      "invalid network config:\n* invalid ip-range 10.8.0.0/16: CIDR block is bigger than its parent subnet 10.9.0.0/24\n* invalid ip-range 10.8.0.0/16: parent subnet 10.9.0.0/24 doesn't contain ip-range\n* invalid gateway 10.8.0.1: parent subnet 10.9.0.0/24 doesn't contain this address",
    ],
    [{ options: { "com.docker.network.bridge.name": "docker0" } }, "forbidden", "networks have same bridge name"],
    [{ options: { "com.docker.network.bridge.name": "../../etc" } }, "invalid-argument", "invalid interface name"],
    [
      { options: { "com.docker.network.bridge.enable_icc": "maybe" } },
      "invalid-argument",
      'failed to parse com.docker.network.bridge.enable_icc value: maybe (strconv.ParseBool: parsing "maybe": invalid syntax)',
    ],
    [
      { options: { "com.docker.network.driver.mtu": "abc" } },
      "invalid-argument",
      'failed to parse com.docker.network.driver.mtu value: abc (strconv.Atoi: parsing "abc": invalid syntax)',
    ],
    [
      { driver: "macvlan", options: { macvlan_mode: "x" } },
      "invalid-argument",
      "requested macvlan mode 'x' is not valid",
    ],
  ])("of %j is refused", (request, kind, message) => {
    expect(() => plan(request)).toThrow(expect.objectContaining({ kind, message: expect.stringContaining(message) }));
  });
});

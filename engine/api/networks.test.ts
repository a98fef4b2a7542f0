import { describe, expect, it } from "vitest";
import { testEngine } from "../containers/testing.ts";
import { MemoryRecordStore } from "../content/memory-record-store.ts";
import { BridgeNetworks } from "../network/bridge-networks.ts";
import { guestWithDevices } from "../network/testing.ts";
import { createApp } from "./app.ts";
import { call } from "./testing/api-call.ts";
import { fakeServices } from "./testing/fake-services.ts";

/** The API on real networks and containers; the guest and the runtime are fakes. */
async function prepared() {
  const guest = guestWithDevices();
  const networks = await BridgeNetworks.open({
    run: (ops) => guest.run(ops),
    resolver: guest,
    records: new MemoryRecordStore(),
  });
  const { containers } = testEngine({ networks });
  const services = fakeServices();
  const app = createApp({ ...services, containers, network: networks });
  const told: string[] = [];
  const tell = ({ type, action, attributes }: Parameters<Parameters<typeof services.events.subscribe>[0]>[0]): void => {
    if (type === "network") told.push([action, attributes["name"], attributes["type"]].filter(Boolean).join(" "));
  };
  services.events.subscribe(tell);
  containers.subscribe(tell);
  const run = async (name: string, body: object = {}): Promise<string> => {
    const { json } = await call(app, `POST /containers/create?name=${name}`, {
      json: { Image: "busybox", Cmd: ["sleep"], ...body },
    });
    await call(app, `POST /containers/${name}/start`);
    return (json as { Id: string }).Id;
  };
  const settings = async (name: string): Promise<Record<string, Record<string, unknown>>> =>
    ((await call(app, `GET /containers/${name}/json`)).json as { NetworkSettings: { Networks: never } }).NetworkSettings
      .Networks;
  return { app, guest, networks, told, run, settings };
}

const subnet = (text: string) => ({ IPAM: { Config: [{ Subnet: text }] } });

describe("a network", () => {
  it("is made, shown, and removed, and the world is told", async () => {
    const { app, told } = await prepared();
    const made = await call(app, "POST /networks/create", {
      json: { Name: "net1", ...subnet("10.9.0.0/24"), Labels: { a: "b" }, Internal: true, Attachable: true },
    });
    expect(made).toMatchObject({ status: 201, json: { Id: expect.stringMatching(/^[\da-f]{64}$/), Warning: "" } });
    expect((await call(app, "GET /networks/net1")).json).toMatchObject({
      Name: "net1",
      Scope: "local",
      Driver: "bridge",
      EnableIPv4: true,
      EnableIPv6: false,
      IPAM: { Driver: "default", Options: null, Config: [{ Subnet: "10.9.0.0/24" }] },
      Internal: true,
      Attachable: true,
      Ingress: false,
      ConfigFrom: { Network: "" },
      ConfigOnly: false,
      Containers: {},
      Labels: { a: "b" },
    });
    expect(await call(app, "DELETE /networks/net1")).toMatchObject({ status: 204 });
    expect(told).toEqual(["create net1 bridge", "destroy net1 bridge"]);
  });

  it("that chose its subnet shows its gateway too", async () => {
    const { app } = await prepared();
    await call(app, "POST /networks/create", { json: { Name: "net1" } });
    expect((await call(app, "GET /networks/net1")).json).toMatchObject({
      IPAM: { Config: [{ Subnet: "172.18.0.0/16", Gateway: "172.18.0.1" }] },
    });
  });

  it("shows who is on it, and is not removed then", async () => {
    const { app, run } = await prepared();
    await call(app, "POST /networks/create", { json: { Name: "net1", ...subnet("10.9.0.0/24") } });
    const id = await run("web", { HostConfig: { NetworkMode: "net1" } });
    expect((await call(app, "GET /networks/net1")).json).toMatchObject({
      Containers: { [id]: { Name: "web", IPv4Address: "10.9.0.2/24", MacAddress: "02:42:0a:09:00:02" } },
    });
    expect((await call(app, "GET /networks")).json).toMatchObject([{}, {}, { Name: "net1", Containers: {} }, {}]);
    expect(await call(app, "DELETE /networks/net1")).toMatchObject({ status: 403 });
  });

  it.each([
    ['{"driver":["bridge"]}', ["bridge", "net1", "net2"]],
    ['{"name":["net"]}', ["net1", "net2"]],
    ['{"label":["a=b"]}', ["net1"]],
    ['{"type":["builtin"]}', ["bridge", "host", "none"]],
    ['{"type":["custom"],"dangling":["true"]}', ["net2"]],
    ['{"dangling":["false"]}', ["bridge", "host", "net1", "none"]],
    ['{"scope":["swarm"]}', []],
    ['{"id":["nosuch"]}', []],
  ])("is chosen by %s", async (filters, names) => {
    const { app, run } = await prepared();
    await call(app, "POST /networks/create", { json: { Name: "net1", Labels: { a: "b" } } });
    await call(app, "POST /networks/create", { json: { Name: "net2" } });
    await run("web", { HostConfig: { NetworkMode: "net1" } });
    const { json } = await call(app, `GET /networks?filters=${encodeURIComponent(filters)}`);
    expect((json as { Name: string }[]).map(({ Name }) => Name)).toEqual(names);
  });

  it("without containers is pruned", async () => {
    const { app, run, told } = await prepared();
    for (const name of ["net1", "net2", "net3"])
      await call(app, "POST /networks/create", { json: { Name: name, Labels: name === "net3" ? { keep: "" } : {} } });
    await run("web", { HostConfig: { NetworkMode: "net1" } });
    const filters = encodeURIComponent('{"label!":["keep"]}');
    expect((await call(app, `POST /networks/prune?filters=${filters}`)).json).toEqual({ NetworksDeleted: ["net2"] });
    expect((await call(app, `POST /networks/prune?filters=${filters}`)).json).toEqual({ NetworksDeleted: null });
    expect(told.slice(-3)).toEqual(["destroy net2 bridge", "prune", "prune"]);
  });
});

describe("a container", () => {
  it("is put on a network and taken off while it runs", async () => {
    const { app, run, settings, told, guest } = await prepared();
    await call(app, "POST /networks/create", { json: { Name: "net1", ...subnet("10.9.0.0/24") } });
    const id = await run("web");
    const EndpointConfig = {
      Aliases: ["db"],
      IPAMConfig: { IPv4Address: "10.9.0.7" },
      MacAddress: "02:42:AA:00:00:01",
    };
    expect(
      await call(app, "POST /networks/net1/connect", { json: { Container: "web", EndpointConfig } }),
    ).toMatchObject({ status: 200 });
    expect(await settings("web")).toMatchObject({
      bridge: { IPAddress: "172.17.0.2", DNSNames: null },
      net1: {
        IPAMConfig: { IPv4Address: "10.9.0.7" },
        IPAddress: "10.9.0.7",
        IPPrefixLen: 24,
        Gateway: "10.9.0.1",
        MacAddress: "02:42:aa:00:00:01",
        Aliases: ["db"],
        DNSNames: ["web", "db", id.slice(0, 12)],
      },
    });
    const again = await call(app, "POST /networks/net1/connect", { json: { Container: "web" } });
    expect(again).toMatchObject({
      status: 403,
      json: { message: "endpoint with name web already exists in network net1" },
    });
    expect(guest.ops.filter(({ op }) => op === "netlink").length).toBeGreaterThan(0);
    await call(app, "POST /networks/net1/disconnect", { json: { Container: "web" } });
    expect(Object.keys(await settings("web"))).toEqual(["bridge"]);
    expect(told.slice(-2)).toEqual(["connect net1 bridge", "disconnect net1 bridge"]);
    expect(await call(app, "POST /networks/net1/disconnect", { json: { Container: "web" } })).toMatchObject({
      status: 500,
      json: { message: `container ${id} is not connected to network net1` },
    });
  });

  it("that does not run gets its address at the start, the same each time", async () => {
    const { app, run, settings } = await prepared();
    await call(app, "POST /networks/create", { json: { Name: "net1", ...subnet("10.9.0.0/24") } });
    await run("web", {
      HostConfig: { NetworkMode: "net1" },
      NetworkingConfig: { EndpointsConfig: { net1: { IPAMConfig: { IPv4Address: "10.9.0.9" } } } },
    });
    for (let round = 0; round < 2; round++) {
      expect(await settings("web")).toMatchObject({ net1: { IPAddress: "10.9.0.9" } });
      await call(app, "POST /containers/web/stop?t=0");
      expect(await settings("web")).toMatchObject({ net1: { IPAddress: "", IPAMConfig: { IPv4Address: "10.9.0.9" } } });
      await call(app, "POST /containers/web/start");
    }
  });

  it("of an older API is on one network", async () => {
    const { app } = await prepared();
    const json = { Image: "busybox", NetworkingConfig: { EndpointsConfig: { a: {}, b: {} } } };
    expect(await call(app, "POST /v1.43/containers/create", { json })).toMatchObject({
      status: 400,
      json: { message: "Container cannot be created with multiple network endpoints: a, b" },
    });
    expect(await call(app, "POST /v1.44/containers/create", { json })).toMatchObject({ status: 201 });
  });

  it("that does not run may be promised a network, and is taken off it", async () => {
    const { app, settings, told } = await prepared();
    await call(app, "POST /containers/create?name=web", { json: { Image: "busybox" } });
    const move = (verb: string, network: string) =>
      call(app, `POST /networks/${network}/${verb}`, { json: { Container: "web" } });
    expect(await move("connect", "later")).toMatchObject({ status: 200 });
    expect(Object.keys(await settings("web"))).toEqual(["bridge", "later"]);
    expect(await move("disconnect", "later")).toMatchObject({ status: 200 });
    expect(await move("disconnect", "later")).toMatchObject({
      status: 500,
      json: { message: expect.stringMatching(/is not connected to the network later$/) as string },
    });
    expect(told).toEqual([]);
  });

  it("cannot start on a network that is gone", async () => {
    const { app, settings } = await prepared();
    await call(app, "POST /networks/create", { json: { Name: "net1" } });
    await call(app, "POST /containers/create?name=web", {
      json: { Image: "busybox", HostConfig: { NetworkMode: "net1" } },
    });
    await call(app, "DELETE /networks/net1");
    expect(await call(app, "POST /containers/web/start")).toMatchObject({
      status: 404,
      json: { message: "failed to set up container networking: network net1 not found" },
    });
    expect(Object.keys(await settings("web"))).toEqual(["net1"]);
  });

  it("has the way out that is wanted most", async () => {
    const { app, guest, run } = await prepared();
    await call(app, "POST /networks/create", { json: { Name: "a" } });
    await call(app, "POST /networks/create", { json: { Name: "b", Internal: true } });
    await call(app, "POST /networks/create", { json: { Name: "c" } });
    const EndpointsConfig = { a: {}, b: { GwPriority: 9 }, c: { GwPriority: 1 } };
    const ports = { PortBindings: { "80/tcp": [{ HostPort: "8000-8001" }] } };
    const ExposedPorts = { "80/tcp": {} };
    await run("web", {
      ExposedPorts,
      HostConfig: { NetworkMode: "a", ...ports },
      NetworkingConfig: { EndpointsConfig },
    });
    expect(guest.openHandles.connections).toBe(0);
    const { json } = await call(app, "GET /containers/web/json");
    const { Networks, Ports } = (json as { NetworkSettings: { Networks: object; Ports: object } }).NetworkSettings;
    expect(Networks).toMatchObject({ a: { Gateway: "172.18.0.1" }, b: { Gateway: "" }, c: { GwPriority: 1 } });
    expect(Ports).toEqual({
      "80/tcp": [
        { HostIp: "0.0.0.0", HostPort: "8000" },
        { HostIp: "::", HostPort: "8000" },
      ],
    });
  });

  it("keeps its published ports when it leaves the network they came by", async () => {
    const { app, run, networks } = await prepared();
    await call(app, "POST /networks/create", { json: { Name: "net1" } });
    await run("web", {
      ExposedPorts: { "80/tcp": {} },
      HostConfig: { PortBindings: { "80/tcp": [{ HostPort: "8080" }] } },
    });
    await call(app, "POST /networks/net1/connect", { json: { Container: "web" } });
    await call(app, "POST /networks/bridge/disconnect", { json: { Container: "web" } });
    const { json } = await call(app, "GET /containers/web/json");
    expect((json as { NetworkSettings: { Ports: object } }).NetworkSettings.Ports).toMatchObject({
      "80/tcp": [{ HostPort: "8080" }, { HostPort: "8080" }],
    });
    expect(networks.ports.list()).toHaveLength(1);
    await call(app, "POST /networks/net1/disconnect", { json: { Container: "web" } });
    expect(networks.ports.list()).toEqual([]);
  });

  it("cannot publish a port of a protocol that the kernel lacks", async () => {
    const { app } = await prepared();
    const ExposedPorts = { "87/sctp": {} };
    const HostConfig = { PortBindings: { "87/sctp": [{ HostPort: "18104" }] } };
    await call(app, "POST /containers/create?name=web", { json: { Image: "busybox", ExposedPorts, HostConfig } });
    const { status, json } = await call(app, "POST /containers/web/start");
    expect(status).toBe(500);
    expect((json as { message: string }).message).toMatch(
      /failed to listen on 0\.0\.0\.0:18104: protocol not supported$/,
    );
  });

  it("is linked to others, and tells by which names", async () => {
    const { app, run } = await prepared();
    await run("db");
    await run("web", { HostConfig: { Links: ["db:mysql"] } });
    const links = async (): Promise<unknown> =>
      ((await call(app, "GET /containers/web/json")).json as { HostConfig: { Links: unknown } }).HostConfig.Links;
    expect(await links()).toEqual(["/db:/web/mysql"]);
    const named = await call(app, "GET /containers/json");
    expect((named.json as { Names: string[] }[]).map(({ Names }) => Names)).toEqual([["/web"], ["/db", "/web/mysql"]]);
    await call(app, "POST /containers/db/rename?name=store");
    expect(await links()).toEqual(["/store:/web/mysql"]);
    expect(await call(app, "DELETE /containers/web?link=1")).toMatchObject({ status: 409 });
    expect(await call(app, "DELETE /containers/web%2Fmysql?link=1")).toMatchObject({ status: 204 });
    expect(await links()).toBeNull();
  });

  it.each<[string, object, number, string]>([
    ["net1", { Container: "nosuch" }, 404, "No such container: nosuch"],
    ["nosuch", { Container: "web" }, 404, "network nosuch not found"],
    ["bridge", { Container: "web" }, 403, "endpoint with name web already exists in network bridge"],
    ["net1", {}, 400, 'invalid name or ID supplied: ""'],
    [
      "host",
      { Container: "web" },
      400,
      "cannot connect container to host network - container must be created in host network mode",
    ],
    [
      "none",
      { Container: "web" },
      400,
      "container cannot be connected to multiple networks with one of the networks in private (none) mode",
    ],
    ["net1", { Container: "web", EndpointConfig: { MacAddress: "bogus" } }, 400, "invalid MAC address bogus"],
    [
      "net1",
      { Container: "web", EndpointConfig: { IPAMConfig: { IPv4Address: "172.18.0.9" } } },
      400,
      "invalid endpoint settings:\nuser specified IP address is supported only when connecting to networks with user configured subnets",
    ],
    [
      "net2",
      { Container: "web", EndpointConfig: { IPAMConfig: { IPv4Address: "bogus" } } },
      400,
      "invalid endpoint settings:\n* invalid IPv4 address: bogus\n* no configured subnet or ip-range contain the IP address bogus",
    ],
    [
      "net2",
      { Container: "web", EndpointConfig: { IPAMConfig: { IPv4Address: "10.9.0.1" } } },
      403,
      "Address already in use",
    ],
  ])("is not connected to %s by %j", async (network, body, status, message) => {
    const { app, run } = await prepared();
    await call(app, "POST /networks/create", { json: { Name: "net1" } });
    await call(app, "POST /networks/create", { json: { Name: "net2", ...subnet("10.9.0.0/24") } });
    await run("web");
    const answer = await call(app, `POST /networks/${network}/connect`, { json: body });
    expect(answer).toMatchObject({ status, json: { message } });
  });

  it.each<[object, string]>([
    [
      { HostConfig: { NetworkMode: "container:" } },
      "invalid network mode: invalid container format container:<name|id>",
    ],
    [
      { Hostname: "x", HostConfig: { NetworkMode: "container:web" } },
      "conflicting options: hostname and the network mode",
    ],
    [
      { ExposedPorts: { "80/tcp": {} }, HostConfig: { NetworkMode: "container:web" } },
      "conflicting options: port exposing and the container type network mode",
    ],
    [
      { HostConfig: { NetworkMode: "host", Links: ["db"] } },
      "conflicting options: host type networking can't be used with links. This would result in undefined behavior",
    ],
    [{ HostConfig: { Links: ["nosuch"] } }, "could not get container for nosuch: No such container: nosuch"],
    [
      { NetworkingConfig: { EndpointsConfig: { bridge: { Aliases: ["x"] } } } },
      "invalid config for network bridge: invalid endpoint settings:\nnetwork-scoped alias is supported only for containers in user defined networks",
    ],
    [
      {
        MacAddress: "02:42:00:00:00:01",
        NetworkingConfig: { EndpointsConfig: { bridge: { MacAddress: "02:42:00:00:00:02" } } },
      },
      "the container-wide MAC address must match the endpoint-specific MAC address for the main network, or be left empty",
    ],
    [{ MacAddress: "bogus" }, "invalid config for network bridge: invalid MAC address bogus"],
  ])("is not made of %j", async (body, message) => {
    const { app } = await prepared();
    const answer = await call(app, "POST /containers/create", { json: { Image: "busybox", ...body } });
    expect(answer).toMatchObject({ status: 400, json: { message } });
  });
});

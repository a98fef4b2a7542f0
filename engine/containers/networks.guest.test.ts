/** Networks in the real Linux: what containers reach, by which names, and what the kernel says. Needs `public/guest/` and `public/v2/`. */
import { connect } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { collectText } from "../base/streams.ts";
import type { CreateNetwork } from "../network/network.ts";
import { forwardPublishedPorts } from "../node/published-ports.ts";
import type { CreateContainer } from "./container-service.ts";
import { bootGuestEngine, type GuestEngine } from "./guest-engine.suite.ts";
import { outputOf, request } from "./testing.ts";

let engine: GuestEngine;

beforeAll(async () => {
  engine = await bootGuestEngine();
});

afterAll(async () => {
  await engine?.[Symbol.asyncDispose]();
});

type Extra = Partial<Omit<CreateContainer, "image">>;

const SERVE = ["sh", "-c", "mkdir /w; hostname > /w/index.html; exec httpd -f -h /w"];

async function start(name: string, extra: Extra = {}, cmd: readonly string[] = ["sleep", "1000"]): Promise<string> {
  const { container } = await engine.containers.create(request(cmd, { name, ...extra }));
  await engine.containers.start(container.id);
  return container.id;
}

async function exec(reference: string, script: string): Promise<string> {
  const { containers } = engine;
  const io = { attachStdin: false, attachStdout: true, attachStderr: true, tty: false, privileged: false };
  const execId = await containers.createExec(reference, {
    cmd: ["sh", "-c", script],
    env: [],
    workingDir: "",
    user: "",
    ...io,
  });
  return outputOf(await containers.startExec(execId, { detach: false, tty: false }));
}

async function machine(script: string): Promise<string> {
  const process = await engine.guest.start({
    childOps: [{ op: "exec", argv: ["/bin/sh", "-c", script], env: ["PATH=/usr/sbin:/usr/bin:/sbin:/bin"] }],
    stdio: { mode: "pipes", stdin: false, stdout: true, stderr: false },
  });
  return collectText(process.stdout as ReadableStream<Uint8Array>);
}

/** Makes networks, runs the test, and takes everything away. */
async function withNetworks(networks: readonly CreateNetwork[], test: () => Promise<void>): Promise<void> {
  for (const network of networks) await engine.networks.create(network);
  try {
    await test();
  } finally {
    for (const { id } of engine.containers.list({ all: true }))
      await engine.containers.remove(id, { force: true, volumes: true });
    for (const { name } of networks) await engine.networks.remove(name);
  }
}

const on = (network: string, extra: Extra["host"] = {}): Extra => ({ host: { networkMode: network, ...extra } });
const ipam = (...subnets: readonly string[]) => ({
  ipam: { driver: "", config: subnets.map((subnet) => ({ subnet })) },
});
const reaches = (host: string, port = 80): string =>
  `timeout 4 wget -q -O - http://${host}:${port}/ 2>/dev/null || echo no`;

describe("names", () => {
  it("of containers on the same network are answered from the first moment on", () =>
    withNetworks([{ name: "net1", ...ipam("10.9.0.0/24") }, { name: "net2" }], async () => {
      await start("db", { host: { networkMode: "net1" }, networks: { net1: { aliases: ["store"] } } });
      await start("db2", { host: { networkMode: "net1" }, networks: { net1: { aliases: ["store"] } } });
      await start("far", on("net2"));
      const script = "nslookup -type=a db > /early 2>&1; exec sleep 1000";
      await start("early", on("net1"), ["sh", "-c", script]);
      const early = await exec("early", "until grep -q 10.9.0 /early; do sleep 1; done; cat /early");
      expect(early).toContain("Server:\t\t127.0.0.11");
      expect(early).toContain("Name:\tdb\nAddress: 10.9.0.2");
      await start("web", on("net1"));
      const store = await exec("web", "nslookup -type=a store");
      expect(store).toContain("10.9.0.2");
      expect(store).toContain("10.9.0.3");
      expect(await exec("web", "nslookup 10.9.0.2")).toContain("name = db.net1");
      expect(await exec("web", "nslookup far; nslookup -type=a nosuch")).toContain("server can't find far: SERVFAIL");
      expect(await exec("web", "getent hosts db.net1 || ping -c 1 db.net1")).toContain("10.9.0.2");
      expect(await exec("web", "cat /etc/resolv.conf")).toContain("nameserver 127.0.0.11\noptions ndots:0\n");
    }));

  it("leave port 53 to a server in the container, and follow a renaming", () =>
    withNetworks([{ name: "net1" }], async () => {
      await start("web", on("net1"));
      await start("dns", on("net1"), ["nc", "-ll", "-p", "53", "-e", "cat"]);
      expect(await exec("dns", "nslookup -type=a web")).toContain("Name:\tweb");
      expect(await exec("dns", "netstat -lnt")).toMatch(/(?:0\.0\.0\.0|::):53 /);
      await engine.containers.rename("web", "front");
      expect(await exec("dns", "nslookup -type=a front")).toContain("Name:\tfront");
    }));

  it("are written into files and variables by a link on the default bridge", () =>
    withNetworks([], async () => {
      const port = { port: 5432, protocol: "tcp" as const };
      await start("db", { config: { exposedPorts: [port], env: ["USER=me"] } });
      await start("web", { host: { links: ["db:my-db"] } });
      const seen = await exec("web", "cat /etc/hosts; env; ping -c 1 my-db");
      expect(seen).toMatch(/172\.17\.0\.2\tmy-db [\da-f]{12} db\n/);
      expect(seen).toContain("MY_DB_PORT_5432_TCP=tcp://172.17.0.2:5432\n");
      expect(seen).toContain("MY_DB_NAME=/web/my-db\n");
      expect(seen).toContain("MY_DB_ENV_USER=me\n");
      expect(seen).toContain("1 packets received");
    }));
});

describe("a running container", () => {
  it("comes onto a network and leaves it", () =>
    withNetworks([{ name: "net1", ...ipam("10.9.0.0/24") }], async () => {
      await start("db", on("net1"));
      await start("web");
      await engine.containers.connectNetwork("web", "net1", {
        ipAddress: "10.9.0.50",
        macAddress: "02:42:aa:00:00:09",
      });
      const link = await exec("web", "ip link show eth1; ip -4 address show eth1; ip route; ping -c 1 db");
      expect(link).toContain("link/ether 02:42:aa:00:00:09");
      expect(link).toContain("inet 10.9.0.50/24 brd 10.9.0.255");
      expect(link).toContain("default via 172.17.0.1 dev eth0");
      expect(link).toContain("1 packets received");
      await engine.containers.disconnectNetwork("web", "bridge", { force: false });
      expect(await exec("web", "ip route; ls /sys/class/net")).toBe(
        "default via 10.9.0.1 dev eth1 \n10.9.0.0/24 dev eth1 scope link  src 10.9.0.50 \neth1\nlo\n",
      );
      await engine.containers.disconnectNetwork("web", "net1", { force: false });
      expect(await exec("web", "ls /sys/class/net")).toBe("lo\n");
      expect(await machine("ip -o link show type veth | wc -l")).toBe("1\n");
    }));
});

describe("bridges", () => {
  it("do not reach one another, but each other's published ports", () =>
    withNetworks([{ name: "net1", ...ipam("10.9.0.0/24") }], async () => {
      await start("web", { ...on("net1", { portBindings: [port80(8080)] }), config: { hostname: "served" } }, SERVE);
      await start("other");
      expect(await exec("other", reaches("10.9.0.2"))).toBe("no\n");
      expect(await exec("other", reaches("172.17.0.1", 8080))).toBe("served\n");
      expect(await exec("web", reaches("10.9.0.1", 8080))).toBe("served\n");
      expect(await machine("curl -s 127.0.0.1:8080")).toBe("served\n");
    }));

  it("can keep their containers apart, shut in, and to smaller packets", () => {
    const options = { "com.docker.network.bridge.enable_icc": "false", "com.docker.network.driver.mtu": "1400" };
    return withNetworks(
      [
        { name: "apart", options, ...ipam("10.9.0.0/24") },
        { name: "shut", internal: true },
      ],
      async () => {
        await start("one", { ...on("apart"), config: { hostname: "one" } }, SERVE);
        await start("two", on("apart"));
        expect(await exec("two", `cat /sys/class/net/eth0/mtu; ${reaches("one")}`)).toBe("1400\nno\n");
        await start("three", { ...on("shut"), config: { hostname: "three" } }, SERVE);
        await start("four", on("shut"));
        expect(await exec("four", `${reaches("three")}; ip route | grep -c default`)).toBe("three\n0\n");
      },
    );
  });

  it("carry IPv6 beside IPv4", () =>
    withNetworks([{ name: "six", enableIPv6: true, ...ipam("10.9.0.0/24", "fd00:9::/64") }], async () => {
      await start("db", { ...on("six", { portBindings: [port80(8066)] }), config: { hostname: "six" } }, SERVE);
      await start("web", on("six"));
      expect(await exec("web", "ip -6 route | grep default; nslookup -type=aaaa db; ping -6 -c 1 db")).toMatch(
        /default via fd00:9::1[^]*Address: fd00:9::2[^]*1 packets received/,
      );
      expect(await machine("curl -s -g 'http://[fd00:9::1]:8066'; curl -s 10.9.0.1:8066")).toBe("six\nsix\n");
      expect(engine.containers.get("web").endpoints["six"]).toMatchObject({
        ipv6Address: "fd00:9::3",
        ipv6PrefixLength: 64,
      });
    }));
});

describe("other drivers", () => {
  it("put a container beside the machine's own device", () =>
    withNetworks(
      [{ name: "mac", driver: "macvlan", options: { parent: "eth0" }, ...ipam("10.8.0.0/24") }],
      async () => {
        await start("one", on("mac"));
        await start("two", on("mac"));
        const seen = await exec("two", "ip link show eth0; ip route; ping -c 1 one");
        expect(seen).toContain("default via 10.8.0.1 dev eth0");
        expect(seen).toContain("1 packets received");
        expect(await machine("ip -o link show eth0")).toContain("UP");
      },
    ));

  it("share an address, or stay among themselves", () => {
    const inner: CreateNetwork = { name: "inner", driver: "macvlan", ...ipam("10.7.0.0/24") };
    return withNetworks(
      [{ name: "ip", driver: "ipvlan", options: { parent: "eth0", ipvlan_mode: "l3" } }, inner],
      async () => {
        await start("one", on("ip"));
        expect(await exec("one", "ip route")).toMatch(/^default dev eth0 scope link/m);
        await start("two", on("inner"));
        expect(await exec("two", "ip route")).toBe("10.7.0.0/24 dev eth0 scope link  src 10.7.0.2 \n");
      },
    );
  });
});

describe("a published port", () => {
  it("is open on the machine that Node runs on while the container lives", () =>
    withNetworks([], async () => {
      const { guest, networks } = engine;
      const said: string[] = [];
      const ports = {
        list: () => networks.ports.list(),
        subscribe: (listener: () => void) => networks.ports.subscribe(listener),
        connect: (address: string, port: number) => guest.connect({ family: "tcp" as const, address, port }),
      };
      await using _forward = forwardPublishedPorts(ports, { host: "127.0.0.1", report: (line) => said.push(line) });
      const udp = { container: { port: 53, protocol: "udp" as const }, hostIp: "", hostPort: 38_053 };
      const extra = { host: { portBindings: [port80(38_080), udp] }, config: { hostname: "outside" } };
      await start("web", extra, SERVE);
      await exec("web", "until wget -q -O /dev/null 127.0.0.1; do sleep 1; done");
      const response = await fetch("http://127.0.0.1:38080/");
      expect(await response.text()).toBe("outside\n");
      expect(said).toEqual(["port 38053/udp is published in the guest only: tcp alone is carried to this machine"]);
      await engine.containers.remove("web", { force: true, volumes: true });
      expect(await refused(38_080)).toBe(true);
    }));
});

function port80(hostPort: number) {
  return { container: { port: 80, protocol: "tcp" as const }, hostIp: "", hostPort };
}

function refused(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: "127.0.0.1", port });
    socket.once("connect", () => {
      socket.destroy();
      resolve(false);
    });
    socket.once("error", () => resolve(true));
  });
}

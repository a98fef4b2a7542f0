import { type AddressInfo, connect, createServer } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import type { Engine } from "../engine-options.ts";
import type { PublishedPort } from "../network/network.ts";
import { forwardPublishedPorts } from "./published-ports.ts";

/** A machine where every port says its address and number, and repeats what it hears. */
class FakePorts {
  readonly #listeners = new Set<() => void>();
  #ports: readonly PublishedPort[] = [];

  readonly ports: Pick<Engine["ports"], "list" | "subscribe" | "connect"> = {
    list: () => this.#ports,
    subscribe: (listener) => {
      this.#listeners.add(listener);
      return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
    },
    connect: async (address, port) => {
      const echo = new TransformStream<Uint8Array, Uint8Array>({
        start: (controller) => controller.enqueue(Buffer.from(`${address}:${port} `)),
      });
      return { readable: echo.readable, writable: echo.writable };
    },
  };

  publish(...ports: readonly { port: number; hostIp?: string; protocol?: "tcp" | "udp" }[]): void {
    this.#ports = ports.map(({ port, hostIp = "", protocol = "tcp" }) => ({
      containerId: "c",
      mapping: { container: { port: 80, protocol }, hostIp, hostPort: port },
    }));
    for (const listener of this.#listeners) listener();
  }

  get listeners(): number {
    return this.#listeners.size;
  }
}

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

function start() {
  const fake = new FakePorts();
  const said: string[] = [];
  const forward = forwardPublishedPorts(fake.ports, { host: "127.0.0.1", report: (line) => said.push(line) });
  closing.push(async () => forward[Symbol.asyncDispose]());
  return { fake, said, forward };
}

/** Some port of this machine that is free, and a listener on it that can be left standing. */
async function freePort(): Promise<{ port: number; close: () => Promise<unknown> }> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const close = () => new Promise((resolve) => server.close(resolve));
  return { port: (server.address() as AddressInfo).port, close };
}

/** What the other side says to `hello`, and to the end of it. */
function talk(port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = "";
    const socket = connect({ port, host: "127.0.0.1" }, () => socket.end("hello"));
    socket.on("data", (chunk) => (text += String(chunk)));
    socket.on("end", () => resolve(text));
    socket.on("error", reject);
  });
}

describe("published ports", () => {
  it("carry connections both ways, half-closed ones too, while they are published", async () => {
    const { fake } = start();
    const { port, close } = await freePort();
    await close();
    fake.publish({ port });
    expect(await talk(port)).toBe(`127.0.0.1:${port} hello`);
    fake.publish({ port }, { port: port, hostIp: "127.0.0.1" });
    expect(await talk(port)).toBe(`127.0.0.1:${port} hello`);
    fake.publish();
    await expect(talk(port)).rejects.toMatchObject({ code: "ECONNREFUSED" });
  });

  it("lead to the address they are bound to in the guest", async () => {
    const { fake } = start();
    const { port, close } = await freePort();
    await close();
    fake.publish({ port, hostIp: "10.0.2.15" });
    expect(await talk(port)).toBe(`10.0.2.15:${port} hello`);
  });

  it("that are taken on this machine, or are of UDP, are told and left out", async () => {
    const { fake, said } = start();
    const taken = await freePort();
    closing.push(taken.close);
    fake.publish({ port: taken.port }, { port: 53, protocol: "udp" });
    await expect.poll(() => said).toHaveLength(2);
    expect(said.toSorted()).toEqual(
      [
        "port 53/udp is published in the guest only: tcp alone is carried to this machine",
        `port ${taken.port} is not reachable on 127.0.0.1: it is taken`,
      ].toSorted(),
    );
    // A further change does not tell it again.
    fake.publish({ port: taken.port }, { port: 53, protocol: "udp" });
    expect(said).toHaveLength(2);
  });

  it("are closed with the engine", async () => {
    const { fake, forward } = start();
    const { port, close } = await freePort();
    await close();
    fake.publish({ port });
    await talk(port);
    await forward[Symbol.asyncDispose]();
    expect(fake.listeners).toBe(0);
    await expect(talk(port)).rejects.toMatchObject({ code: "ECONNREFUSED" });
  });
});

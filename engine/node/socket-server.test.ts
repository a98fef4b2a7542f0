import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, statSync, writeFileSync } from "node:fs";
import { type IncomingMessage, request } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { expect, it } from "vitest";
import type { EngineFetch } from "../api/app.ts";
import { streamFrom } from "../base/streams.ts";
import { listenOnLoopback, listenOnUnixSocket } from "./socket-server.ts";
import { ask, RawClient, upgrade } from "./testing/raw-client.ts";

const newPath = (): string => join(mkdtempSync(join(tmpdir(), "drydock-")), "engine.sock");

const hello: EngineFetch = async ({ path }) => ({
  status: 200,
  headers: new Map([["content-type", "text/plain"]]),
  body: streamFrom([new TextEncoder().encode(`hello ${path}`)]),
});

it("serves Node's own client on a unix socket for the owner and the group", async () => {
  const path = newPath();
  await using _server = await listenOnUnixSocket(hello, path);
  expect(statSync(path).mode & 0o777).toBe(0o660);
  expect(await ask(path, "GET /one")).toMatchObject({ status: 200, text: "hello /one" });
});

it("replaces the socket of an engine that is gone, and nothing else", async () => {
  const path = newPath();
  const listenAndDie = `require("node:net").createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, "SIGKILL"))`;
  spawnSync(process.execPath, ["-e", listenAndDie]);
  expect(statSync(path).isSocket()).toBe(true);
  await using _server = await listenOnUnixSocket(hello, path);
  expect(await ask(path, "GET /two")).toMatchObject({ text: "hello /two" });
  await expect(listenOnUnixSocket(hello, path)).rejects.toThrow(`another program listens on ${path}`);
  const file = newPath();
  writeFileSync(file, "precious");
  await expect(listenOnUnixSocket(hello, file)).rejects.toThrow(`${file} exists and is not a socket`);
  expect(existsSync(file)).toBe(true);
});

it("ends its connections and removes the socket when it is disposed", async () => {
  const path = newPath();
  const endless: EngineFetch = async () => ({ status: 200, headers: new Map(), body: new ReadableStream() });
  const server = await listenOnUnixSocket(endless, path);
  const client = new RawClient(path, "GET /events HTTP/1.1\nHost: x\n\n");
  await client.until(/\r\n\r\n/);
  await server[Symbol.asyncDispose]();
  await client.rest();
  expect(existsSync(path)).toBe(false);
});

it("aborts the request of a client whose connection is cut, and holds back what a slow one does not read", async () => {
  const path = newPath();
  let made = 0;
  const signals: AbortSignal[] = [];
  const flood: EngineFetch = async ({ signal }) => {
    if (signal) signals.push(signal);
    const body = streamFrom(
      (async function* () {
        for (; !signal?.aborted; made += 65_536) yield new Uint8Array(65_536);
      })(),
    );
    return { status: 200, headers: new Map(), body };
  };
  await using _server = await listenOnUnixSocket(flood, path);
  const client = new RawClient(path, "GET /flood HTTP/1.1\nHost: x\n\n");
  client.socket.pause();
  await expect.poll(() => made).toBeGreaterThan(0);
  let last = -1;
  await expect.poll(() => last === (last = made), { interval: 100 }).toBe(true);
  expect(made).toBeLessThan(8 << 20);
  client.socket.destroy();
  await expect.poll(() => signals[0]?.aborted).toBe(true);
});

it("lets a client close its side of a connection that was taken over", async () => {
  const path = newPath();
  const reverse: EngineFetch = async ({ input }) => ({
    status: 200,
    headers: new Map(),
    body: streamFrom(
      (async function* () {
        const all = await text(input as ReadableStream<Uint8Array>);
        yield new TextEncoder().encode(all.split("").toReversed().join(""));
      })(),
    ),
    hijack: true,
  });
  await using _server = await listenOnUnixSocket(reverse, path);
  const client = new RawClient(path, upgrade("POST /attach"));
  await client.until(/101 UPGRADED/);
  client.socket.end("abc");
  expect(await client.rest()).toMatch(/\r\n\r\ncba$/);
});

it("listens on loopback addresses only", async () => {
  for (const address of ["0.0.0.0:0", "192.168.1.1:0", "[::]:0", "example.com:0"])
    await expect(listenOnLoopback(hello, address)).rejects.toThrow("on the loopback interface only");
  for (const address of ["127.0.0.1", "localhost:99999", ":2375", "127.0.0.1:x"])
    await expect(listenOnLoopback(hello, address)).rejects.toThrow("not an address like 127.0.0.1:2375");
  await using listener = await listenOnLoopback(hello, "tcp://localhost:0");
  expect((listener.server.address() as AddressInfo).address).toBe("127.0.0.1");
});

it("refuses web pages on TCP", async () => {
  await using listener = await listenOnLoopback(hello, "127.0.0.1:0");
  const { port } = listener.server.address() as AddressInfo;
  const status = async (headers: Record<string, string>): Promise<number | undefined> => {
    const sent = request({ port, host: "127.0.0.1", path: "/x", method: "POST", headers }).end();
    const [response] = (await once(sent, "response")) as [IncomingMessage];
    response.resume();
    return response.statusCode;
  };
  expect(await status({})).toBe(200);
  expect(await status({ origin: "https://evil.example" })).toBe(403);
  expect(await status({ host: "evil.example" })).toBe(403);
  const socket = connect({ port, host: "127.0.0.1" });
  socket.end("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
  expect(await text(socket)).toContain("hello /");
});

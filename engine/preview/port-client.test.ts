import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { collectText, decodeUtf8, encodeUtf8, streamOf } from "../base/streams.ts";
import { GuestError } from "../guest/guest.ts";
import type { ClientConnection } from "../http/client.ts";
import type { PublishedPort } from "../network/network.ts";
import { PortFailure } from "./port-failure.ts";
import { HttpPortClient } from "./port-client.ts";
import { PublishedClients } from "./published-clients.ts";

type Answer = string | Uint8Array<ArrayBuffer>;

/** A server that gives these answers to one connection after the other. */
function server(...answers: readonly Answer[]): { connect: () => Promise<ClientConnection>; requests: string[] } {
  const requests: string[] = [];
  return {
    requests,
    async connect() {
      const index = requests.push("") - 1;
      const answer = answers[index] ?? "";
      return {
        readable: streamOf(typeof answer === "string" ? encodeUtf8(answer) : answer),
        writable: new WritableStream({ write: (chunk) => void (requests[index] += decodeUtf8(chunk)) }),
      };
    },
  };
}

const clientOf = ({ connect }: ReturnType<typeof server>, aliases: readonly string[] = []): HttpPortClient =>
  new HttpPortClient(8080, { connect, self: () => ({ port: 8080, aliases }), now: () => 0 });
const get = (target: string, headers: readonly (readonly [string, string])[] = []) => ({
  method: "GET",
  target,
  headers,
});
const OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

describe("a request", () => {
  it("goes to localhost:<port>; what belongs to the connection is not the page's to say", async () => {
    const web = server(OK);
    await clientOf(web).fetch(
      get("/a?b", [
        ["Host", "evil"],
        ["Cookie", "x=1"],
        ["Connection", "upgrade"],
        ["Content-Length", "9"],
        ["X-A", "1"],
      ]),
    );
    expect(web.requests[0]).toBe(
      "GET /a?b HTTP/1.1\r\naccept-encoding: gzip, deflate\r\nconnection: close\r\nhost: localhost:8080\r\nx-a: 1\r\n\r\n",
    );
  });

  it("has its body's length, and its body", async () => {
    const web = server(OK);
    await clientOf(web).fetch({
      ...get("/"),
      method: "POST",
      body: { stream: streamOf(encodeUtf8("ab"), encodeUtf8("c")), sizeBytes: 3 },
    });
    await expect.poll(() => web.requests[0]).toMatch(/\r\ncontent-length: 3\r\n[^]*\r\n\r\nabc$/);
  });

  it.each([
    ["another host", get("http://localhost:8081/")],
    ["a second request", get("/ HTTP/1.1\r\nHost: x\r\n\r\nGET /")],
    ["a line end in a header", get("/", [["a", "1\r\nb: 2"]])],
    ["a method that is none", { ...get("/"), method: "GET /x" }],
  ])("with %s is not sent", async (_, request) => {
    const web = server(OK);
    await expect(clientOf(web).fetch(request)).rejects.toMatchObject({ name: "PortFailure", reason: "bad-request" });
    expect(web.requests).toEqual([]);
  });
});

describe("an answer", () => {
  it("keeps its cookies in the jar, which the next request carries", async () => {
    const web = server(
      "HTTP/1.1 200 OK\r\nSet-Cookie: a=1; HttpOnly\r\nSet-Cookie: b=2\r\nContent-Length: 0\r\n\r\n",
      OK,
    );
    const client = clientOf(web);
    const answer = await client.fetch(get("/"));
    expect(answer.headers).toEqual([["content-length", "0"]]);
    expect(client.scriptCookies("/")).toBe("b=2");
    client.setScriptCookie("c=3", "/");
    await client.fetch(get("/"));
    expect(web.requests[1]).toContain("\r\ncookie: a=1; b=2; c=3\r\n");
  });

  it.each([
    ["http://localhost:8080/x?y#z", "/x?y#z"],
    ["http://127.0.0.1:8080//evil.com", "/evil.com"],
    ["http://web/docs/", "/docs/"],
    ["//localhost:8080/x", "/x"],
    ["../up", "../up"],
    ["https://example.com/x", "https://example.com/x"],
    ["http://localhost:8081/", "http://localhost:8081/"],
  ])("redirects to %s, which for the page is %s", async (location, expected) => {
    const web = server(`HTTP/1.1 302 Found\r\nLocation: ${location}\r\nContent-Length: 0\r\n\r\n`);
    const answer = await clientOf(web, ["web:80"]).fetch(get("/"));
    expect(answer.headers.find(([name]) => name === "location")?.[1]).toBe(expected);
  });

  it("is unpacked when it is compressed", async () => {
    const body = gzipSync("unpacked");
    const head = encodeUtf8(
      `HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: ${body.length}\r\nX: 1\r\n\r\n`,
    );
    const answer = await clientOf(server(new Uint8Array([...head, ...body]))).fetch(get("/"));
    expect(answer.headers).toEqual([["x", "1"]]);
    expect(await collectText(answer.body!)).toBe("unpacked");
  });

  it("of an HTTP/1.0 server ends with the connection; bytes beyond ASCII in its head are no trouble", async () => {
    const answer = await clientOf(server("HTTP/1.0 200 schön\r\nX-Name: 부산\r\n\r\nold")).fetch(get("/"));
    expect([answer.status, await collectText(answer.body!)]).toEqual([200, "old"]);
  });

  it.each([
    ["nothing", "", "hung-up"],
    ["another protocol", "SSH-2.0-x\r\n", "not-http"],
    ["half a head", "HTTP/1.1 200 OK\r\nX", "not-http"],
  ])("that is %s fails by name", async (_, text, reason) => {
    await expect(clientOf(server(text)).fetch(get("/"))).rejects.toMatchObject({ reason });
  });

  it("nobody waits for any more ends the connection", async () => {
    let isClosed = false;
    const readable = new ReadableStream<Uint8Array>({ cancel: () => void (isClosed = true) });
    const client = new HttpPortClient(8080, {
      connect: async () => ({ readable, writable: new WritableStream() }),
      self: () => ({ port: 8080, aliases: [] }),
      now: () => 0,
    });
    const abort = new AbortController();
    const asked = client.fetch(get("/"), { signal: abort.signal });
    setTimeout(() => abort.abort(new Error("enough")), 5);
    await expect(asked).rejects.toThrow("enough");
    expect(isClosed).toBe(true);
  });
});

describe("which ports can be reached", () => {
  const port = (hostPort: number, hostIp = "", protocol: "tcp" | "udp" = "tcp"): PublishedPort => ({
    containerId: "c0ffee",
    mapping: { container: { port: 80, protocol }, hostIp, hostPort },
  });
  const clients = (list: readonly PublishedPort[], connected: string[], error?: Error): PublishedClients =>
    new PublishedClients({
      list: () => list,
      connect: async (address, number) => {
        connected.push(`${address}:${number}`);
        if (error) throw error;
        return await server(OK).connect();
      },
      members: () => [],
      now: () => 0,
    });

  it("only those that containers publish for TCP, at the address they are bound to", async () => {
    const connected: string[] = [];
    const all = clients([port(8080), port(8081, "127.0.0.2"), port(53, "", "udp")], connected);
    await all.get(8080).fetch(get("/"));
    await all.get(8081).fetch(get("/"));
    for (const closed of [53, 2375, 22])
      await expect(all.get(closed).fetch(get("/"))).rejects.toMatchObject({ reason: "not-published" });
    expect(connected).toEqual(["127.0.0.1:8080", "127.0.0.2:8081"]);
  });

  it("a refused connection is told from one that failed otherwise", async () => {
    const refused = new GuestError({ errno: 111, phase: "request", opIndex: 0, detail: "connect: connection refused" });
    await expect(
      clients([port(8080)], [], refused)
        .get(8080)
        .fetch(get("/")),
    ).rejects.toMatchObject({ reason: "refused" });
    await expect(
      clients([port(8080)], [], new Error("gone"))
        .get(8080)
        .fetch(get("/")),
    ).rejects.toBeInstanceOf(PortFailure);
  });
});

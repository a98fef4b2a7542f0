import { describe, expect, it } from "vitest";
import type { EngineRequest, EngineResponse } from "../api/app.ts";
import { Queue } from "../base/queue.ts";
import { encodeUtf8, streamFrom, streamOf } from "../base/streams.ts";
import { echo, TestClient, textResponse } from "./testing/test-client.ts";

const get = (path: string, more = ""): string => `GET ${path} HTTP/1.1\r\nHost: x\r\n${more}\r\n`;

function chunkedBody(...chunks: readonly string[]): EngineResponse {
  return { status: 200, headers: new Map(), body: streamOf(...chunks.map((chunk) => encodeUtf8(chunk))) };
}

describe("requests and answers", () => {
  it("follow each other on one connection, and in order when they come at once", async () => {
    const client = new TestClient(echo);
    client.send(get("/a?b=c%20d")).send("POST /d HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nhi" + get("/e"));
    expect(await client.until(/GET \/a b=c d/)).toMatch(
      /^HTTP\/1\.1 200 OK\r\nContent-Length: 12\r\nDate: .* GMT\r\n\r\n/,
    );
    await client.until(/POST \/d hi/);
    await client.until(/GET \/e/);
    client.send(get("/last", "Connection: close\r\n"));
    expect(await client.rest()).toContain("Connection: close\r\n\r\nGET /last");
  });

  it("answers a slow request before the fast one behind it", async () => {
    const slow = new Queue<Uint8Array>();
    const client = new TestClient(async ({ path }) =>
      path === "/slow" ? { status: 200, headers: new Map(), body: streamFrom(slow) } : textResponse("fast"),
    );
    client.send(get("/slow") + get("/fast"));
    await client.until(/Transfer-Encoding: chunked\r\n(.*\r\n)*\r\n/);
    slow.push(encodeUtf8("slow"));
    slow.close();
    expect(await client.until(/fast/)).toMatch(/^4\r\nslow\r\n0\r\n\r\nHTTP\/1\.1 200 OK/);
  });

  it("sends the head of a body of unknown length before its first byte", async () => {
    const queue = new Queue<Uint8Array>();
    const client = new TestClient(async () => ({ status: 200, headers: new Map(), body: streamFrom(queue) }));
    client.send(get("/events"));
    expect(await client.until(/\r\n\r\n/)).toContain("Transfer-Encoding: chunked");
    queue.push(encodeUtf8("0123456789abcdef"));
    expect(await client.until(/abcdef\r\n/)).toBe("10\r\n0123456789abcdef\r\n");
  });

  it.each([
    ["HEAD", 200, "Content-Length: 4"],
    ["GET", 204, ""],
    ["GET", 304, ""],
  ])("has no body for %s with %i", async (method, status, header) => {
    const client = new TestClient(async () => textResponse("body", status));
    client.send(`${method} / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
    const text = await client.rest();
    expect(text.endsWith("\r\n\r\n")).toBe(true);
    expect(/Content-Length.*(?=\r)/.exec(text)?.[0] ?? "").toBe(header);
  });

  it("ends an HTTP/1.0 answer with the connection, unless the client asked to keep it", async () => {
    const old = new TestClient(async () => chunkedBody("a", "b"));
    expect(await old.send("GET / HTTP/1.0\r\n\r\n").rest()).toMatch(
      /^HTTP\/1\.0 200 OK\r\n(?!.*chunked)[^]*\r\n\r\nab$/,
    );
    const kept = new TestClient(echo);
    kept.send("GET /1 HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    expect(await kept.until(/GET \/1/)).toContain("Connection: keep-alive");
    kept.send("GET /2 HTTP/1.0\r\n\r\n");
    expect(await kept.rest()).toContain("GET /2");
  });

  it("breaks the connection when a body fails or is not as long as it said", async () => {
    const failing = async function* (): AsyncGenerator<Uint8Array> {
      yield encodeUtf8("half");
      throw new Error("disk");
    };
    const cut = new TestClient(async () => ({ status: 200, headers: new Map(), body: streamFrom(failing()) }));
    await expect(cut.send(get("/")).rest()).rejects.toThrow(/aborted after ".*half/);
    const wrong = new TestClient(async () => ({ ...textResponse("abc"), body: streamOf(encodeUtf8("ab")) }));
    await expect(wrong.send(get("/")).rest()).rejects.toThrow("aborted");
  });

  it("answers a handler that throws with 500 and its message, and goes on", async () => {
    const client = new TestClient(() => Promise.reject(new Error("no")));
    client.send(get("/"));
    expect(await client.until(/\{.*\}\n/)).toMatch(/^HTTP\/1\.1 500 Internal Server Error[^]*\{"message":"no"\}\n$/);
    client.send(get("/", "Connection: close\r\n"));
    expect(await client.rest()).toContain("500");
  });

  it("takes no line end from a header's value", async () => {
    const client = new TestClient(async () => ({ ...textResponse(""), headers: new Map([["location", "a\r\nX: y"]]) }));
    expect(await client.send(get("/", "Connection: close\r\n")).rest()).toContain("Location: a  X: y\r\n");
  });
});

describe("a client that leaves", () => {
  function streaming(): { requests: EngineRequest[]; queue: Queue<Uint8Array>; client: TestClient } {
    const requests: EngineRequest[] = [];
    const queue = new Queue<Uint8Array>();
    const client = new TestClient(async (request) => {
      requests.push(request);
      request.signal?.addEventListener("abort", () => queue.close());
      return { status: 200, headers: new Map(), body: streamFrom(queue) };
    });
    return { requests, queue, client };
  }

  it.each(["GET", "POST with an unread body"])("aborts the signal of a %s that is being answered", async (kind) => {
    for (const leave of ["end", "reset"] as const) {
      const { requests, client } = streaming();
      client.send(kind === "GET" ? get("/events") : "POST /wait HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}");
      await client.until(/\r\n\r\n/);
      expect(requests[0]?.signal?.aborted).toBe(false);
      client[leave]();
      await client.served;
      expect(requests[0]?.signal?.aborted).toBe(true);
    }
  });

  it("still gets a short answer when it has only closed its side", async () => {
    const client = new TestClient(echo);
    expect(await client.send(get("/a")).end().rest()).toContain("GET /a");
  });

  it("does not disturb an answer that is written", async () => {
    const signals: (AbortSignal | undefined)[] = [];
    const client = new TestClient(async (request) => {
      signals.push(request.signal);
      return textResponse("ok");
    });
    await client.send(get("/")).until(/ok/);
    client.end();
    await client.served;
    expect(signals[0]?.aborted).toBe(false);
  });
});

it("writes no more than the client takes", async () => {
  let made = 0;
  const endless = async function* (): AsyncGenerator<Uint8Array> {
    for (;;) {
      made += 1;
      yield new Uint8Array(1000);
    }
  };
  const client = new TestClient(async () => ({ status: 200, headers: new Map(), body: streamFrom(endless()) }));
  client.pause();
  client.send(get("/"));
  for (let turn = 0; turn < 1000; turn++) await Promise.resolve();
  expect(made).toBeLessThanOrEqual(1);
  client.resume();
  await client.bytes(5000);
  expect(made).toBeGreaterThan(3);
  client.pause();
  const { writtenBytes } = client;
  for (let turn = 0; turn < 1000; turn++) await Promise.resolve();
  expect(client.writtenBytes).toBe(writtenBytes);
  client.reset();
  client.resume();
});

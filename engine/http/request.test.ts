import { describe, expect, it } from "vitest";
import { collectText } from "../base/streams.ts";
import { echo, TestClient, textResponse } from "./testing/test-client.ts";

const LONG = "a".repeat(70_000);

describe("a head that could be read in two ways, or not at all, is refused and the connection closed", () => {
  it.each([
    ["no Host", "GET / HTTP/1.1\r\n\r\n", "400 Bad Request: missing required Host header"],
    ["two Hosts", "GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n", "400 Bad Request: too many Host headers"],
    ["a space before the colon", "GET / HTTP/1.1\r\nHost : x\r\n\r\n", "400 Bad Request: invalid header name"],
    ["a folded line", "GET / HTTP/1.1\r\nHost: x\r\nA: b\r\n c\r\n\r\n", "400 Bad Request"],
    [
      "a folded line with a colon",
      "GET / HTTP/1.1\r\nHost: x\r\n c: d\r\n\r\n",
      "400 Bad Request: invalid header name",
    ],
    ["a bare LF", "GET / HTTP/1.1\nHost: x\n\n", "400 Bad Request"],
    ["a bare LF in a value", "GET / HTTP/1.1\r\nHost: x\r\nA: b\nc: d\r\n\r\n", "400 Bad Request"],
    ["NUL in a value", "GET / HTTP/1.1\r\nHost: x\r\nA: b\0c\r\n\r\n", "400 Bad Request: invalid header value"],
    ["CR in a value", "GET / HTTP/1.1\r\nHost: x\r\nA: b\rc\r\n\r\n", "400 Bad Request: invalid header value"],
    ["a header without a colon", "GET / HTTP/1.1\r\nHost: x\r\nnothing\r\n\r\n", "400 Bad Request"],
    ["an empty line first", "\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n", "400 Bad Request"],
    ["two spaces", "GET  / HTTP/1.1\r\nHost: x\r\n\r\n", "400 Bad Request"],
    ["a method that is none", "G@T / HTTP/1.1\r\nHost: x\r\n\r\n", "400 Bad Request"],
    ["a path that is none", "GET _ping HTTP/1.1\r\nHost: x\r\n\r\n", "400 Bad Request"],
    ["half an escape", "GET /%zz HTTP/1.1\r\nHost: x\r\n\r\n", "400 Bad Request"],
    ["HTTP/2", "GET / HTTP/2.0\r\nHost: x\r\n\r\n", "505 HTTP Version Not Supported: unsupported protocol version"],
    ["a request line that never ends", `GET /${LONG}`, "431 Request Header Fields Too Large"],
    [
      "both lengths",
      "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
      "400 Bad Request",
    ],
    [
      "two lengths",
      "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
      "400 Bad Request",
    ],
    ["a list of lengths", "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1, 1\r\n\r\nab", "400 Bad Request"],
    ["a signed length", "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: +3\r\n\r\nabc", "400 Bad Request"],
    ["a hexadecimal length", "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0x3\r\n\r\nabc", "400 Bad Request"],
    ["a huge length", `POST / HTTP/1.1\r\nHost: x\r\nContent-Length: ${"9".repeat(20)}\r\n\r\n`, "400 Bad Request"],
    ["an empty length", "POST / HTTP/1.1\r\nHost: x\r\nContent-Length:\r\n\r\n", "400 Bad Request"],
    ["chunks in HTTP/1.0", "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "400 Bad Request"],
    ["another coding", "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", "501 Not Implemented"],
    [
      "two codings",
      "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n\r\n",
      "501 Not Implemented",
    ],
    ["another expectation", "POST / HTTP/1.1\r\nHost: x\r\nExpect: tea\r\n\r\n", "417 Expectation Failed"],
  ])("%s", async (_, request, status) => {
    const client = new TestClient(async () => textResponse("was asked"));
    const text = await client.send(request).rest();
    expect(text.split("\r\n", 1)[0]).toBe(`HTTP/1.1 ${status}`);
    expect(text).toContain("Connection: close\r\n");
    expect(text).not.toContain("was asked");
  });

  it("headers beyond 1 MiB", async () => {
    const client = new TestClient(echo).send("GET / HTTP/1.1\r\nHost: x\r\n");
    for (let line = 0; line < 20; line++) client.send(`X-${line}: ${LONG}\r\n`);
    expect(await client.rest()).toContain("431 Request Header Fields Too Large");
  });
});

describe("a head", () => {
  it("may come byte by byte, name a server, and say its headers twice", async () => {
    const client = new TestClient(async ({ path, headers }) =>
      textResponse(`${path} ${headers.get("a")} ${headers.get("b")}`),
    );
    const request =
      "GET http://server/p%20q?x HTTP/1.1\r\nHost: x\r\nA:1\r\na: \t2 \r\nB: \u00fc\r\nConnection: close\r\n\r\n";
    for (const character of request) client.send(Uint8Array.of(character.charCodeAt(0)));
    expect(await client.rest()).toContain("/p%20q 1, 2 \u00fc");
  });

  it("of OPTIONS * is answered by the server itself", async () => {
    const client = new TestClient(() => Promise.reject(new Error("was asked")));
    client.send("OPTIONS * HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    expect(await client.rest()).toMatch(/^HTTP\/1\.1 200 OK\r\nContent-Length: 0\r\n/);
  });
});

const post = (headers: string, body: string): string => `POST / HTTP/1.1\r\nHost: x\r\n${headers}\r\n\r\n${body}`;
const CHUNKED = "Transfer-Encoding: chunked";

describe("a chunked body", () => {
  it("is joined, its extensions and trailers skipped, and the next request found behind it", async () => {
    const client = new TestClient(echo);
    client.send(
      post(
        CHUNKED,
        "3;a=b\r\nabc\r\n0A \r\n0123456789\r\n0\r\nTrailer: x\r\n\r\nGET /next HTTP/1.1\r\nHost: x\r\n\r\n",
      ),
    );
    await client.until(/POST \/ abc0123456789/);
    await client.until(/GET \/next/);
  });

  it("arrives as it is sent", async () => {
    const pieces: string[] = [];
    const client = new TestClient(async ({ body }) => {
      const reader = (body as ReadableStream<Uint8Array>).getReader();
      for (let read = await reader.read(); !read.done; read = await reader.read()) pieces.push(String(read.value));
      return textResponse("end");
    });
    client.send(post(CHUNKED, "1\r\n\u0001"));
    await expect.poll(() => pieces).toEqual(["1"]);
    client.send("\r\n0\r\n\r\n");
    await client.until(/end/);
  });

  it.each([
    ["zz\r\n", "invalid byte in chunk length"],
    ["-1\r\n", "invalid byte in chunk length"],
    ["\r\n", "invalid byte in chunk length"],
    ["0x1\r\n", "invalid byte in chunk length"],
    [`1${"0".repeat(16)}\r\n`, "http chunk length too large"],
    ["2\r\nabXX0\r\n\r\n", "malformed chunked encoding"],
    ["2\nab\r\n0\r\n\r\n", "chunked line ends with bare LF"],
    [`1;${"x".repeat(5000)}\r\na\r\n0\r\n\r\n`, "header line too long"],
    [`${`1;${"x".repeat(3000)}\r\na\r\n`.repeat(8)}0\r\n\r\n`, "chunked encoding contains too much non-data"],
    [`0\r\n${`T: ${"x".repeat(4000)}\r\n`.repeat(20)}\r\n`, "http: suspiciously long trailer after chunked body"],
  ])("that is malformed fails for the handler, and the connection closes: %#", async (body, message) => {
    const client = new TestClient(echo);
    const text = await client.send(post(CHUNKED, body)).rest();
    expect(text).toContain(JSON.stringify({ message }));
    expect(text).toContain("Connection: close");
  });

  it("that is cut off fails", async () => {
    const client = new TestClient(echo);
    expect(await client.send(post(CHUNKED, "5\r\nab")).end().rest()).toContain("unexpected EOF");
  });
});

describe("a body that the handler does not read", () => {
  it("is skipped when it is small", async () => {
    const client = new TestClient(async ({ path }) => textResponse(path));
    client.send(post("Content-Length: 5", "12345") + post(CHUNKED, "2\r\nab\r\n0\r\n\r\n"));
    client.send("GET /next HTTP/1.1\r\nHost: x\r\n\r\n");
    await client.until(/\/next/);
  });

  it("costs the connection when it is large", async () => {
    const client = new TestClient(async () => textResponse("no", 404));
    client.send(post("Content-Length: 1000000", LONG));
    expect(await client.rest()).toContain("404 Not Found");
  });
});

describe("Expect: 100-continue", () => {
  const head = post("Expect: 100-continue\r\nContent-Length: 2", "");

  it("is answered when the handler asks for the body", async () => {
    const client = new TestClient(echo).send(head);
    expect(await client.until(/\r\n\r\n/)).toBe("HTTP/1.1 100 Continue\r\n\r\n");
    client.send("hi");
    await client.until(/POST \/ hi/);
  });

  it("is not when it does not, and then the connection ends", async () => {
    const client = new TestClient(async () => textResponse("no", 404)).send(head);
    expect(await client.rest()).toMatch(/^HTTP\/1\.1 404 Not Found\r\n[^]*Connection: close/);
  });

  it("means nothing without a body", async () => {
    const client = new TestClient(echo).send("GET / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n\r\n");
    expect(await client.until(/GET \//)).not.toContain("100 Continue");
  });
});

it("reads a body of known length to its last byte and no further", async () => {
  const client = new TestClient(async ({ body }) =>
    textResponse(`<${await collectText(body as ReadableStream<Uint8Array>)}>`),
  );
  client.send(post("Content-Length: 3", "ab")).send(`c${post("Content-Length: 0", "")}`);
  await client.until(/<abc>/);
});

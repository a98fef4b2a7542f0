import { describe, expect, it } from "vitest";
import type { EngineFetch, EngineRequest } from "../api/app.ts";
import { Queue } from "../base/queue.ts";
import { chunksOf, collectText, decodeUtf8, encodeUtf8, streamFrom } from "../base/streams.ts";
import { TestClient, textResponse } from "./testing/test-client.ts";

/** Answers with what it was given, then `[eof]` and, when told, the end. */
function shouting(): { fetch: EngineFetch; finish: () => void; requests: EngineRequest[]; output: Queue<Uint8Array> } {
  const output = new Queue<Uint8Array>();
  const requests: EngineRequest[] = [];
  return {
    output,
    requests,
    finish: () => output.close(),
    async fetch(request) {
      requests.push(request);
      if (request.body) output.push(encodeUtf8(`[json ${await collectText(request.body)}]`));
      void (async () => {
        for await (const piece of chunksOf(request.input as ReadableStream<Uint8Array>))
          output.push(encodeUtf8(decodeUtf8(piece).toUpperCase()));
        output.push(encodeUtf8("[eof]"));
      })().catch(() => undefined);
      const headers = new Map([["content-type", "application/vnd.docker.raw-stream"]]);
      return { status: 200, headers, body: streamFrom(output), hijack: true };
    },
  };
}

const UPGRADE = "Connection: Upgrade\r\nUpgrade: tcp\r\n";

describe("a connection that is taken over", () => {
  it("carries raw bytes both ways after 101 UPGRADED; what follows the JSON is input", async () => {
    const { fetch, finish } = shouting();
    const client = new TestClient(fetch);
    client.send(`POST /exec/x/start HTTP/1.1\r\nHost: x\r\n${UPGRADE}Content-Length: 2\r\n\r\n{}early`);
    expect(await client.until(/EARLY/)).toMatch(
      /^HTTP\/1\.1 101 UPGRADED\r\nContent-Type: application\/vnd\.docker\.raw-stream\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n\[json \{\}\]EARLY$/,
    );
    client.send("late");
    await client.until(/LATE/);
    finish();
    expect(await client.rest()).toBe("");
    await client.served;
  });

  it("takes its JSON in chunks too", async () => {
    const { fetch } = shouting();
    const client = new TestClient(fetch);
    client.send(`POST /exec/x/start HTTP/1.1\r\nHost: x\r\n${UPGRADE}Transfer-Encoding: chunked\r\n\r\n`);
    client.send("1\r\n{\r\n1\r\n}\r\n0\r\n\r\nin");
    expect(await client.until(/IN/)).toContain("[json {}]IN");
  });

  it("is 200 OK for a client that asked for no upgrade, raw all the same", async () => {
    const { fetch, finish } = shouting();
    const client = new TestClient(fetch).send("POST /containers/x/attach HTTP/1.1\r\nHost: x\r\n\r\nhi");
    expect(await client.until(/HI/)).toMatch(/^HTTP\/1\.1 200 OK\r\nContent-Type: [^\r]*\r\n\r\nHI$/);
    finish();
    await client.rest();
  });

  it("goes on with its output when the client has closed its side: that is the end of input", async () => {
    const { fetch, finish, output, requests } = shouting();
    const client = new TestClient(fetch).send(`POST /attach HTTP/1.1\r\nHost: x\r\n${UPGRADE}\r\n`).end();
    await client.until(/\[eof\]/);
    expect(requests[0]?.signal?.aborted).toBe(false);
    output.push(encodeUtf8("after"));
    await client.until(/after/);
    finish();
    await client.rest();
  });

  it("tells the handler when the connection breaks", async () => {
    const { fetch, requests } = shouting();
    const client = new TestClient(fetch).send(`POST /attach HTTP/1.1\r\nHost: x\r\n${UPGRADE}\r\n`);
    await client.until(/UPGRADED/);
    client.reset();
    await expect.poll(() => requests[0]?.signal?.aborted).toBe(true);
  });

  it("is not when the handler answers otherwise: the connection stays as it was", async () => {
    const client = new TestClient(async () => textResponse("no", 409));
    client.send(`POST /exec/x/start HTTP/1.1\r\nHost: x\r\n${UPGRADE}Content-Length: 2\r\n\r\n{}`);
    await client.until(/^HTTP\/1\.1 409 Conflict[^]*no/);
    client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    await client.until(/^HTTP\/1\.1 409 Conflict[^]*no/);
  });
});

const HANDSHAKE =
  "GET /containers/x/attach/ws HTTP/1.1\r\nHost: x\r\nConnection: keep-alive, Upgrade\r\nUpgrade: WebSocket\r\n" +
  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";

function webSocket(kind: "binary" | "text" = "binary"): ReturnType<typeof shouting> {
  const shout = shouting();
  return { ...shout, fetch: async (request) => ({ ...(await shout.fetch(request)), webSocket: kind }) };
}

/** A client's frame, masked. */
function frame(opcode: number, payload: string, { final = true, length = payload.length } = {}): Uint8Array {
  const mask = [1, 2, 3, 4];
  const long = length > 125 ? [126, length >> 8, length & 0xff] : [length];
  const bytes = [...encodeUtf8(payload)].map((byte, index) => byte ^ (mask[index % 4] as number));
  return Uint8Array.of((final ? 0x80 : 0) | opcode, 0x80 | (long[0] as number), ...long.slice(1), ...mask, ...bytes);
}

describe("a web socket", () => {
  async function opened(
    kind: "binary" | "text" = "binary",
  ): Promise<ReturnType<typeof shouting> & { client: TestClient }> {
    const shout = webSocket(kind);
    const client = new TestClient(shout.fetch).send(HANDSHAKE);
    // The example of RFC 6455, section 1.3.
    expect(await client.until(/\r\n\r\n/)).toContain("Sec-Websocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n");
    return { ...shout, client };
  }

  it("carries messages, whole or in pieces, and answers with binary ones", async () => {
    const { client } = await opened();
    client
      .send(frame(1, "one"))
      .send(frame(2, "two", { final: false }))
      .send(frame(0, "three"));
    expect(await client.bytes(5)).toEqual(Uint8Array.of(0x82, 3, ...encodeUtf8("ONE")));
    expect(decodeUtf8((await client.bytes(12)).filter((byte) => byte < 0x80 && byte > 8))).toBe("TWOTHREE");
  });

  it("answers with text before API 1.28, and long messages with a long length", async () => {
    const { client, output } = await opened("text");
    output.push(new Uint8Array(300).fill(97));
    expect(await client.bytes(5)).toEqual(Uint8Array.of(0x81, 126, 1, 44, 97));
    await client.bytes(299);
    output.push(new Uint8Array(70_000));
    expect(await client.bytes(10)).toEqual(Uint8Array.of(0x81, 127, 0, 0, 0, 0, 0, 1, 0x11, 0x70));
  });

  it("answers a ping, and the client's close, which ends the attachment", async () => {
    const { client, requests, finish } = await opened();
    requests[0]?.signal?.addEventListener("abort", finish);
    client.send(frame(9, "hey"));
    expect(await client.bytes(5)).toEqual(Uint8Array.of(0x8a, 3, ...encodeUtf8("hey")));
    client.send(frame(8, "\u0003\u0069"));
    expect((await client.bytes(4))[0]).toBe(0x88);
    await client.served;
    expect(requests[0]?.signal?.aborted).toBe(true);
  });

  it("is closed by the server when the output ends", async () => {
    const { client, finish } = await opened();
    finish();
    expect(await client.bytes(4)).toEqual(Uint8Array.of(0x88, 2, 0x03, 0xe8));
  });

  it.each([
    ["a frame without a mask", Uint8Array.of(0x81, 1, 97)],
    ["reserved bits", Uint8Array.of(0xc1, 0x80, 0, 0, 0, 0)],
    ["an unknown opcode", Uint8Array.of(0x83, 0x80, 0, 0, 0, 0)],
    ["a ping in pieces", frame(9, "", { final: false })],
    ["a long ping", frame(9, "", { length: 300 })],
  ])("is closed with 1002 for %s", async (_, bytes) => {
    const { client, requests } = await opened();
    client.send(bytes);
    expect(await client.bytes(4)).toEqual(Uint8Array.of(0x88, 2, 0x03, 0xea));
    expect(requests[0]?.signal?.aborted).toBe(true);
  });

  it.each([
    [HANDSHAKE.replace("WebSocket\r\n", "tcp\r\n"), "not websocket protocol"],
    [HANDSHAKE.replace("dGhlIHNhbXBsZSBub25jZQ==", ""), "mismatch challenge/response"],
    [HANDSHAKE.replace("Version: 13", "Version: 8"), "missing or bad WebSocket Version"],
  ])("is refused without a proper handshake: %#", async (request, reason) => {
    const text = await new TestClient(webSocket().fetch).send(request).rest();
    expect(text).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/);
    expect(text.endsWith(reason)).toBe(true);
  });
});

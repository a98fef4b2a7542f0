import { describe, expect, it } from "vitest";
import { collectText, decodeUtf8, encodeUtf8, streamFrom, streamOf } from "../base/streams.ts";
import { type ClientConnection, fetchOver } from "./client.ts";

/** A server that has answered already: `answer` comes in the given pieces, whatever it is asked. */
function answering(...answer: readonly string[]): ClientConnection & { sent: () => string; isClosed: () => boolean } {
  const sent: string[] = [];
  let isClosed = false;
  return {
    readable: streamOf(...answer.map(encodeUtf8)),
    writable: new WritableStream({
      write: (chunk) => void sent.push(decodeUtf8(chunk)),
      abort: () => void (isClosed = true),
    }),
    sent: () => sent.join(""),
    isClosed: () => isClosed,
  };
}

const URL_ = new URL("http://127.0.0.1:5000/v2/x/manifests/1?a=b");

describe("a request over a connection", () => {
  it("names host, path and length, and asks for the connection to be closed", async () => {
    const server = answering("HTTP/1.1 201 Created\r\nLocation: /y\r\nContent-Length: 0\r\n\r\n");
    const response = await fetchOver(server, URL_, {
      method: "PUT",
      headers: { "Content-Type": "text/x" },
      body: encodeUtf8("hello"),
    });
    expect([response.status, response.headers.get("location")]).toEqual([201, "/y"]);
    expect(await response.text()).toBe("");
    expect(server.sent()).toBe(
      "PUT /v2/x/manifests/1?a=b HTTP/1.1\r\nhost: 127.0.0.1:5000\r\nconnection: close\r\ncontent-length: 5\r\ncontent-type: text/x\r\n\r\nhello",
    );
    expect(server.isClosed()).toBe(true);
  });

  it("sends a form as a form", async () => {
    const server = answering("HTTP/1.1 204 No Content\r\n\r\n");
    await fetchOver(server, URL_, { method: "POST", body: new URLSearchParams({ a: "b c" }) });
    expect(server.sent()).toContain("content-type: application/x-www-form-urlencoded");
    expect(server.sent()).toMatch(/\r\n\r\na=b\+c$/);
  });
});

describe("an answer", () => {
  it.each([
    ["of a length", ["HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel", "lo, more"]],
    [
      "in chunks",
      ["HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r", "\n3;x=y\r\nllo\r\n0\r\nT: 1\r\n\r\n"],
    ],
    ["until the connection ends", ["HTTP/1.1 200 OK\r\n\r", "\nhel", "lo"]],
    ["after an interim one", ["HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"]],
  ])("%s is read to its end", async (_, pieces) => {
    const server = answering(...pieces);
    const response = await fetchOver(server, URL_);
    expect(await collectText(response.body!)).toBe("hello");
    expect(server.isClosed()).toBe(true);
  });

  it("to HEAD has no body, whatever length it tells", async () => {
    const response = await fetchOver(answering("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"), URL_, {
      method: "HEAD",
    });
    expect(response.body).toBeNull();
    expect(response.headers.get("content-length")).toBe("5");
  });

  it.each([
    ["HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello"],
    ["HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nhello"],
    ["HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n"],
  ])("that breaks off fails: %j", async (text) => {
    const response = await fetchOver(answering(text), URL_);
    await expect(response.text()).rejects.toThrow(TypeError);
  });

  it.each([
    ["SSH-2.0-x\r\n\r\n", 'malformed HTTP response "SSH-2.0-x"'],
    ["", "EOF"],
    ["HTTP/1.1 200 OK\r\nnonsense\r\n\r\n", 'malformed HTTP response "nonsense"'],
  ])("%j is no answer", async (text, reason) => {
    const asking = fetchOver(answering(text), URL_);
    await expect(asking).rejects.toMatchObject({ name: "TypeError", cause: { message: reason } });
  });

  it("is given up when the signal is aborted", async () => {
    const stop = new AbortController();
    let isCancelled = false;
    const never = streamFrom(
      (async function* () {
        try {
          yield encodeUtf8("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhe");
          await new Promise((resolve) => stop.signal.addEventListener("abort", resolve));
        } finally {
          isCancelled = true;
        }
      })(),
    );
    const response = await fetchOver({ readable: never, writable: new WritableStream() }, URL_, {
      signal: stop.signal,
    });
    const reading = response.text();
    stop.abort(new Error("enough"));
    await expect(reading).rejects.toThrow();
    expect(isCancelled).toBe(true);
  });
});

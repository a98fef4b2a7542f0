import { describe, expect, it } from "vitest";
import { decodeUtf8, encodeUtf8, streamOf } from "./base/streams.ts";
import { guestFirstFetch } from "./guest-registries.ts";

/** A guest in which these ports answer with this text, and a world that answers `outside`. */
function machine(ports: Readonly<Record<string, string>>) {
  const sent: string[] = [];
  const outside: { url: string; authorization: string | null }[] = [];
  const fetch = guestFirstFetch({
    connect: async (address, port) => {
      const answer = ports[`${address}:${port}`];
      if (answer === undefined) return undefined;
      return {
        readable: streamOf(encodeUtf8(answer)),
        writable: new WritableStream({ write: (chunk) => void sent.push(decodeUtf8(chunk)) }),
      };
    },
    isInside: (address) => address.startsWith("172.17."),
    fetch: async (url, init) => {
      outside.push({ url, authorization: new Headers(init?.headers).get("authorization") });
      return new Response("outside");
    },
  });
  return { fetch, sent, outside };
}

const HELLO = "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\ninside";
const text = async (response: Promise<Response>): Promise<string> => await (await response).text();

describe("a registry's address", () => {
  it.each(["http://localhost:5000/v2/", "http://127.0.0.1:5000/v2/", "http://172.17.0.2:5000/v2/"])(
    "%s is the guest's where something listens there",
    async (url) => {
      const { fetch, sent } = machine({ "127.0.0.1:5000": HELLO, "172.17.0.2:5000": HELLO });
      expect(await text(fetch(url))).toBe("inside");
      expect(sent[0]).toContain("GET /v2/ HTTP/1.1");
    },
  );

  it.each([
    "http://localhost:5001/v2/",
    "https://127.0.0.1:5001/v2/",
    "http://192.168.1.2:5000/v2/",
    "https://ghcr.io/v2/",
    "v2/library/x",
  ])("%s is the world's otherwise", async (url) => {
    const { fetch } = machine({ "127.0.0.1:5000": HELLO });
    expect(await text(fetch(url))).toBe("outside");
  });

  it("of a guest's network where nobody listens is refused, and asked for nowhere else", async () => {
    const { fetch, outside } = machine({});
    await expect(fetch("http://172.17.0.9:5000/v2/")).rejects.toMatchObject({
      cause: { code: "ECONNREFUSED", address: "172.17.0.9", port: 5000 },
    });
    expect(outside).toEqual([]);
  });

  it("inside is not asked with TLS", async () => {
    const { fetch, sent } = machine({ "127.0.0.1:5000": HELLO });
    await expect(fetch("https://localhost:5000/v2/")).rejects.toThrow(TypeError);
    expect(sent).toEqual([]);
  });
});

describe("a redirect of a registry inside", () => {
  const to = (location: string, status = 307): string =>
    `HTTP/1.1 ${status} Moved\r\nLocation: ${location}\r\nContent-Length: 0\r\n\r\n`;

  it("is followed, and another host is not told who we are", async () => {
    const { fetch, outside, sent } = machine({
      "127.0.0.1:5000": to("https://blobs.example/x"),
      "127.0.0.1:5001": to("http://localhost:5002/here"),
      "127.0.0.1:5002": HELLO,
    });
    const headers = { Authorization: "Basic secret" };
    expect(await text(fetch("http://localhost:5000/b", { headers }))).toBe("outside");
    expect(outside).toEqual([{ url: "https://blobs.example/x", authorization: null }]);
    expect(await text(fetch("http://localhost:5001/b", { headers }))).toBe("inside");
    expect(sent.map((request) => /authorization/i.test(request))).toEqual([true, true, false]);
  });

  it("that goes round in circles ends", async () => {
    const { fetch } = machine({ "127.0.0.1:5000": to("/again") });
    await expect(fetch("http://localhost:5000/b")).rejects.toMatchObject({
      cause: { message: "stopped after 10 redirects" },
    });
  });
});

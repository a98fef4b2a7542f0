import { describe, expect, it, test, vi } from "vitest";
import { responseOf, targetOf, questionOf } from "./answer.ts";
import { isAppOrigin } from "./app-origins.ts";
import { errorPage } from "./error-page.ts";
import { insertAfterDoctype } from "./insert-script.ts";
import { LinkFailure } from "./link.ts";
import { previewOrigins } from "./preview-origin.ts";
import { checkHostMessage, checkLinkMessage, checkSocketMessage } from "./protocol.ts";
import { withCookie } from "./shim-cookies.ts";
import { inPreview } from "./shim-links.ts";
import { parseAddress } from "../elements/preview/address.ts";
import { isSameSite } from "../elements/preview/preview-link.ts";

const ORIGIN = "http://8080-1-preview.drydock.localhost:5173";
const place = { origin: ORIGIN, port: 8080 };

const bytes = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text);

async function inserted(...pieces: readonly (string | Uint8Array<ArrayBuffer>)[]): Promise<string> {
  const chunks = pieces.map((piece) => (typeof piece === "string" ? bytes(piece) : piece));
  const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(chunk);
      controller.close();
    },
  });
  return new Response(insertAfterDoctype(body, "<X>")).text();
}

test.each([
  [["<!doctype html><p>a"], "<!doctype html><X><p>a"],
  [["\ufeff <!-- <p> --> <!DOCTYPE html>\n<html>"], "\ufeff <!-- <p> --> <!DOCTYPE html>\n<X><html>"],
  [["<!doc", "type html", "><p>"], "<!doctype html><X><p>"],
  [["<!-", "- a -", "-><p>"], "<!-- a --><X><p>"],
  [["plain text"], "<X>plain text"],
  [["<", "p>"], "<X><p>"],
  [["<!doctype html>"], "<!doctype html><X>"],
  [[""], "<X>"],
])("a script goes behind the doctype of %j", async (pieces, expected) => {
  expect(await inserted(...pieces)).toBe(expected.replace(/^\ufeff/, ""));
});

test("a document in UTF-16 stays as it is", async () => {
  expect(await inserted(new Uint8Array([0xff, 0xfe, 0x3c, 0]))).not.toContain("X");
});

describe("requests", () => {
  it.each([
    [`${ORIGIN}/a?b#c`, "/a?b"],
    ["http://localhost:8080/a", "/a"],
    ["http://127.0.0.1:8080/", "/"],
    ["http://localhost:8081/", undefined],
    ["https://example.com/", undefined],
    [`${ORIGIN}/__drydock/host.html`, undefined],
    [`${ORIGIN}/__drydock-worker.js`, undefined],
  ])("of %s ask the port for %s", (href, target) => {
    expect(targetOf(href, place)).toBe(target);
  });

  it("say what a browser at localhost would say", async () => {
    vi.stubGlobal("navigator", { userAgent: "a browser", languages: ["ko", "en"] });
    const request = new Request(`${ORIGIN}/form`, { method: "POST", body: "a=b", headers: { "x-a": "1" } });
    const { headers, body, method } = await questionOf(request, "/form", place);
    expect([method, body?.size]).toEqual(["POST", 3]);
    const sent = new Map(headers);
    expect([sent.get("origin"), sent.get("x-a"), sent.get("user-agent"), sent.has("referer")]).toEqual([
      "http://localhost:8080",
      "1",
      "a browser",
      false,
    ]);
  });
});

describe("answers", () => {
  const answer = (headers: readonly (readonly [string, string])[], status = 200) => ({
    status,
    statusText: "",
    headers,
    cookies: "",
    body: undefined,
  });
  const request = new Request(`${ORIGIN}/a/b`);

  it("may be framed, and keep the rest of their policy", () => {
    const policy = "default-src 'self'; frame-ancestors 'none'; img-src *, frame-ancestors 'self'";
    const { headers } = responseOf(
      answer([
        ["X-Frame-Options", "DENY"],
        ["Content-Security-Policy", policy],
      ]),
      request,
      place,
    );
    expect([headers.get("x-frame-options"), headers.get("content-security-policy")]).toEqual([
      null,
      "default-src 'self'; img-src *",
    ]);
  });

  it("redirect within the preview's origin", () => {
    expect(responseOf(answer([["location", "../c"]], 302), request, place).headers.get("location")).toBe(`${ORIGIN}/c`);
  });

  it("with a status that no Response has are a bad gateway", () => {
    expect(responseOf(answer([], 777), request, place).status).toBe(502);
  });
});

test("an error page shows foreign words as text", async () => {
  const page = await errorPage(new LinkFailure("refused", "<script>"), { port: 8080, method: "POST" }).text();
  expect(page).toContain("&#60;script&#62;");
  expect(page).not.toContain("<script>");
});

test.each([
  [{ type: "request", id: 1, method: "GET", target: "/", documentTarget: "/", headers: [] }, true],
  [{ type: "request", id: 1, method: "GET", target: "/", documentTarget: "/", headers: [["a"]] }, false],
  [{ type: "request", id: "1", method: "GET", target: "/", documentTarget: "/", headers: [] }, false],
  [
    { type: "request", id: 1, method: "GET", target: "/", documentTarget: "/", headers: [], body: { sizeBytes: -1 } },
    false,
  ],
  [{ type: "socket", target: "/", protocols: [], headers: [], port: {} }, false],
  [{ type: "chunk", stream: 1, bytes: "text" }, false],
  [{ type: "credit", stream: 1, bytes: -5 }, false],
  [{ type: "call", name: "fetch" }, false],
  [null, false],
])("of a link's messages %j is one: %s", (message, isOne) => {
  expect(checkLinkMessage(message) !== undefined).toBe(isOne);
});

test("host pages and sockets are heard only in the forms they may have", () => {
  expect(checkHostMessage({ type: "location", target: "javascript:1", title: "" })).toBeUndefined();
  expect(checkHostMessage({ type: "answered", target: "/", status: "200" })).toBeUndefined();
  expect(checkHostMessage({ type: "ready", more: 1 })).toEqual({ type: "ready" });
  expect(checkSocketMessage({ type: "close", code: 1001 })).toBeUndefined();
  expect(checkSocketMessage({ type: "send", data: {} })).toBeUndefined();
});

describe("origins", () => {
  const at = (href: string) => new URL(href);
  const origin = (href: string, template = ""): string | undefined =>
    previewOrigins(at(href), { template, machine: "2" }).originOf(8080);

  it("are one for each port and machine, below the app's own name where it has one", () => {
    expect(origin("http://drydock.localhost:5173/x")).toBe("http://8080-2-preview.drydock.localhost:5173");
    expect(origin("http://127.0.0.1:5173/")).toBe("http://8080-2-preview.localhost:5173");
    expect(origin("https://drydock.example/", "https://{port}-{machine}.p.example")).toBe("https://8080-2.p.example");
  });

  it("are none on a site that names none, or its own", () => {
    expect(origin("https://drydock.example/")).toBeUndefined();
    expect(origin("https://drydock.example/", "https://drydock.example/preview/")).toBeUndefined();
    expect(origin("https://drydock.example/", "javascript:1")).toBeUndefined();
  });

  it("are shown to the app alone", () => {
    const own = new URL(ORIGIN);
    expect(isAppOrigin("http://drydock.localhost:5173", own, "")).toBe(true);
    expect(isAppOrigin("http://drydock.localhost:9999", own, "")).toBe(false);
    expect(isAppOrigin("https://evil.example", own, "")).toBe(false);
    expect(isAppOrigin("http://8081-1-preview.drydock.localhost:5173", own, "")).toBe(false);
    expect(isAppOrigin("https://evil.example", at("https://p.example"), "https://drydock.example")).toBe(false);
    expect(isAppOrigin("null", own, "")).toBe(false);
  });

  it("are of one site or not", () => {
    expect(isSameSite(at(ORIGIN), at("http://drydock.localhost"))).toBe(true);
    expect(isSameSite(at("http://8080-1-preview.localhost"), at("http://localhost"))).toBe(false);
    expect(isSameSite(at("http://127.0.0.1"), at("http://10.0.0.1"))).toBe(false);
  });
});

test.each([
  ["a=1; b=2", "a=3; path=/", "b=2; a=3"],
  ["a=1", "a=; Max-Age=0", ""],
  ["a=1", "a=; expires=Thu, 01-Jan-1970 00:00:00 GMT", ""],
  ["", "flag", "flag"],
])("document.cookie %j after %j is %j", (before, line, after) => {
  expect(withCookie(before, line)).toBe(after);
});

test("links to the published port stay in the preview, others do not", () => {
  expect(inPreview("http://localhost:8080/a?b#c", 8080, ORIGIN)).toBe(`${ORIGIN}/a?b#c`);
  expect(inPreview("http://localhost:8081/", 8080, ORIGIN)).toBeUndefined();
  expect(inPreview(`${ORIGIN}/a`, 8080, ORIGIN)).toBeUndefined();
});

test.each([
  ["8080", undefined, { port: 8080, target: "/" }],
  [":8080/a?b", undefined, { port: 8080, target: "/a?b" }],
  ["localhost:8080/x", undefined, { port: 8080, target: "/x" }],
  ["http://127.0.0.1/", undefined, { port: 80, target: "/" }],
  ["/x y", 8080, { port: 8080, target: "/x%20y" }],
  ["//evil.example/x", 8080, { port: 8080, target: "/evil.example/x" }],
  ["https://example.com", 8080, undefined],
  ["javascript:alert(1)", 8080, undefined],
])("%j is understood as an address", (text, current, expected) => {
  expect(parseAddress(text, current)).toEqual(expected);
});

import { expect, it } from "vitest";
import { collectText } from "../base/streams.ts";
import { guardAgainstBrowsers, isLoopback } from "./browser-guard.ts";
import { textResponse } from "./testing/test-client.ts";

const guarded = guardAgainstBrowsers(async () => textResponse("ok"));

async function statusOf(headers: Readonly<Record<string, string>>, method = "POST"): Promise<number> {
  const request = { method, path: "/containers/create", query: new URLSearchParams(), body: undefined };
  const { status, body } = await guarded({ ...request, headers: new Map(Object.entries(headers)) });
  if (status === 403)
    expect(JSON.parse(await collectText(body as ReadableStream<Uint8Array>))).toHaveProperty("message");
  return status;
}

it.each([
  [{ host: "127.0.0.1:2375" }],
  [{ host: "localhost:2375" }],
  [{ host: "LOCALHOST" }],
  [{ host: "[::1]:2375" }],
  [{ host: "127.9.8.7" }],
  [{ host: "" }],
  [{}],
  [{ host: "localhost:2375", origin: "http://localhost:2375", "sec-fetch-site": "same-origin" }],
  [{ host: "localhost:2375", "sec-fetch-site": "none" }],
])("lets programs of this machine in, and what a person types: %j", async (headers) => {
  expect(await statusOf(headers)).toBe(200);
});

it.each([
  ["a rebound name", { host: "evil.example:2375" }],
  ["a rebound name that looks like an address", { host: "127.0.0.1.evil.example" }],
  ["a name under localhost's", { host: "localhost.evil.example:2375" }],
  ["an address of the network", { host: "192.168.1.2:2375" }],
  ["every address", { host: "0.0.0.0:2375" }],
  [
    "a simple cross-origin POST",
    { host: "localhost:2375", origin: "https://evil.example", "content-type": "text/plain" },
  ],
  ["a sandboxed frame", { host: "localhost:2375", origin: "null" }],
  ["another port", { host: "localhost:2375", origin: "http://localhost:8080" }],
  ["another scheme", { host: "localhost:2375", origin: "https://localhost:2375" }],
  ["an image of another site", { host: "localhost:2375", "sec-fetch-site": "cross-site" }],
  ["a page of a sibling", { host: "localhost:2375", "sec-fetch-site": "same-site" }],
])("refuses %s", async (_, headers) => {
  for (const method of ["GET", "POST", "OPTIONS"]) expect(await statusOf(headers, method)).toBe(403);
});

it("knows the loopback addresses", () => {
  expect(["localhost", "::1", "127.0.0.1", "127.1.2.3"].every(isLoopback)).toBe(true);
  expect(["0.0.0.0", "::", "10.0.0.1", "127.0.0.1.nip.io", "example.com", "128.0.0.1"].some(isLoopback)).toBe(false);
});

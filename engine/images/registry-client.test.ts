import { describe, expect, it, vi } from "vitest";
import { collect, encodeUtf8 } from "../base/streams.ts";
import type { Digest } from "../oci/digest.ts";
import { OCI_INDEX } from "../oci/media-types.ts";
import { parseReference, withDefaultTag } from "../oci/reference.ts";
import { RegistryClient, type RegistrySession } from "./registry-client.ts";
import { createRegistryHosts, type RegistryHostsOptions } from "./registry-hosts.ts";
import type { Fetch } from "./registry-transport.ts";
import { RegistryDouble, type RegistryDoubleOptions } from "./testing/registry-double.ts";
import { InstantClock } from "./testing/instant-clock.ts";

const INDEX = { schemaVersion: 2, mediaType: OCI_INDEX, manifests: [] };
const ZERO = `sha256:${"0".repeat(64)}` as Digest;

function clientOf(fetch: Fetch, hosts: RegistryHostsOptions = {}, clock = new InstantClock()): RegistryClient {
  return new RegistryClient({ fetch, hosts: createRegistryHosts({ proxyHint: "Use a proxy", ...hosts }), clock });
}

const remote: RegistryDoubleOptions = { baseUrl: "https://r.example/" };
const open = (
  registry: RegistryDouble,
  name = "r.example/x:1",
  auth?: Parameters<RegistryClient["open"]>[1],
): RegistrySession => clientOf(registry.fetch).open(withDefaultTag(parseReference(name)), auth);

describe("a manifest", () => {
  it("comes by tag and by digest, and the digest is computed when no header tells it", async () => {
    const registry = new RegistryDouble({ ...remote, isStatic: true });
    const { digest } = await registry.putManifest("x", INDEX, "1");
    expect((await open(registry).manifest("1")).digest).toBe(digest);
    expect((await open(registry).manifest(digest)).digest).toBe(digest);
    expect(registry.requests[0]?.headers.get("accept")).toContain(
      `${OCI_INDEX}, application/vnd.docker.distribution.manifest.list.v2+json`,
    );
  });

  it("is refused when it is not what its digest says", async () => {
    const registry = new RegistryDouble(remote);
    const { digest } = await registry.putManifest("x", INDEX, "1");
    registry.fault = () => ({ kind: "tamper", atByte: 3 });
    await expect(open(registry).manifest(digest)).rejects.toThrow(`manifest verification failed for digest ${digest}`);
  });

  it("is refused when the server's own digest header contradicts it", async () => {
    const registry: Fetch = async () =>
      new Response(JSON.stringify(INDEX), { headers: { "docker-content-digest": ZERO } });
    await expect(clientOf(registry).open(parseReference("r.example/x:1")).manifest("1")).rejects.toThrow(
      `manifest verification failed for digest ${ZERO}`,
    );
  });

  it("of more than 4 MiB is not read to its end", async () => {
    let sent = 0;
    const endless = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.enqueue(new Uint8Array((sent += 1) && 1 << 20)),
    });
    const session = clientOf(async () => new Response(endless)).open(parseReference("r.example/x:1"));
    await expect(session.manifest("1")).rejects.toThrow("too large");
    expect(sent).toBeLessThan(8);
  });
});

describe("refusals", () => {
  it.each([
    [
      404,
      '{"errors":[{"code":"MANIFEST_UNKNOWN","message":"manifest unknown"}]}',
      "not-found",
      "manifest for r.example/x:1 not found: manifest unknown: manifest unknown",
    ],
    [
      404,
      '{"errors":[{"code":"NAME_UNKNOWN"}]}',
      "not-found",
      "repository r.example/x not found: name unknown: repository name not known to registry",
    ],
    [404, "<html>", "not-found", "manifest for r.example/x:1 not found: manifest unknown: manifest unknown"],
    [
      403,
      '{"errors":[{"code":"DENIED","message":"requested access to the resource is denied"}]}',
      "not-found",
      "pull access denied for r.example/x, repository does not exist or may require 'docker login': denied: requested access to the resource is denied",
    ],
    [
      403,
      "forbidden",
      "not-found",
      "pull access denied for r.example/x, repository does not exist or may require 'docker login': denied: forbidden",
    ],
    [401, '{"errors":[{"code":"UNAUTHORIZED","message":""}]}', "unauthorized", "unauthorized: authentication required"],
    [401, "nope", "unauthorized", "unauthorized: nope"],
    [
      429,
      '{"errors":[{"code":"TOOMANYREQUESTS","message":"You have reached your pull rate limit."}]}',
      "unavailable",
      "toomanyrequests: You have reached your pull rate limit.",
    ],
    [429, "slow down", "unavailable", "toomanyrequests: slow down"],
    [500, "boom", "internal", "received unexpected HTTP status: 500 Internal Server Error"],
    [503, "", "internal", "received unexpected HTTP status: 503 Service Unavailable"],
  ] as const)("with status %i and body %s read as in Docker", async (status, body, kind, message) => {
    const registry = new RegistryDouble(remote);
    registry.fault = () => ({ kind: "status", status, body });
    await expect(open(registry).manifest("1")).rejects.toMatchObject({ kind, message });
  });

  it("for want of scope are denials, without another request", async () => {
    const registry = new RegistryDouble(remote);
    const headers = { "www-authenticate": 'Bearer realm="https://auth.example/t",error="insufficient_scope"' };
    registry.fault = () => ({ kind: "status", status: 401, headers });
    await expect(open(registry).manifest("1")).rejects.toThrow("pull access denied for r.example/x");
    expect(registry.requests).toHaveLength(1);
  });

  it("of a blob name the blob", async () => {
    const registry = new RegistryDouble(remote);
    await expect(open(registry).blob(ZERO)).rejects.toMatchObject({ kind: "not-found", message: "unknown blob" });
  });
});

describe("a blob", () => {
  const content = encodeUtf8("0123456789".repeat(500));

  it("streams whole", async () => {
    const registry = new RegistryDouble(remote);
    const digest = await registry.putBlob("x", content);
    expect(await collect(await open(registry).blob(digest))).toEqual(content);
    expect(registry.openBodies).toBe(0);
  });

  it.each([true, false])("goes on where it broke off, whether or not the server knows ranges (%s)", async (ranges) => {
    const registry = new RegistryDouble({ ...remote, ranges });
    const digest = await registry.putBlob("x", content);
    expect(await collect(await open(registry).blob(digest, { offsetBytes: 1234 }))).toEqual(content.slice(1234));
    expect(registry.requests[0]?.headers.get("range")).toBe("bytes=1234-");
  });

  it("is refused when the server answers with another range", async () => {
    const answer: Fetch = async () =>
      new Response("xyz", { status: 206, headers: { "content-range": "bytes 7-9/10" } });
    const session = clientOf(answer).open(parseReference("r.example/x:1"));
    await expect(session.blob(ZERO, { offsetBytes: 5 })).rejects.toMatchObject({
      message: "unexpected Content-Range: bytes 7-9/10",
      retryable: true,
    });
  });

  it("that breaks off fails the stream, and may be tried again", async () => {
    const registry = new RegistryDouble(remote);
    const digest = await registry.putBlob("x", content);
    registry.fault = () => ({ kind: "reset", atByte: 2000 });
    await expect(collect(await open(registry).blob(digest))).rejects.toMatchObject({
      message: "unexpected EOF",
      retryable: true,
    });
  });

  it("that stalls fails after a while instead of hanging", async () => {
    const registry = new RegistryDouble(remote);
    const clock = new InstantClock();
    const digest = await registry.putBlob("x", content);
    registry.fault = () => ({ kind: "stall", atByte: 1000 });
    const stream = await clientOf(registry.fetch, {}, clock).open(parseReference("r.example/x:1")).blob(digest);
    const reading = collect(stream);
    await vi.waitUntil(() => registry.stalls === 1);
    clock.expire();
    await expect(reading).rejects.toMatchObject({
      retryable: true,
      message: expect.stringContaining("i/o timeout") as string,
    });
    expect(registry.openBodies).toBe(0);
  });

  it("stops at once when the signal is aborted, even while nothing arrives", async () => {
    const registry = new RegistryDouble(remote);
    const digest = await registry.putBlob("x", content);
    registry.fault = () => ({ kind: "stall", atByte: 1000 });
    const abort = new AbortController();
    const reading = collect(await open(registry).blob(digest, { signal: abort.signal }));
    await vi.waitUntil(() => registry.stalls === 1);
    abort.abort(new Error("enough"));
    await expect(reading).rejects.toThrow("enough");
    expect(registry.openBodies).toBe(0);
  });

  it("lets go of the connection when nobody wants the rest", async () => {
    const registry = new RegistryDouble(remote);
    const digest = await registry.putBlob("x", content);
    registry.fault = () => ({ kind: "stall", atByte: 0 });
    const stream = await open(registry).blob(digest);
    const reader = stream.getReader();
    const pending = reader.read();
    await reader.cancel();
    expect((await pending).done).toBe(true);
    expect(registry.openBodies).toBe(0);
  });
});

describe("time limits", () => {
  it("end a request that gets no answer, in Go's words", async () => {
    const registry = new RegistryDouble(remote);
    const clock = new InstantClock();
    registry.gate = new Promise(() => undefined);
    const asking = clientOf(registry.fetch, {}, clock).open(parseReference("r.example/x:1")).manifest("1");
    await vi.waitUntil(() => registry.requests.length === 1);
    clock.expire();
    await expect(asking).rejects.toThrow(
      'Get "https://r.example/v2/": net/http: request canceled while waiting for connection (Client.Timeout exceeded while awaiting headers)',
    );
  });
});

describe("tags", () => {
  it("are listed", async () => {
    const registry = new RegistryDouble({ isStatic: true });
    await registry.putManifest("library/x", INDEX, "1", "latest");
    expect(await open(registry, "x").tags()).toEqual(["1", "latest"]);
    registry.fault = ({ path }) => (path.includes("tags") ? { kind: "body", body: "<html>" } : undefined);
    await expect(open(registry, "x").tags()).rejects.toThrow('Get "https://registry-1.docker.io/v2/"');
  });
});

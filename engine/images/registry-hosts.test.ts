import { describe, expect, it } from "vitest";
import { collectText, encodeUtf8 } from "../base/streams.ts";
import { OCI_INDEX } from "../oci/media-types.ts";
import { parseReference, withDefaultTag } from "../oci/reference.ts";
import { RegistryClient, type RegistrySession } from "./registry-client.ts";
import { createRegistryHosts, type RegistryHostsOptions } from "./registry-hosts.ts";
import { parseChallenge } from "./registry-auth.ts";
import type { Fetch } from "./registry-transport.ts";
import { RegistryDouble, type RegistryDoubleOptions } from "./testing/registry-double.ts";
import { InstantClock } from "./testing/instant-clock.ts";

const INDEX = { schemaVersion: 2, mediaType: OCI_INDEX, manifests: [] };

function clientOf(fetch: Fetch, hosts: RegistryHostsOptions = {}, clock = new InstantClock()): RegistryClient {
  return new RegistryClient({ fetch, hosts: createRegistryHosts({ proxyHint: "Use a proxy", ...hosts }), clock });
}

const remote: RegistryDoubleOptions = { baseUrl: "https://r.example/" };
const open = (
  registry: RegistryDouble,
  name = "r.example/x:1",
  auth?: Parameters<RegistryClient["open"]>[1],
): RegistrySession => clientOf(registry.fetch).open(withDefaultTag(parseReference(name)), auth);

describe("logging in", () => {
  it("gets an anonymous token and keeps it", async () => {
    const registry = new RegistryDouble({ ...remote, token: { realm: "https://auth.example/token" } });
    const digest = await registry.putBlob("x", encodeUtf8("b"));
    await registry.putManifest("x", INDEX, "1");
    const session = open(registry);
    await session.manifest("1");
    expect(await collectText(await session.blob(digest))).toBe("b");
    expect(registry.count("token")).toBe(1);
    expect(registry.requests.find(({ path }) => path === "token")?.url).toBe(
      "https://auth.example/token?scope=repository%3Ax%3Apull&service=double",
    );
  });

  it("shows a user's name and password to the token server only", async () => {
    const registry = new RegistryDouble({
      ...remote,
      token: { realm: "https://auth.example/token", password: "me:secret" },
    });
    await registry.putManifest("x", INDEX, "1");
    await open(registry, "r.example/x:1", { username: "me", password: "secret" }).manifest("1");
    const shown = registry.requests.filter(({ headers }) => headers.get("authorization")?.startsWith("Basic"));
    expect(shown.map(({ path }) => path)).toEqual(["token"]);
    await expect(
      open(registry, "r.example/x:1", { username: "me", password: "wrong" }).manifest("1"),
    ).rejects.toMatchObject({
      kind: "unauthorized",
      message: 'Head "https://r.example/v2/x/manifests/1": unauthorized: incorrect username or password',
      detail: "unauthorized: incorrect username or password",
    });
  });

  it("trades an identity token for an access token", async () => {
    const registry = new RegistryDouble({ ...remote, token: { realm: "https://auth.example/token", password: "x:y" } });
    await registry.putManifest("x", INDEX, "1");
    await expect(open(registry, "r.example/x:1", { identityToken: "good" }).manifest("1")).resolves.toBeDefined();
  });

  it("answers Basic, and says when there is nothing to answer with", async () => {
    const registry = new RegistryDouble({ ...remote, basic: "me:pässword" });
    await registry.putManifest("x", INDEX, "1");
    await expect(open(registry).manifest("1")).rejects.toMatchObject({
      kind: "internal",
      message: 'Head "https://r.example/v2/x/manifests/1": no basic auth credentials',
      detail: "no basic auth credentials",
    });
    const double = new RegistryDouble({ ...remote, basic: "me:secret" });
    await double.putManifest("x", INDEX, "1");
    await expect(
      open(double, "r.example/x:1", { username: "me", password: "secret" }).manifest("1"),
    ).resolves.toBeDefined();
  });

  it("prefers Bearer and reads quoted and bare parameters", () => {
    expect(parseChallenge('Basic realm="a, b", Bearer realm="https://x/t?a=Basic",service=reg')).toEqual({
      scheme: "bearer",
      parameters: { realm: "https://x/t?a=Basic", service: "reg" },
    });
    expect(parseChallenge("Negotiate")).toBeUndefined();
  });
});

describe("the page's own registry", () => {
  it("answers for docker.io, relative to the page", async () => {
    const registry = new RegistryDouble({ isStatic: true });
    await registry.putManifest("library/x", INDEX, "latest");
    await open(registry, "x").manifest("latest");
    expect(registry.requests[0]?.url).toBe("v2/library/x/manifests/latest");
  });

  it("is passed over for what it does not have", async () => {
    const page = new RegistryDouble({ isStatic: true });
    const hub = new RegistryDouble({ baseUrl: "https://proxy.example/hub/" });
    await hub.putManifest("library/x", INDEX, "latest");
    const fetch: Fetch = (url, init) => (url.startsWith("v2/") ? page : hub).fetch(url, init);
    const session = clientOf(fetch, { proxies: { "docker.io": "https://proxy.example/hub" } }).open(
      parseReference("x:latest"),
    );
    await session.manifest("latest");
    expect(page.requests).toHaveLength(1);
    await expect(session.manifest("none")).rejects.toThrow("manifest for x:none not found");
    expect(page.requests).toHaveLength(1);
  });

  it("does not mistake a host's start page for a manifest", async () => {
    const registry = new RegistryDouble({ isStatic: true });
    await registry.putManifest("library/busybox", INDEX, "latest");
    await registry.putManifest("library/nginx", INDEX, "latest");
    registry.fault = ({ path }) => (path.includes("manifests") ? { kind: "body", body: "<!doctype html>" } : undefined);
    await expect(open(registry, "ubuntu").manifest("latest")).rejects.toMatchObject({
      message:
        'Get "https://registry-1.docker.io/v2/": Docker Hub does not let web pages read from it (it sends no CORS headers). The registry of this page has busybox and nginx. Use a proxy',
    });
  });

  it("names its tags when only the tag is missing", async () => {
    const registry = new RegistryDouble({ isStatic: true });
    await registry.putManifest("library/nginx", INDEX, "1.22", "latest");
    await expect(open(registry, "nginx:1.27").manifest("1.27")).rejects.toMatchObject({
      kind: "not-found",
      message: expect.stringMatching(
        /^manifest for nginx:1.27 not found: manifest unknown: manifest unknown \(here: nginx:1.22 and nginx:latest; Docker Hub does not/,
      ) as string,
    });
  });
});

describe("registries elsewhere", () => {
  it.each([
    ["r.example:5000", ["https://r.example:5000/", "http://r.example:5000/"]],
    ["r.example", ["https://r.example/"]],
    ["172.17.3.4:5000", ["https://172.17.3.4:5000/", "http://172.17.3.4:5000/"]],
    ["172.18.0.1:5000", ["https://172.18.0.1:5000/"]],
    ["127.9.9.9:5000", ["https://127.9.9.9:5000/", "http://127.9.9.9:5000/"]],
  ])("at %s are asked without TLS only when they are local or called insecure", (domain, urls) => {
    const hosts = createRegistryHosts({ insecure: ["r.example:5000", "172.17.0.0/16"] });
    expect(hosts.endpoints(domain).map(({ baseUrl }) => baseUrl)).toEqual(urls);
  });

  it("of which one is a mirror never sees what the user has for docker.io", async () => {
    const seen: (string | null)[] = [];
    const fetch: Fetch = async (url, init) => {
      seen.push(new Headers(init?.headers).get("authorization"));
      if (!url.startsWith("https://mirror.example/")) return new Response(JSON.stringify(INDEX));
      return new Response("", { status: 401, headers: { "www-authenticate": "Basic realm=x" } });
    };
    const client = clientOf(fetch, { mirrors: ["https://mirror.example"] });
    await client.open(parseReference("x:1"), { username: "me", password: "secret" }).manifest("1");
    expect(seen).toEqual([null, null]);
  });

  it("that send uploads to another host do not tell it who we are", async () => {
    const seen: string[] = [];
    const fetch: Fetch = async (url, init) => {
      const authorization = new Headers(init?.headers).get("authorization");
      if (url.startsWith("https://r.example/") && authorization === null)
        return new Response("", { status: 401, headers: { "www-authenticate": "Basic realm=x" } });
      seen.push(`${init?.method} ${new URL(url).host} ${authorization === null ? "nobody" : "somebody"}`);
      return new Response(null, { status: 202, headers: { location: "https://uploads.example/1" } });
    };
    const uploads = clientOf(fetch).uploads(parseReference("r.example/x"), { username: "me", password: "secret" });
    await uploads.upload(
      (async function* () {
        yield new Uint8Array(3);
      })(),
    );
    expect(seen).toEqual(["POST r.example somebody", "PATCH uploads.example nobody", "PUT uploads.example nobody"]);
  });

  it("that give no answer are explained, not guessed at", async () => {
    const silent: Fetch = async () => {
      throw new TypeError("Failed to fetch");
    };
    await expect(clientOf(silent).open(parseReference("ghcr.io/a/b:1")).manifest("1")).rejects.toThrow(
      'Get "https://ghcr.io/v2/": no answer: the registry is down, or it does not let web pages read from it (CORS). Use a proxy',
    );
  });

  it("that refuse the connection are reported as Go does where the platform tells", async () => {
    const refused: Fetch = async () => {
      throw new TypeError("fetch failed", {
        cause: Object.assign(new Error("x"), { code: "ECONNREFUSED", address: "127.0.0.1", port: 5009 }),
      });
    };
    await expect(clientOf(refused).open(parseReference("127.0.0.1:5009/x:1")).manifest("1")).rejects.toThrow(
      'Get "http://127.0.0.1:5009/v2/": dial tcp 127.0.0.1:5009: connect: connection refused',
    );
  });

  it("on a loopback address are tried with TLS, then without", async () => {
    const registry = new RegistryDouble({ baseUrl: "http://localhost:5000/" });
    await registry.putManifest("x", INDEX, "1");
    const session = clientOf(registry.fetch).open(parseReference("localhost:5000/x:1"));
    await expect(session.manifest("1")).resolves.toBeDefined();
  });

  it("that refuse the browser's preflight are asked once more without an Accept header", async () => {
    const registry = new RegistryDouble({ baseUrl: "https://pages.example/" });
    await registry.putManifest("x", INDEX, "1");
    registry.fault = ({ headers }) => (headers.has("accept") ? { kind: "network" } : undefined);
    await expect(
      clientOf(registry.fetch).open(parseReference("pages.example/x:1")).manifest("1"),
    ).resolves.toBeDefined();
  });

  it("are reached through a proxy, token server included", async () => {
    const urls: string[] = [];
    const fetch: Fetch = async (url, init) => {
      urls.push(url);
      if (url.includes("token")) return Response.json({ access_token: "t" });
      if (new Headers(init?.headers).has("authorization")) return new Response(JSON.stringify(INDEX));
      return new Response("", {
        status: 401,
        headers: { "www-authenticate": 'Bearer realm="https://auth.example/token"' },
      });
    };
    const client = clientOf(fetch, { proxies: { "*": "/proxy?url={url}" } });
    await client.open(parseReference("ghcr.io/a/b:1")).manifest("1");
    expect(urls).toEqual([
      "/proxy?url=https%3A%2F%2Fghcr.io%2Fv2%2Fa%2Fb%2Fmanifests%2F1",
      "/proxy?url=https%3A%2F%2Fauth.example%2Ftoken%3Fscope%3Drepository%253Aa%252Fb%253Apull",
      "/proxy?url=https%3A%2F%2Fghcr.io%2Fv2%2Fa%2Fb%2Fmanifests%2F1",
    ]);
  });
});

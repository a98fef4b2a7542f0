import { describe, expect, it } from "vitest";
import { logIn, type LoginRequest, type LoginResult } from "./log-in.ts";
import { createRegistryHosts } from "./registry-hosts.ts";
import type { Fetch } from "./registry-transport.ts";
import { InstantClock } from "./testing/instant-clock.ts";
import { RegistryDouble } from "./testing/registry-double.ts";

const HERE = "http://127.0.0.1:5000/";
const GOOD = { username: "u", password: "pw" };
const BAD = { username: "u", password: "no" };

const ask = (fetch: Fetch, request: Partial<LoginRequest>): Promise<LoginResult> =>
  logIn(
    { serverAddress: "127.0.0.1:5000", ...request },
    { fetch, hosts: createRegistryHosts({ proxyHint: "Use a proxy" }), clock: new InstantClock() },
  );

describe("a login", () => {
  it.each(["127.0.0.1:5000", "http://127.0.0.1:5000", "https://127.0.0.1:5000/v2/"])(
    "to %s shows name and password to a registry that asks for Basic",
    async (serverAddress) => {
      const registry = new RegistryDouble({ baseUrl: HERE, basic: "u:pw" });
      expect(await ask(registry.fetch, { serverAddress, credentials: GOOD })).toEqual({ identityToken: "" });
      const shown = registry.requests.map(({ headers }) => headers.get("authorization"));
      expect(shown).toEqual([null, `Basic ${btoa("u:pw")}`]);
    },
  );

  it("succeeds where nobody asks", async () => {
    await expect(ask(new RegistryDouble({ baseUrl: HERE }).fetch, { credentials: BAD })).resolves.toBeDefined();
  });

  it("keeps the refresh token of a token server, which alone sees the password", async () => {
    const registry = new RegistryDouble({
      baseUrl: HERE,
      token: { realm: "https://auth.example/token", password: "u:pw" },
    });
    expect(await ask(registry.fetch, { credentials: GOOD })).toEqual({ identityToken: "refresh" });
    const asked = registry.requests.find(({ path }) => path === "token");
    expect(Object.fromEntries(new URL(asked?.url ?? "").searchParams)).toEqual({
      account: "u",
      client_id: "docker",
      offline_token: "true",
      service: "double",
    });
    const shown = registry.requests.filter(({ headers }) => headers.get("authorization")?.startsWith("Basic"));
    expect(shown.map(({ path }) => path)).toEqual(["token"]);
    expect(await ask(registry.fetch, { credentials: { identityToken: "good" } })).toEqual({ identityToken: "refresh" });
  });

  it.each([
    [
      { basic: "u:pw" },
      { credentials: BAD },
      "internal",
      "login attempt to http://127.0.0.1:5000/v2/ failed with status: 401 Unauthorized",
    ],
    [{ basic: "u:pw" }, {}, "internal", 'Get "http://127.0.0.1:5000/v2/": no basic auth credentials'],
    [
      { token: { realm: "https://auth.example/token", password: "u:pw" } },
      { credentials: BAD },
      "unauthorized",
      'Get "http://127.0.0.1:5000/v2/": unauthorized: incorrect username or password',
    ],
  ] as const)("with %j and %j is refused as in Docker", async (options, request, kind, message) => {
    const registry = new RegistryDouble({ baseUrl: HERE, ...options });
    await expect(ask(registry.fetch, request)).rejects.toMatchObject({ kind, message });
  });

  it("says why nobody answered", async () => {
    const cause = Object.assign(new Error("x"), { code: "ENOTFOUND", hostname: "r.example" });
    const fetch: Fetch = () => Promise.reject(new TypeError("fetch failed", { cause }));
    await expect(ask(fetch, { serverAddress: "r.example", credentials: GOOD })).rejects.toThrow(
      'Get "https://r.example/v2/": dial tcp: lookup r.example: no such host',
    );
  });

  it("without an address is one to Docker Hub, never to its mirrors", async () => {
    const urls: string[] = [];
    const fetch: Fetch = async (url) => {
      urls.push(url);
      return Response.json({});
    };
    await ask(fetch, { serverAddress: "", credentials: GOOD });
    await ask(fetch, { serverAddress: "https://index.docker.io/v1/", credentials: GOOD });
    expect(new Set(urls)).toEqual(new Set(["https://registry-1.docker.io/v2/"]));
  });
});

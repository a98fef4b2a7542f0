import type { BuildSession } from "../build/build-request.ts";
import { parseJson, readFields } from "../wire/json.ts";
import type { EngineRequest } from "./app.ts";
import { decodeBase64Url } from "./registry-auth-header.ts";

const HUB = "docker.io";
const HUB_NAMES = ["index.docker.io", "registry-1.docker.io", "registry.hub.docker.com"];

type Login = NonNullable<Awaited<ReturnType<BuildSession["registryAuth"]>>>;

/**
 * `X-Registry-Config`: base64url of JSON, logins by registry, as `POST /build` takes them.
 * By host, Docker Hub's names being one. As in dockerd, a header that cannot be read is none.
 */
export function registryLogins({ headers }: EngineRequest): ReadonlyMap<string, Login> {
  const logins = new Map<string, Login>();
  try {
    const config = readFields({ auths: parseJson(decodeBase64Url(headers.get("x-registry-config") ?? "")) });
    for (const [address, value] of config.entries("auths")) {
      const login = readFields(value);
      const username = login.string("username");
      if (username !== "") logins.set(loginHost(address), { username, password: login.string("password") });
    }
  } catch {
    return new Map();
  }
  return logins;
}

/** `https://index.docker.io/v1/` is `docker.io`. */
export function loginHost(address: string): string {
  const host = address.replace(/^[a-z]+:\/\//, "").split("/", 1)[0] as string;
  return HUB_NAMES.includes(host) ? HUB : host;
}

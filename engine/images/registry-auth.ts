/**
 * Logging in to registries: `WWW-Authenticate` says how. Bearer tokens come from a token server
 * (https://distribution.github.io/distribution/spec/auth/token/), Basic goes straight to the registry (RFC 7617).
 */
import { EngineError, isKind } from "../base/errors.ts";
import { encodeUtf8 } from "../base/streams.ts";
import type { Reference } from "../oci/reference.ts";
import type { PullOptions } from "./image-service.ts";
import { errorOfResponse, RegistryError } from "./registry-errors.ts";

export type Credentials = NonNullable<PullOptions["auth"]>;

export interface Challenge {
  readonly scheme: "basic" | "bearer";
  readonly parameters: Readonly<Record<string, string>>;
}

/** Bearer is preferred when a registry offers several. */
export function parseChallenge(header: string): Challenge | undefined {
  const found = [...header.matchAll(/\b(basic|bearer)((?:\s*,?\s*[a-z_-]+\s*=\s*(?:"[^"]*"|[^\s,"]+))*)/gi)].map(
    ([, scheme = "", rest = ""]) => ({
      scheme: scheme.toLowerCase() as Challenge["scheme"],
      parameters: Object.fromEntries(
        [...rest.matchAll(/([a-z_-]+)\s*=\s*(?:"([^"]*)"|([^\s,"]+))/gi)].map(([, name = "", quoted, plain]) => [
          name.toLowerCase(),
          quoted ?? plain ?? "",
        ]),
      ),
    }),
  );
  return found.find(({ scheme }) => scheme === "bearer") ?? found[0];
}

/** Docker Hub's, for when a proxy or CORS hides the header. */
export const HUB_CHALLENGE: Challenge = {
  scheme: "bearer",
  parameters: { realm: "https://auth.docker.io/token", service: "registry.docker.io" },
};

/**
 * The `Authorization` header that answers a challenge.
 * @param send fetches a URL, the way of the endpoint that was challenged
 * @throws EngineError unauthorized when credentials are missing or wrong
 */
export async function authorize(
  challenge: Challenge,
  reference: Reference,
  credentials: Credentials | undefined,
  send: (url: string, init: RequestInit) => Promise<Response>,
): Promise<string> {
  const password = credentials && "password" in credentials ? credentials : undefined;
  if (challenge.scheme === "basic") {
    if (!password) throw new RegistryError("unauthorized", "no basic auth credentials", { tryNext: true });
    return basic(password);
  }
  const { realm, service } = challenge.parameters;
  if (!realm) throw new RegistryError("unauthorized", "unauthorized: authentication required", { tryNext: true });
  const scope = `repository:${reference.path}:pull`;
  const query = new URLSearchParams({ scope, ...(service && { service }) });
  let url = `${realm}${realm.includes("?") ? "&" : "?"}`;
  let init: RequestInit = {};
  if (credentials && "identityToken" in credentials) {
    // https://distribution.github.io/distribution/spec/auth/oauth/
    url = realm;
    init = {
      method: "POST",
      body: new URLSearchParams([
        ...query,
        ["grant_type", "refresh_token"],
        ["refresh_token", credentials.identityToken],
        ["client_id", "drydock"],
      ]),
    };
  } else {
    if (password) query.set("account", password.username);
    url += query.toString();
    if (password) init = { headers: { Authorization: basic(password) } };
  }
  const response = await send(url, init);
  if (!response.ok) {
    const error = await errorOfResponse(response, reference, false);
    if (!isKind(error, "unauthorized")) throw error;
    throw new EngineError("unauthorized", `Get "${realm}": unauthorized: incorrect username or password`, {
      cause: error,
    });
  }
  const { token, access_token } = (await response.json()) as { token?: string; access_token?: string };
  const value = token ?? access_token;
  if (!value) throw new EngineError("unauthorized", "authorization server did not include a token in the response");
  return `Bearer ${value}`;
}

function basic({ username, password }: { username: string; password: string }): string {
  const binary = Array.from(encodeUtf8(`${username}:${password}`), (byte) => String.fromCharCode(byte)).join("");
  return `Basic ${btoa(binary)}`;
}

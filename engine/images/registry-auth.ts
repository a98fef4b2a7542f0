/**
 * Logging in to registries: `WWW-Authenticate` says how. Bearer tokens come from a token server
 * (https://distribution.github.io/distribution/spec/auth/token/), Basic goes straight to the registry (RFC 7617).
 */
import { encodeBase64 } from "../base/base64.ts";
import { messageOf } from "../base/errors.ts";
import { collectText, emptyStream, encodeUtf8 } from "../base/streams.ts";
import type { Reference } from "../oci/reference.ts";
import type { RegistryCredentials } from "./image-service.ts";
import { errorOfResponse, RegistryError } from "./registry-errors.ts";

export type Credentials = RegistryCredentials;

const CLIENT_ID = "docker";
const TOKEN_LIMIT = 1 << 20;
/** For messages about a token server, which name no repository. */
const NOWHERE: Reference = { domain: "", path: "" };

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

export interface AuthorizeRequest {
  readonly challenge: Challenge;
  /** `repository:library/nginx:pull`; nothing for a login. */
  readonly scope?: string;
  readonly credentials: Credentials | undefined;
  /** Asks for a refresh token too. */
  readonly isLogin?: boolean;
}

type Send = (url: string, init: RequestInit) => Promise<Response>;

/**
 * The `Authorization` header that answers a challenge.
 * @param send fetches a URL, the way of the endpoint that was challenged
 * @throws RegistryError unauthorized when credentials are wrong, internal (as in Docker) when there are none for Basic
 */
export async function authorize(request: AuthorizeRequest, send: Send): Promise<string> {
  const { challenge, credentials } = request;
  if (credentials && "registryToken" in credentials) return `Bearer ${credentials.registryToken}`;
  if (challenge.scheme === "bearer") return `Bearer ${(await requestToken(request, send)).token}`;
  if (!credentials || !("password" in credentials))
    throw new RegistryError("internal", "no basic auth credentials", { tryNext: true });
  return basic(credentials);
}

/** A token of the challenge's token server, and a refresh token when it gives one. @throws RegistryError */
export async function requestToken(
  request: AuthorizeRequest,
  send: Send,
): Promise<{ readonly token: string; readonly refreshToken: string | undefined }> {
  const { realm } = request.challenge.parameters;
  if (!realm) throw new RegistryError("unauthorized", "unauthorized: authentication required", { tryNext: true });
  const { url, init } = tokenRequest(request, realm);
  const response = await send(url, init);
  if (!response.ok) throw await tokenError(response);
  const text = await collectText(response.body ?? emptyStream(), TOKEN_LIMIT);
  const answer = parseAnswer(text);
  const token = answer["token"] ?? answer["access_token"];
  if (typeof token !== "string" || token === "")
    throw new RegistryError("internal", "authorization server did not include a token in the response");
  const refresh = answer["refresh_token"];
  return { token, refreshToken: typeof refresh === "string" && refresh !== "" ? refresh : undefined };
}

function tokenRequest(request: AuthorizeRequest, realm: string): { url: string; init: RequestInit } {
  const { challenge, scope, credentials, isLogin } = request;
  const { service } = challenge.parameters;
  if (credentials && "identityToken" in credentials) {
    // https://distribution.github.io/distribution/spec/auth/oauth/
    const form = new URLSearchParams({
      ...(scope !== undefined && { scope }),
      ...(service && { service }),
      grant_type: "refresh_token",
      refresh_token: credentials.identityToken,
      client_id: CLIENT_ID,
    });
    return { url: realm, init: { method: "POST", body: form } };
  }
  const password = credentials && "password" in credentials ? credentials : undefined;
  const query = new URLSearchParams({
    ...(scope !== undefined && { scope }),
    ...(service && { service }),
    ...(isLogin === true && { client_id: CLIENT_ID, offline_token: "true" }),
    ...(password && { account: password.username }),
  });
  const url = `${realm}${realm.includes("?") ? "&" : "?"}${query.toString()}`;
  return { url, init: password ? { headers: { Authorization: basic(password) } } : {} };
}

/** The token server's own words; it answers as registries do. */
async function tokenError(response: Response): Promise<RegistryError> {
  const error = await errorOfResponse(response, NOWHERE, false);
  const kind = response.status === 401 ? "unauthorized" : error.kind;
  return new RegistryError(kind, error.detail, { cause: error, tryNext: true, retryable: error.retryable });
}

function parseAnswer(text: string): Readonly<Record<string, unknown>> {
  try {
    const answer: unknown = JSON.parse(text);
    return typeof answer === "object" && answer !== null ? (answer as Record<string, unknown>) : {};
  } catch (cause) {
    throw new RegistryError("internal", `unable to decode token response: ${messageOf(cause)}`, { cause });
  }
}

export function basic({ username, password }: { username: string; password: string }): string {
  return `Basic ${encodeBase64(encodeUtf8(`${username}:${password}`))}`;
}

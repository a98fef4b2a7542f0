/** `docker login`: asks a registry whether it knows us (moby `daemon/pkg/registry/auth.go` `loginV2`). */
import type { Clock } from "../base/clock.ts";
import { messageOf } from "../base/errors.ts";
import { DEFAULT_DOMAIN } from "../oci/reference.ts";
import { authorize, type Challenge, parseChallenge, requestToken } from "./registry-auth.ts";
import type { RegistryCredentials } from "./image-service.ts";
import { RegistryError } from "./registry-errors.ts";
import type { RegistryEndpoint, RegistryHosts } from "./registry-hosts.ts";
import { type Fetch, RegistryTransport } from "./registry-transport.ts";
import { explainSilence } from "./unreachable.ts";

export interface LoginRequest {
  /** As the user typed it: a host, or a URL. Empty is Docker Hub. */
  readonly serverAddress: string;
  readonly credentials?: RegistryCredentials;
}

export interface LoginResult {
  /** What to keep instead of the password, when the token server gave one. */
  readonly identityToken: string;
}

interface Ports {
  readonly fetch: Fetch;
  readonly hosts: RegistryHosts;
  readonly clock: Clock;
  readonly signal?: AbortSignal;
}

/** Names of Docker Hub's login page. */
const HUB_NAMES = new Set(["", DEFAULT_DOMAIN, "index.docker.io", "registry-1.docker.io"]);

/** @throws RegistryError unauthorized for wrong credentials of a token server, internal (as Docker has it) for others */
export async function logIn(request: LoginRequest, ports: Ports): Promise<LoginResult> {
  const host = request.serverAddress.replace(/^https?:\/\//, "").replace(/\/.*$/, "");
  const domain = HUB_NAMES.has(host) ? DEFAULT_DOMAIN : host;
  const transport = new RegistryTransport(ports);
  let failure: RegistryError | undefined;
  for (const endpoint of ports.hosts.endpoints(domain)) {
    if (endpoint.isMirror) continue;
    try {
      return await logInAt(endpoint, request.credentials, { transport, signal: ports.signal });
    } catch (error) {
      ports.signal?.throwIfAborted();
      if (!(error instanceof RegistryError) || !error.unreachable) throw error;
      failure = error;
    }
  }
  throw explainSilence(failure ?? new RegistryError("internal", `no endpoint for ${domain}`), ports.hosts);
}

interface Way {
  readonly transport: RegistryTransport;
  readonly signal: AbortSignal | undefined;
}

async function logInAt(
  endpoint: RegistryEndpoint,
  credentials: RegistryCredentials | undefined,
  { transport, signal }: Way,
): Promise<LoginResult> {
  const shownUrl = `${endpoint.baseUrl}v2/`;
  const send = (url: string, init: RequestInit): Promise<Response> =>
    transport.send(endpoint.through(url), init, { signal, shownUrl: url });
  const first = await send(shownUrl, {});
  await first.body?.cancel();
  const challenge = parseChallenge(first.headers.get("www-authenticate") ?? "");
  if (first.ok || !challenge) return concluded(first, shownUrl, "");
  const { authorization, identityToken } = await answer(challenge, credentials, send).catch((error: unknown) => {
    signal?.throwIfAborted();
    if (!(error instanceof RegistryError) || error.unreachable) throw error;
    throw new RegistryError(error.kind, `Get "${shownUrl}": ${messageOf(error)}`, { cause: error });
  });
  const second = await send(shownUrl, { headers: { Authorization: authorization } });
  await second.body?.cancel();
  return concluded(second, shownUrl, identityToken);
}

async function answer(
  challenge: Challenge,
  credentials: RegistryCredentials | undefined,
  send: (url: string, init: RequestInit) => Promise<Response>,
): Promise<{ authorization: string; identityToken: string }> {
  const request = { challenge, credentials, isLogin: true };
  if (challenge.scheme === "basic") return { authorization: await authorize(request, send), identityToken: "" };
  const { token, refreshToken } = await requestToken(request, send);
  return { authorization: `Bearer ${token}`, identityToken: refreshToken ?? "" };
}

function concluded({ ok, status, statusText }: Response, url: string, identityToken: string): LoginResult {
  if (ok) return { identityToken };
  const text = statusText || (status === 401 ? "Unauthorized" : "");
  throw new RegistryError("internal", `login attempt to ${url} failed with status: ${status} ${text}`.trim());
}

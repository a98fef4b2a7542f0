import { encodeUtf8, streamOf } from "../base/streams.ts";
import { API_VERSION, compareVersions, MIN_API_VERSION } from "../wire/version.ts";
import type { ApiRequest } from "./api-request.ts";
import type { EngineRequest, EngineResponse } from "./app.ts";
import { empty, json } from "./responses.ts";

export type Handler = (request: ApiRequest) => Promise<EngineResponse> | EngineResponse;

/** `path` as in Docker's specification: `/containers/{id}/json`. A `{name}` is greedy: image names hold slashes. */
export interface Route {
  readonly method: string;
  readonly path: string;
  readonly handler: Handler;
}

export const route = (method: string, path: string, handler: Handler): Route => ({ method, path, handler });

interface CompiledRoute extends Route {
  readonly pattern: RegExp;
  readonly names: readonly string[];
}

export type Dispatch = (request: EngineRequest) => Promise<EngineResponse>;

const VERSION_PREFIX = /^\/v([0-9][0-9.]*)(?=\/|$)/;

/** The most literal route that matches answers; nothing matched, also with another method, is 404 `page not found`. */
export function createRouter(routes: readonly Route[]): Dispatch {
  // A name is greedy: `/services/{id}` must not take `/services/{id}/logs`.
  const literals = ({ path }: Route): number => path.replace(/\{[^}]+\}/g, "").length;
  const compiled = routes.toSorted((a, b) => literals(b) - literals(a)).map(compile);
  return async (request) => {
    const moved = redirect(request);
    if (moved !== undefined) return moved;
    const prefix = VERSION_PREFIX.exec(request.path);
    const path = prefix === null ? request.path : request.path.slice(prefix[0].length);
    const version = prefix?.[1] ?? API_VERSION;
    if (request.method === "OPTIONS") return wrongVersion(version) ?? empty(200);
    for (const candidate of compiled) {
      if (candidate.method !== request.method) continue;
      const match = candidate.pattern.exec(path);
      if (match === null) continue;
      const wrong = wrongVersion(version);
      if (wrong !== undefined) return wrong;
      const params = Object.fromEntries(
        candidate.names.map((name, index) => [name, decode(match[index + 1] as string)]),
      );
      return candidate.handler({ ...request, params, version });
    }
    return json({ message: "page not found" }, 404);
  };
}

function compile(route: Route): CompiledRoute {
  const names: string[] = [];
  const source = route.path.replace(/[.*+?^$()|[\]\\]/g, "\\$&").replace(/\{([^}]+)\}/g, (_, name: string) => {
    names.push(name);
    return "(.+)";
  });
  return { ...route, pattern: new RegExp(`^${source}$`), names };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** `//`, `.` and `..`, also percent-encoded, are not part of a path: as Docker's router (gorilla/mux), says where it is. */
function redirect({ path, query }: EngineRequest): EngineResponse | undefined {
  const decoded = decode(path);
  const clean = cleanPath(decoded);
  if (clean === decoded) return undefined;
  const question = query.size === 0 ? "" : `?${query.toString()}`;
  const location = encodeURI(clean).replaceAll("?", "%3F").replaceAll("#", "%23") + question;
  return { status: 301, headers: new Map([["location", location], ["content-length", "0"]]), body: undefined }; // prettier-ignore
}

/** Go's `path.Clean` of an absolute path, which keeps a slash at the end. */
function cleanPath(path: string): string {
  const parts: string[] = [];
  for (const part of path.split("/")) {
    if (part === "" || part === ".") continue;
    if (part === "..") parts.pop();
    else parts.push(part);
  }
  return parts.length > 0 && path.endsWith("/") ? `/${parts.join("/")}/` : `/${parts.join("/")}`;
}

/** Clients older than the oldest know no errors in JSON. */
function wrongVersion(version: string): EngineResponse | undefined {
  if (compareVersions(version, API_VERSION) > 0) {
    const message = `client version ${version} is too new. Maximum supported API version is ${API_VERSION}`;
    return json({ message }, 400);
  }
  if (compareVersions(version, MIN_API_VERSION) >= 0) return undefined;
  const hint = "please upgrade your client to a newer version";
  const message = `client version ${version} is too old. Minimum supported API version is ${MIN_API_VERSION}, ${hint}\n`;
  const headers = new Map([
    ["content-type", "text/plain; charset=utf-8"],
    ["x-content-type-options", "nosniff"],
  ]);
  return { status: 400, headers, body: streamOf(encodeUtf8(message)) };
}

import { EngineError, messageOf } from "../../base/errors.ts";
import { collectText } from "../../base/streams.ts";
import { checkFilterNames, type Filters, parseFilters } from "../../wire/filters.ts";
import { parseJson, readFields } from "../../wire/json.ts";
import { toAuthResponse, toDistributionInspect, toSearchResult } from "../../wire/registries.ts";
import { type ApiRequest, param } from "../api-request.ts";
import type { EngineResponse } from "../app.ts";
import { booleanFilter } from "../image-filters.ts";
import { credentialsOf, registryAuthOf } from "../registry-auth-header.ts";
import { json } from "../responses.ts";
import { type Route, route } from "../router.ts";
import type { Services } from "../services.ts";

/** What is asked of registries without pulling or pushing. */
export function registryRoutes(services: Services): readonly Route[] {
  return [
    route("POST", "/auth", (request) => auth(services, request)),
    route("GET", "/distribution/{name}/json", (request) => distribution(services, request)),
    route("GET", "/images/search", (request) => search(services, request)),
  ];
}

async function auth({ images }: Services, request: ApiRequest): Promise<EngineResponse> {
  // Unlike others, Docker's door for logins takes any Content-Type.
  const text = request.body ? await collectText(request.body, MAX_AUTH_BYTES) : "";
  let read: { serverAddress: string; credentials: ReturnType<typeof credentialsOf> };
  try {
    read = { serverAddress: readFields(parseJson(text)).string("serveraddress"), credentials: credentialsOf(text) };
  } catch (cause) {
    // Docker decodes this body without the checks that it has for others.
    throw new EngineError("internal", text.trim() === "" ? "EOF" : messageOf(cause).replace(/^invalid JSON: /, ""), {
      cause,
    });
  }
  const { serverAddress, credentials } = read;
  const { identityToken } = await images.logIn(
    { serverAddress, ...(credentials && { credentials }) },
    { ...(request.signal && { signal: request.signal }) },
  );
  return json(toAuthResponse(identityToken));
}

async function distribution({ images }: Services, request: ApiRequest): Promise<EngineResponse> {
  const name = param(request, "name");
  if (/^(sha256:)?[0-9a-f]{64}$/.test(name))
    throw new EngineError("invalid-argument", `unknown image reference format: ${name}`);
  const credentials = registryAuthOf(request);
  const remote = await images.describeRemote(name, {
    ...(credentials && { auth: credentials }),
    ...(request.signal && { signal: request.signal }),
  });
  return json(toDistributionInspect(remote));
}

const MAX_AUTH_BYTES = 1 << 20;
const DEFAULT_LIMIT = 25;
const MAX_LIMIT = 100;

async function search({ images }: Services, request: ApiRequest): Promise<EngineResponse> {
  const filters = parseFilters(request.query.get("filters"));
  const limit = limitOf(request.query.get("limit") ?? "");
  checkFilterNames(filters, ["is-automated", "is-official", "stars"]);
  const isAutomated = booleanFilter(filters, "is-automated");
  const isOfficial = booleanFilter(filters, "is-official");
  const stars = starsOf(filters);
  if (isAutomated === true) return json([]);
  const term = request.query.get("term") ?? "";
  const found = await images.search(term, { ...(request.signal && { signal: request.signal }), limit });
  const wanted = found.filter(
    (entry) => (isOfficial === undefined || entry.isOfficial === isOfficial) && entry.stars >= stars,
  );
  return json(wanted.slice(0, limit).map(toSearchResult));
}

function limitOf(text: string): number {
  if (text === "") return DEFAULT_LIMIT;
  if (!/^[+-]?\d+$/.test(text))
    throw invalid(`invalid limit specified: strconv.Atoi: parsing ${JSON.stringify(text)}: invalid syntax`);
  const limit = Number(text) || DEFAULT_LIMIT;
  if (limit < 1 || limit > MAX_LIMIT) throw invalid(`limit ${limit} is outside the range of [1, ${MAX_LIMIT}]`);
  return limit;
}

/** The most that was asked for: each value is a floor. */
function starsOf(filters: Filters): number {
  const floors = (filters.get("stars") ?? []).map((value) => {
    if (/^[+-]?\d+$/.test(value)) return Number(value);
    const reason = `strconv.Atoi: parsing ${JSON.stringify(value)}: invalid syntax`;
    throw invalid(`invalid filter 'stars=${value}': ${reason}`);
  });
  return Math.max(0, ...floors);
}

function invalid(message: string): EngineError {
  return new EngineError("invalid-argument", message);
}

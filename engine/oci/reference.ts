import { EngineError } from "../base/errors.ts";
import { type Digest, isDigest } from "./digest.ts";

/**
 * Image names, after `github.com/distribution/reference`. The grammar:
 *
 * ```text
 * reference       := name [ ":" tag ] [ "@" digest ]
 * name            := [ domain "/" ] path-component [ "/" path-component ]*
 * domain          := host [ ":" port-number ]
 * host            := domain-name | IPv4address | "[" IPv6address "]"
 * domain-name     := domain-component [ "." domain-component ]*
 * path-component  := alpha-numeric [ separator alpha-numeric ]*
 * separator       := "." | "_" | "__" | "-"+
 * tag             := \w [\w.-]{0,127}
 * ```
 */
export interface Reference {
  /** Registry host with port, never empty: `docker.io`, `localhost:5000`. */
  readonly domain: string;
  /** Repository below the registry: `library/nginx`. */
  readonly path: string;
  readonly tag?: string;
  readonly digest?: Digest;
}

export const DEFAULT_DOMAIN = "docker.io";
const DEFAULT_TAG = "latest";
const LEGACY_DEFAULT_DOMAIN = "index.docker.io";
const OFFICIAL_PREFIX = "library/";
/** distribution/reference `RepositoryNameTotalLengthMax`. */
const MAX_PATH_LENGTH = 255;

const DOMAIN_COMPONENT = "(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])";
const DOMAIN = `(?:${DOMAIN_COMPONENT}(?:\\.${DOMAIN_COMPONENT})*|\\[[a-fA-F0-9:]+\\])(?::[0-9]+)?`;
const PATH_COMPONENT = "[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*";
const PATH = `${PATH_COMPONENT}(?:/${PATH_COMPONENT})*`;
const TAG = "[\\w][\\w.-]{0,127}";
const DIGEST = "[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}";

const REFERENCE = new RegExp(`^(?<domain>${DOMAIN})/(?<path>${PATH})(?::(?<tag>${TAG}))?(?:@(?<digest>${DIGEST}))?$`);
const WHOLE_TAG = new RegExp(`^${TAG}$`);
const IDENTIFIER = /^[a-f0-9]{64}$/;

/**
 * Reads a name as people type it: `nginx` is `docker.io/library/nginx`. No default tag is added: see {@link withDefaultTag}.
 * @throws EngineError invalid-argument, in Docker's words
 */
export function parseReference(text: string): Reference {
  if (IDENTIFIER.test(text)) {
    throw invalid(`invalid repository name (${text}), cannot specify 64-byte hexadecimal strings`);
  }
  const [domain, remainder] = splitDomain(text);
  const colon = remainder.indexOf(":");
  const remoteName = colon < 0 ? remainder : remainder.slice(0, colon);
  if (remoteName.toLowerCase() !== remoteName) {
    throw invalid(`invalid reference format: repository name (${remoteName}) must be lowercase`);
  }
  const groups = REFERENCE.exec(`${domain}/${remainder}`)?.groups;
  const path = groups?.["path"];
  if (groups?.["domain"] !== domain || path === undefined) throw invalid("invalid reference format");
  if (path.length > MAX_PATH_LENGTH) {
    throw invalid(`repository name must not be more than ${MAX_PATH_LENGTH} characters`);
  }
  const { tag, digest } = groups;
  return {
    domain,
    path,
    ...(tag !== undefined && { tag }),
    ...(digest !== undefined && { digest: checkedDigest(digest) }),
  };
}

/** distribution/reference `splitDockerDomain`: is the first component a registry or part of the repository? */
function splitDomain(name: string): readonly [domain: string, remainder: string] {
  const slash = name.indexOf("/");
  if (slash < 0) return [DEFAULT_DOMAIN, OFFICIAL_PREFIX + name];
  const first = name.slice(0, slash);
  const rest = name.slice(slash + 1);
  const isHub = first === DEFAULT_DOMAIN || first === LEGACY_DEFAULT_DOMAIN;
  if (isHub) return [DEFAULT_DOMAIN, rest.includes("/") ? rest : OFFICIAL_PREFIX + rest];
  if (first === "localhost" || /[.:]/.test(first) || first.toLowerCase() !== first) return [first, rest];
  return [DEFAULT_DOMAIN, name];
}

/** The errors are those of `github.com/opencontainers/go-digest`, of whose algorithms only sha256 is known here. */
function checkedDigest(text: string): Digest {
  if (isDigest(text)) return text;
  const [algorithm, hex = ""] = text.split(":", 2);
  if (algorithm !== "sha256") throw invalid("unsupported digest algorithm");
  throw invalid(hex.length === 64 ? "invalid checksum digest format" : "invalid checksum digest length");
}

/** A reference to `path` with either a tag or, when it looks like one, a digest: the two query parameters of `POST /images/create`. */
export function parseReferenceWithTag(name: string, tagOrDigest: string): Reference {
  const { domain, path } = parseReference(name);
  if (isDigest(tagOrDigest)) return { domain, path, digest: tagOrDigest };
  if (!WHOLE_TAG.test(tagOrDigest)) throw invalid("invalid tag format");
  return { domain, path, tag: tagOrDigest };
}

/** Adds `:latest` when there is neither tag nor digest. */
export function withDefaultTag(reference: Reference): Reference {
  if (reference.tag !== undefined || reference.digest !== undefined) return reference;
  return { ...reference, tag: DEFAULT_TAG };
}

/** `docker.io/library/nginx` */
export function canonicalName({ domain, path }: Reference): string {
  return `${domain}/${path}`;
}

/** `docker.io/library/nginx:latest`, with `@sha256:…` when there is a digest. */
export function formatReference(reference: Reference): string {
  return canonicalName(reference) + suffix(reference);
}

/** What people write: `nginx`, `filebrowser/filebrowser`, `localhost:5000/x`. */
export function familiarName({ domain, path }: Reference): string {
  // Unlike Docker, never `a.b/c` for `docker.io/a.b/c`: that would be read back as an image of the registry `a.b`.
  if (domain !== DEFAULT_DOMAIN || splitDomain(path)[0] !== DEFAULT_DOMAIN) return `${domain}/${path}`;
  const official = path.startsWith(OFFICIAL_PREFIX) ? path.slice(OFFICIAL_PREFIX.length) : path;
  return official.includes("/") ? path : official;
}

/** `nginx:1.22`, `nginx@sha256:…` */
export function formatFamiliar(reference: Reference): string {
  return familiarName(reference) + suffix(reference);
}

function suffix({ tag, digest }: Reference): string {
  return (tag === undefined ? "" : `:${tag}`) + (digest === undefined ? "" : `@${digest}`);
}

function invalid(message: string): EngineError {
  return new EngineError("invalid-argument", message);
}

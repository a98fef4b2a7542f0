/**
 * References to git repositories as BuildKit understands them (`frontend/dockerfile/dfgitutil`, `util/gitutil`):
 *
 *     https://host/repo.git?branch=b#ref:subdir    git://host/repo    ssh://git@host/repo    git@host:repo.git#ref:subdir    github.com/o/r
 */
import { EngineError } from "../../base/errors.ts";
import { cleanPath } from "../../oci/path-bytes.ts";

export interface GitUrl {
  readonly protocol: "http" | "https" | "ssh" | "git";
  /** Without query and fragment. */
  readonly remote: string;
  /** A branch, tag or commit; "" is the default branch. */
  readonly ref: string;
  /** Clean and relative; "" is the root. */
  readonly subdirectory: string;
  /** The commit that `ref` must be; "" for any. */
  readonly checksum: string;
  readonly keepGitDirectory: boolean | undefined;
  readonly submodules: boolean | undefined;
}

const SCP_STYLE = /^([\w-]+)@([a-zA-Z0-9.-]+):(.*?)(?:\?(.*?))?(?:#(.*))?$/;
const PROTOCOLS: readonly string[] = ["http", "https", "ssh", "git"];

/** Whether `ADD` and the context take this for a repository: by its protocol, or over HTTP by `.git` at the path's end. */
export function isGitSource(text: string): boolean {
  return splitUrl(text) !== undefined;
}

/** Also `github.com/owner/repository`, which only a context may be: as a source of `ADD` it is a path. */
export function isGitContext(text: string): boolean {
  return isGitSource(text) || text.startsWith("github.com/");
}

/** @throws EngineError invalid-argument in BuildKit's words */
export function parseGitUrl(text: string): GitUrl {
  const parts = splitUrl(text.startsWith("github.com/") ? `https://${text}` : text, text.startsWith("github.com/"));
  if (parts === undefined) throw invalid(`invalid git reference: ${text}`);
  const { protocol, remote, query, fragment } = parts;
  const colon = fragment.indexOf(":");
  const fromFragment = {
    ref: colon < 0 ? fragment : fragment.slice(0, colon),
    subdirectory: cleanPath(colon < 0 ? "" : fragment.slice(colon + 1)),
  };
  return { protocol, remote, ...readQuery(query, fromFragment) };
}

interface UrlParts {
  readonly protocol: GitUrl["protocol"];
  readonly remote: string;
  readonly query: string;
  readonly fragment: string;
}

function splitUrl(text: string, isKnown = false): UrlParts | undefined {
  if (text.startsWith("./") || text.startsWith("../")) return undefined;
  const [, scheme, rest = ""] = /^([a-zA-Z0-9]+):\/\/(.*)$/s.exec(text) ?? [];
  if (scheme === undefined) {
    const [whole, user, host, path, query = "", fragment = ""] = SCP_STYLE.exec(text) ?? [];
    return whole === undefined ? undefined : { protocol: "ssh", remote: `${user}@${host}:${path}`, query, fragment };
  }
  const protocol = scheme.toLowerCase();
  if (!PROTOCOLS.includes(protocol)) return undefined;
  const [beforeFragment = "", ...fragment] = rest.split("#");
  const [address = "", ...query] = beforeFragment.split("?");
  const isHttp = protocol === "http" || protocol === "https";
  if (isHttp && !isKnown && !address.endsWith(".git")) return undefined;
  return {
    protocol: protocol as GitUrl["protocol"],
    remote: `${protocol}://${address}`,
    query: query.join("?"),
    fragment: decode(fragment.join("#")),
  };
}

type QueryFields = Pick<GitUrl, "ref" | "subdirectory" | "checksum" | "keepGitDirectory" | "submodules">;

function readQuery(query: string, fragment: Pick<GitUrl, "ref" | "subdirectory">): QueryFields {
  const values = new URLSearchParams(query);
  const one = (name: string): string | undefined => {
    const all = values.getAll(name);
    if (all.length > 1) throw invalid(`query "${name}" has multiple values`);
    if (all[0] === "") throw invalid(`query "${name}" has no value`);
    return all[0];
  };
  const flag = (name: string): boolean | undefined => {
    const text = values.get(name);
    if (text === null) return undefined;
    if (!/^(?:|1|t|T|TRUE|true|True|0|f|F|FALSE|false|False)$/.test(text))
      throw invalid(`invalid ${name} value: "${text}"`);
    return !/^[0fF]/.test(text);
  };
  for (const name of values.keys()) if (!QUERIES.has(name)) throw invalid(`unexpected query "${name}"`);
  const agreed = (what: string, first: string, second: string | undefined): string => {
    if (second !== undefined && first !== "" && first !== second)
      throw invalid(`${what} conflicts: "${first}" vs "${second}"`);
    return second ?? first;
  };
  const tag = prefixed("refs/tags/", one("tag"));
  const branch = prefixed("refs/heads/", one("branch"));
  if (tag !== undefined && branch !== undefined) throw invalid("branch conflicts with tag");
  const ref = agreed("ref", agreed("ref", fragment.ref, one("ref")), tag ?? branch);
  return {
    ref,
    subdirectory: cleanPath(agreed("subdir", fragment.subdirectory, one("subdir"))),
    checksum: one("checksum") ?? one("commit") ?? "",
    keepGitDirectory: flag("keep-git-dir"),
    submodules: flag("submodules"),
  };
}

const QUERIES: ReadonlySet<string> = new Set([
  "ref",
  "tag",
  "branch",
  "subdir",
  "checksum",
  "commit",
  "keep-git-dir",
  "submodules",
]);

function prefixed(prefix: string, name: string | undefined): string | undefined {
  return name === undefined || name.startsWith(prefix) ? name : prefix + name;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function invalid(message: string): EngineError {
  return new EngineError("invalid-argument", message);
}

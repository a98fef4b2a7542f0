import type { ReadableLowerFiles } from "../../archive/lower-files.ts";
import { EngineError, messageOf } from "../../base/errors.ts";
import { encodeUtf8, streamOf } from "../../base/streams.ts";
import { matchPattern } from "../../dockerfile/match-pattern.ts";
import { PatternMatcher } from "../../dockerfile/pattern-matcher.ts";
import { cleanPath } from "../../oci/path-bytes.ts";
import { type GitUrl, isGitSource, parseGitUrl } from "../context/git-url.ts";
import { type GitRelay, noGit } from "../context/remote-context.ts";
import type { CopyPorts, CopyRequest } from "./copy-request.ts";
import { hasWildcards, splitWildcards } from "./wildcards.ts";
import { oneFile } from "./one-file.ts";
import { isDirectory, joinPath, resolveParents, resolvePath } from "./tree-path.ts";

/** One source of a `COPY` or `ADD`, looked at but not looked up. */
export interface CopySource {
  readonly files: ReadableLowerFiles;
  /** Clean; a pattern when `isPattern`. */
  readonly path: string;
  readonly isPattern: boolean;
  readonly followLinks: boolean;
  readonly contentsOnly: boolean;
  readonly include: PatternMatcher | undefined;
  /** What takes part in the key of the cache in the place of `include`. */
  readonly includePattern: string | undefined;
  /** Must be there although `path` is only where to begin. */
  readonly requiredPath: string | undefined;
  readonly unpack: boolean;
}

/** What a URL stands for until it is downloaded. */
export interface RemoteSource {
  readonly url: string;
  readonly name: string;
  readonly unpack: boolean;
}

/** A repository that stands for its files until it is fetched. */
export interface GitSource {
  readonly repository: GitUrl;
  readonly relay: GitRelay;
}

export const isUrl = (source: string): boolean => /^https?:\/\//.test(source);

/**
 * The sources in order, here-documents last (BuildKit `dispatchCopy`).
 * @throws EngineError invalid-argument in BuildKit's words; unavailable for a git repository
 */
export function parseSources(
  request: CopyRequest,
  ports: CopyPorts,
): readonly (CopySource | RemoteSource | GitSource)[] {
  const isAdd = request.instruction === "ADD";
  checkChecksum(request);
  const sources = request.sources.map((source) => {
    if (isGitSource(source)) {
      if (!isAdd) throw invalid("source can't be a git ref for COPY");
      return gitSource(request, parseGitUrl(source), ports);
    }
    if (!isUrl(source)) return localSource(request, source);
    if (!isAdd) throw invalid("source can't be a URL for COPY");
    return { url: source, name: nameOfUrl(source), unpack: request.unpack ?? false };
  });
  const documents = request.heredocs.map(({ name, content }) => {
    const bytes = encodeUtf8(content);
    const attributes = { permissions: 0o644, mtimeSeconds: ports.times.madeSeconds };
    return plainSource(oneFile(name, { size: bytes.length, open: () => streamOf(bytes) }, attributes), name, false);
  });
  return [...sources, ...documents];
}

/** A file that was made or downloaded. */
export function plainSource(files: ReadableLowerFiles, path: string, unpack: boolean): CopySource {
  return {
    files,
    path,
    unpack,
    isPattern: false,
    followLinks: false,
    contentsOnly: false,
    include: undefined,
    includePattern: undefined,
    requiredPath: undefined,
  };
}

/**
 * The paths that a source means, in order; none for a pattern that matches nothing (fsutil `ResolveWildcards`).
 * @throws EngineError invalid-argument for a malformed pattern
 */
export function matchSource({ files, path, isPattern, followLinks }: CopySource): readonly string[] {
  if (!isPattern) return [path];
  const { fixed, pattern } = splitWildcards(path);
  const top = followLinks ? resolvePath(files, fixed) : resolveParents(files, fixed);
  if (files.find(top) === undefined) throw new EngineError("not-found", `lstat /${fixed}: no such file or directory`);
  checkPattern(pattern);
  const depth = pattern.split("/").length;
  const matches: string[] = [];
  const visit = (directory: string, below: string, level: number): void => {
    for (const name of [...files.names(directory)].toSorted()) {
      const here = joinPath(below, name);
      const real = joinPath(directory, name);
      if (matchPattern(pattern, here)) matches.push(real);
      else if (level < depth || /\[\^/.test(pattern)) {
        const file = files.find(real);
        if (file !== undefined && isDirectory(file.mode)) visit(real, here, level + 1);
      }
    }
  };
  visit(top, "", 1);
  return matches;
}

function checkPattern(pattern: string): void {
  try {
    matchPattern(pattern, "");
  } catch (error) {
    throw new EngineError("invalid-argument", `invalid includepatterns: [${pattern}]: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

function localSource(request: CopyRequest, source: string): CopySource {
  const isAdd = request.instruction === "ADD";
  const unpack = request.unpack ?? isAdd;
  const common = { files: request.from, followLinks: true, contentsOnly: true, unpack };
  if (request.parents !== true) {
    const path = cleanPath(source);
    const isPattern = hasWildcards(path);
    return { ...common, path, isPattern, include: undefined, includePattern: undefined, requiredPath: undefined };
  }
  // `dir/./rest`: what is before the pivot is not made.
  const pivot = source.indexOf("/./");
  const top = pivot < 0 ? "" : cleanPath(source.slice(0, pivot));
  const pattern = cleanPath(pivot < 0 ? source : source.slice(pivot + 3));
  const isOpen = hasWildcards(top) || hasWildcards(pattern);
  return {
    ...common,
    path: top,
    isPattern: hasWildcards(top),
    include: new PatternMatcher([pattern]),
    includePattern: pattern,
    requiredPath: isOpen ? undefined : joinPath(top, pattern),
  };
}

function checkChecksum({ instruction, checksum, sources }: CopyRequest): void {
  if (checksum === undefined || checksum === "") return;
  if (instruction !== "ADD") throw invalid("checksum can't be specified for COPY");
  const [source = ""] = sources;
  if (sources.length !== 1) throw invalid("checksum can't be specified for multiple sources");
  if (!isUrl(source) && !isGitSource(source)) throw invalid("checksum requires HTTP(S) or Git sources");
  if (isUrl(source) && !isGitSource(source)) checkDigest(checksum);
}

/** In the words of Go's `opencontainers/go-digest`. */
function checkDigest(text: string): void {
  const [, algorithm, hex = ""] = /^([a-z0-9]+(?:[+._-][a-z0-9]+)*):([a-zA-Z0-9=_-]+)$/.exec(text) ?? [];
  if (algorithm === undefined) throw invalid("invalid checksum digest format");
  const length = { sha256: 64, sha384: 96, sha512: 128 }[algorithm];
  if (length === undefined) throw invalid("unsupported digest algorithm");
  if (hex.length !== length) throw invalid("invalid checksum digest length");
  if (!/^[0-9a-f]+$/.test(hex)) throw invalid("invalid checksum digest format");
}

function gitSource(request: CopyRequest, url: GitUrl, { git }: CopyPorts): GitSource {
  const { keepGitDir = url.keepGitDirectory, checksum = url.checksum } = request;
  if (url.keepGitDirectory !== undefined && keepGitDir !== url.keepGitDirectory)
    throw invalid("inconsistent keep-git-dir configuration");
  if (url.checksum !== "" && checksum !== url.checksum)
    throw invalid(`checksum mismatch "${checksum}" != "${url.checksum}"`);
  if (git === undefined) throw noGit(url);
  return { repository: { ...url, keepGitDirectory: keepGitDir, checksum }, relay: git };
}

function nameOfUrl(url: string): string {
  if (!URL.canParse(url)) return "__unnamed__";
  const { pathname } = new URL(url);
  let name = cleanPath(pathname).split("/").at(-1) ?? "";
  try {
    name = decodeURIComponent(name);
  } catch {
    // As it is written.
  }
  return name === "" || name.includes("/") || name === ".." ? "__unnamed__" : name;
}

function invalid(message: string): EngineError {
  return new EngineError("invalid-argument", message);
}

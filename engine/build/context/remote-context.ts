import type { ReadableLowerFiles } from "../../archive/lower-files.ts";
import { EngineError } from "../../base/errors.ts";
import { type ByteStream, chunksOf, collect, concat, streamFrom, streamOf } from "../../base/streams.ts";
import { TarParser } from "../../oci/layer-tar.ts";
import { BLOCK_BYTES } from "../../oci/tar-header.ts";
import type { UrlFetcher } from "../files/copy-request.ts";
import { oneFile } from "../files/one-file.ts";
import { resolvePath } from "../files/tree-path.ts";
import { type GitUrl, isGitContext, parseGitUrl } from "./git-url.ts";
import { type ReceivedContext, receiveContext, type ReceiveOptions } from "./receive-context.ts";

/** Gets a commit of a git repository; a browser tab has to ask somebody for that. */
export interface GitRelay {
  /** The files of the commit as a tar file. @throws EngineError */
  fetch(repository: GitUrl, options: { readonly signal?: AbortSignal }): Promise<ByteStream>;
}

export interface RemotePorts {
  /** Without it URLs are refused. */
  readonly fetcher?: UrlFetcher;
  /** Without it git repositories are refused. */
  readonly git?: GitRelay;
}

/** A context that was fetched. */
export interface RemoteContext extends AsyncDisposable {
  readonly files: ReadableLowerFiles;
  /** Set when the URL gave no archive: the file is the Dockerfile, under this name. */
  readonly dockerfile?: string;
}

/** As much as tells an archive from a Dockerfile. */
const HEAD_BYTES = 1024;
const MAX_DOCKERFILE_BYTES = 16 << 20;
/** BuildKit's name of what it fetched (`frontend/dockerui/context.go`). */
const FETCHED_NAME = "context";

/** Whether `docker build` takes it for a place elsewhere, not for a directory. */
export function isRemoteContext(text: string): boolean {
  return /^https?:\/\//.test(text) || isGitContext(text);
}

/**
 * `docker build https://…`: a tar file, compressed or not, or a single Dockerfile; `docker build <git repository>#ref:subdirectory`.
 *
 * @throws EngineError unavailable when there is no way to it; invalid-argument for what the place answers
 */
export async function fetchContext(
  url: string,
  ports: RemotePorts,
  options: ReceiveOptions = {},
): Promise<RemoteContext> {
  if (isGitContext(url)) return await fetchRepository(parseGitUrl(url), ports, options);
  if (ports.fetcher === undefined)
    throw new EngineError("unavailable", `Get "${url}": there is no way to other machines`);
  const response = await ports.fetcher.get(url, options.signal ? { signal: options.signal } : {});
  if (response.status < 200 || response.status >= 400) {
    await response.body.cancel().catch(() => undefined);
    throw new EngineError("invalid-argument", `invalid response status ${response.status}`);
  }
  const { head, whole } = await peek(response.body);
  if (isArchive(head)) return await receiveContext(whole, { ...options, owners: "keep" });
  const bytes = await collect(whole, MAX_DOCKERFILE_BYTES).catch((error: unknown) => {
    if (!(error instanceof RangeError)) throw error;
    throw new EngineError("invalid-argument", `Get "${url}": neither a tar file nor a Dockerfile`, { cause: error });
  });
  const content = { size: bytes.length, open: () => streamOf(bytes) };
  return {
    files: oneFile(FETCHED_NAME, content, { permissions: 0o600, mtimeSeconds: 0 }),
    dockerfile: FETCHED_NAME,
    [Symbol.asyncDispose]: async () => undefined,
  };
}

async function fetchRepository(
  repository: GitUrl,
  { git }: RemotePorts,
  options: ReceiveOptions,
): Promise<RemoteContext> {
  if (git === undefined) throw noGit(repository);
  return await receiveRepository(repository, git, options);
}

/** The files of a repository's commit, or of a directory in it. */
export async function receiveRepository(
  repository: GitUrl,
  git: GitRelay,
  options: ReceiveOptions,
): Promise<ReceivedContext> {
  const { signal } = options;
  const tar = await git.fetch(repository, signal ? { signal } : {});
  const context = await receiveContext(tar, { ...options, owners: "root" });
  const { subdirectory } = repository;
  if (subdirectory === "") return context;
  return {
    ...context,
    files: subtree(context.files, resolvePath(context.files, subdirectory)),
    [Symbol.asyncDispose]: () => context[Symbol.asyncDispose](),
  };
}

/** Why a repository cannot be had. */
export function noGit({ remote }: GitUrl): EngineError {
  const reason =
    "git repositories cannot be read from a browser tab: their servers do not let pages of other sites in, and no relay is set";
  return new EngineError("unavailable", `failed to fetch remote ${remote}: ${reason}`);
}

/** A directory of a tree as a tree. */
function subtree(files: ReadableLowerFiles, top: string): ReadableLowerFiles {
  const real = (path: string): string => (path === "" ? top : `${top}/${path}`);
  return {
    find: (path) => files.find(real(path)),
    names: (path) => files.names(real(path)),
    readLink: (path) => files.readLink(real(path)),
    read: (path) => files.read(real(path)),
    identity: (path) => files.identity(real(path)),
  };
}

/** Compressed, or a tar file's first header: BuildKit's `isArchive`. */
function isArchive(head: Uint8Array): boolean {
  const hex = Array.from(head.subarray(0, 6), (byte) => byte.toString(16).padStart(2, "0")).join("");
  if (/^(?:1f8b08|425a68|fd377a585a00|28b52ffd)/.test(hex)) return true;
  if (head.length < BLOCK_BYTES) return false;
  let hasEntry = false;
  try {
    new TarParser({ entry: () => (hasEntry = true) }).push(head.subarray(0, BLOCK_BYTES));
  } catch {
    return false;
  }
  // A file that begins with an extended header has no entry yet.
  return hasEntry || /^[xgLK]$/.test(String.fromCharCode(head[156] ?? 0));
}

async function peek(stream: ByteStream): Promise<{ readonly head: Uint8Array; readonly whole: ByteStream }> {
  const chunks = chunksOf(stream);
  const first: Uint8Array[] = [];
  for (let size = 0; size < HEAD_BYTES;) {
    const { done, value } = await chunks.next();
    if (done) break;
    first.push(value);
    size += value.length;
  }
  async function* all(): AsyncGenerator<Uint8Array, void, undefined> {
    yield* first;
    yield* chunks;
  }
  return { head: concat(first).subarray(0, HEAD_BYTES), whole: streamFrom(all()) };
}

/** What a build is made from, as `docker buildx build` finds it: the Dockerfile, and the directory, tar file or URL it stands in. */
import { messageOf } from "../../base/errors.ts";
import { chunksOf, collectText, concat, decodeUtf8, streamFrom } from "../../base/streams.ts";
import { cleanPath } from "../../dockerfile/clean-path.ts";
import { DockerIgnore } from "../../dockerfile/docker-ignore.ts";
import type { CommandContext } from "../command-context.ts";
import { buildError } from "./build-failure.ts";

export interface LocalBuild {
  /** Undefined: it is inside of the context that is sent. */
  readonly dockerfile?: { readonly name: string; readonly text: string };
  /** Inside of what is sent, "" for the default. */
  readonly dockerfilePath: string;
  /** A tar file; opened when it is sent. */
  readonly body?: () => Promise<ReadableStream<Uint8Array>>;
  /** A URL in place of it. */
  readonly remote: string;
  /** The directory, absolute. */
  readonly directory?: string;
}

const MAX_TEXT_BYTES = 1 << 20;
/** So much is looked at to tell a tar file from a Dockerfile. */
const HEAD_BYTES = 512;

/** @param file `-f`, "" for none @throws CommandError */
export async function prepareContext(context: CommandContext, path: string, file: string): Promise<LocalBuild> {
  if (path === "-" && file === "-")
    throw buildError("invalid argument: can't use stdin for both build context and dockerfile");
  if (path === "-") return await fromStdin(context, file);
  if (isRemote(path)) return { dockerfilePath: file, remote: path };
  const found = await context.files.stat(path, { follow: true });
  if (found?.type !== "directory")
    throw buildError(`unable to prepare context: path ${JSON.stringify(path)} not found`);
  const dockerfile = file === "-" ? await dockerfileOfStdin(context) : await readDockerfile(context, path, file);
  const ignore = await ignoreFileOf(context, path, file === "-" ? "" : dockerfile.path);
  return {
    dockerfile,
    dockerfilePath: "",
    body: () => context.files.readTar(path, "", { follow: true, ...(ignore && { leaveOut: ignore }) }),
    remote: "",
    directory: cleanPath(path.startsWith("/") ? path : `${context.cwd}/${path}`),
  };
}

/** A directory that `--build-context` names, without what its own `.dockerignore` excludes. @throws CommandError */
export async function namedDirectory(
  context: CommandContext,
  name: string,
  path: string,
): Promise<ReadableStream<Uint8Array>> {
  const fail = (reason: string): never => {
    throw buildError(`failed to get build context ${name}: ${reason}`);
  };
  const found = await context.files.stat(path, { follow: true });
  if (found === undefined) return fail(`stat ${path}: no such file or directory`);
  if (found.type !== "directory") return fail(`${path}: not a directory`);
  const ignore = await ignoreFileOf(context, path, "");
  return await context.files.readTar(path, "", { follow: true, ...(ignore && { leaveOut: ignore }) });
}

/** `https://…`, `git://…`, `git@host:…` */
export function isRemote(path: string): boolean {
  return /^(https?|git|ssh):\/\//.test(path) || /^git@[^/]+:/.test(path) || path.startsWith("github.com/");
}

/** A tar file, also a compressed one, is the context; anything else is a Dockerfile without one. */
async function fromStdin(context: CommandContext, file: string): Promise<LocalBuild> {
  const input = chunksOf(context.stdin.stream());
  const chunks: Uint8Array[] = [];
  let size = 0;
  while (size < HEAD_BYTES) {
    const { done, value } = await input.next();
    if (done === true) break;
    chunks.push(value);
    size += value.length;
  }
  const head = concat(chunks);
  async function* rest(): AsyncGenerator<Uint8Array, void, undefined> {
    yield head;
    yield* input;
  }
  if (isArchive(head)) return { dockerfilePath: file, body: async () => streamFrom(rest()), remote: "" };
  const text = await collectText(streamFrom(rest()), MAX_TEXT_BYTES);
  if (text === "") throw buildError("failed to solve: failed to read dockerfile: no local sources enabled");
  return { dockerfile: { name: "Dockerfile", text }, dockerfilePath: "", remote: "" };
}

/** gzip, bzip2, xz, zstd, or tar itself. */
function isArchive(head: Uint8Array): boolean {
  const begins = (...bytes: readonly number[]): boolean => bytes.every((byte, index) => head[index] === byte);
  if (
    begins(0x1f, 0x8b) ||
    begins(0x42, 0x5a, 0x68) ||
    begins(0xfd, 0x37, 0x7a, 0x58) ||
    begins(0x28, 0xb5, 0x2f, 0xfd)
  )
    return true;
  return decodeUtf8(head.subarray(257, 262)) === "ustar";
}

async function dockerfileOfStdin(
  context: CommandContext,
): Promise<{ readonly name: string; readonly text: string; readonly path: string }> {
  return { name: "Dockerfile", text: await collectText(context.stdin.stream(), MAX_TEXT_BYTES), path: "" };
}

/** `-f` is relative to where the user is; the default is in the context, also in lower case. */
async function readDockerfile(
  { files }: CommandContext,
  directory: string,
  file: string,
): Promise<{ readonly name: string; readonly text: string; readonly path: string }> {
  const base = directory.replace(/\/*$/, "/");
  const paths = file === "" ? [`${base}Dockerfile`, `${base}dockerfile`] : [file];
  for (const path of paths) {
    if ((await files.stat(path, { follow: true })) === undefined) continue;
    try {
      return { name: nameOf(path), text: await collectText(await files.read(path), MAX_TEXT_BYTES), path };
    } catch (cause) {
      throw buildError(`failed to solve: failed to read dockerfile: ${messageOf(cause)}`, cause);
    }
  }
  const name = nameOf(paths[0] ?? "");
  throw buildError(`failed to solve: failed to read dockerfile: open ${name}: no such file or directory`);
}

const nameOf = (path: string): string => path.slice(path.lastIndexOf("/") + 1);

/** `<Dockerfile>.dockerignore` beside the Dockerfile, or else `.dockerignore` in the context. @throws CommandError for a bad pattern */
async function ignoreFileOf(
  { files }: CommandContext,
  directory: string,
  dockerfile: string,
): Promise<DockerIgnore | undefined> {
  const paths = [
    ...(dockerfile === "" ? [] : [`${dockerfile}.dockerignore`]),
    `${directory.replace(/\/*$/, "/")}.dockerignore`,
  ];
  for (const path of paths) {
    if ((await files.stat(path, { follow: true }))?.type !== "file") continue;
    const text = await collectText(await files.read(path), MAX_TEXT_BYTES);
    try {
      const ignore = DockerIgnore.parse(text);
      return ignore.isEmpty ? undefined : ignore;
    } catch (cause) {
      throw buildError(`failed to solve: ${messageOf(cause)}`, cause);
    }
  }
  return undefined;
}

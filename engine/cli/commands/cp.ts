import { decodeBase64 } from "../../base/base64.ts";
import { copyTo } from "../archive-output.ts";
import { containerPath } from "../client.ts";
import { type Command, CommandError, exactly, type Invocation } from "../command.ts";
import { type CopyEnd, destinationIn, localPath, planCopy, splitPath } from "../copy-paths.ts";
import { defineFlags } from "../flags/flag.ts";
import { copyProgress } from "../format/copy-progress.ts";

export const cpCommand: Command = {
  name: "cp",
  synopsis: "[OPTIONS] CONTAINER:SRC_PATH DEST_PATH|-\n\tdocker cp [OPTIONS] SRC_PATH|- CONTAINER:DEST_PATH",
  short: "Copy files/folders between a container and the local filesystem",
  long: `Copy files/folders between a container and the local filesystem

Use '-' as the source to read a tar archive from stdin
and extract it to a directory destination in a container.
Use '-' as the destination to stream a tar archive of a
container source to stdout.`,
  alsoKnownAs: "docker container cp, docker cp",
  flags: defineFlags(`
-a, --archive | Archive mode (copy all uid/gid information)
-L, --follow-link | Always follow symbol link in SRC_PATH
-q, --quiet | Suppress progress output during copy. Progress output is automatically suppressed if no terminal is attached
`),
  takes: exactly(2),
  run: cp,
};

async function cp(invocation: Invocation): Promise<number> {
  const [source, destination] = invocation.arguments as [string, string];
  if (source === "") throw new CommandError("source can not be empty");
  if (destination === "") throw new CommandError("destination can not be empty");
  const [from, to] = [splitArgument(source), splitArgument(destination)];
  if (from.container !== "" && to.container !== "")
    throw new CommandError("copying between containers is not supported");
  if (from.container !== "") await copyOut(invocation, from, to.path);
  else if (to.container !== "") await copyIn(invocation, from.path, to);
  else throw new CommandError("must specify at least one container source");
  return 0;
}

interface Side {
  /** "" for the user's own machine. */
  readonly container: string;
  readonly path: string;
}

/** `web:/etc`; a path with a colon of its own begins with a slash or a dot. */
function splitArgument(argument: string): Side {
  const colon = argument.indexOf(":");
  if (colon < 0 || argument.startsWith("/") || argument.startsWith(".")) return { container: "", path: argument };
  return { container: argument.slice(0, colon), path: argument.slice(colon + 1) };
}

/** What the engine says of a path of a container. */
interface PathStat {
  readonly mode: number;
  readonly linkTarget: string;
}

/** Go's `os.FileMode`. */
const GO_DIRECTORY = 2 ** 31;
const GO_SYMLINK = 2 ** 27;
const GO_DEVICES = 2 ** 26 + 2 ** 19;
const has = (mode: number, bits: number): boolean => Number(BigInt(mode) & BigInt(bits)) !== 0;

async function statIn({ client }: Invocation, container: string, path: string): Promise<PathStat> {
  const { headers, body } = await client.call({
    method: "HEAD",
    path: `${containerPath(container)}/archive`,
    query: { path },
  });
  await body?.cancel();
  return decodeStat(headers);
}

function decodeStat(headers: ReadonlyMap<string, string>): PathStat {
  const text = headers.get("x-docker-container-path-stat");
  if (text === undefined) throw new CommandError("unable to decode container path stat header: EOF");
  const bytes = decodeBase64(text);
  return JSON.parse(new TextDecoder().decode(bytes)) as PathStat;
}

async function copyOut(invocation: Invocation, { container, path: given }: Side, target: string): Promise<void> {
  const { client, context } = invocation;
  const destination = target === "-" ? "-" : localPath(context.cwd, target);
  if (destination !== "-") await checkOutput(invocation, destination);
  const { path, name } = await sourceIn(invocation, container, given);
  const { headers, body } = await client.call({
    method: "GET",
    path: `${containerPath(container)}/archive`,
    query: { path },
  });
  if (destination === "-") return await copyTo(context, body);
  const isDirectory = has(decodeStat(headers).mode, GO_DIRECTORY);
  const end = await destinationIn(context.files, destination);
  const { directory, rename } = planCopy({ path, isDirectory }, end);
  // A followed link keeps its own name in a directory.
  const all = name !== undefined && rename === undefined ? { from: splitPath(path).base, to: name } : rename;
  await copyProgress(invocation, isQuiet(invocation), {
    header: "Copying from container - ",
    destination,
    body: body ?? new Blob([]).stream(),
    copy: (stream) => context.files.writeTar(directory, stream, all && { rename: all }),
  });
}

/** Where the path leads, with the name it keeps when that is another one. */
async function sourceIn(
  invocation: Invocation,
  container: string,
  path: string,
): Promise<{ readonly path: string; readonly name?: string }> {
  if (!invocation.flags.boolean("follow-link")) return { path };
  const stat = await statIn(invocation, container, path).catch(() => undefined);
  if (stat === undefined || !has(stat.mode, GO_SYMLINK)) return { path };
  const target = linkedPath(path, stat.linkTarget);
  const [own, other] = [splitPath(path).base, splitPath(target).base];
  return own === other ? { path: target } : { path: target, name: own };
}

function linkedPath(path: string, link: string): string {
  return link.startsWith("/") ? link : localPath(splitPath(path).directory, link);
}

async function checkOutput({ context: { files } }: Invocation, path: string): Promise<void> {
  const { directory } = splitPath(path);
  if ((await files.stat(directory, { follow: true })) === undefined)
    throw new CommandError(`invalid output path: directory ${JSON.stringify(directory)} does not exist`);
  if ((await files.stat(path, { follow: true }))?.type === "other")
    throw new CommandError(
      `invalid output path: ${JSON.stringify(path)} must be a directory or a regular file: got a device`,
    );
}

async function copyIn(invocation: Invocation, given: string, to: Side): Promise<void> {
  const { client, context, flags } = invocation;
  const end = await endIn(invocation, to);
  const put = async (path: string, body: ReadableStream<Uint8Array>): Promise<void> =>
    await client.send({
      method: "PUT",
      path: `${containerPath(to.container)}/archive`,
      query: { path, noOverwriteDirNonDir: "true", copyUIDGID: flags.boolean("archive") && "true" },
      headers: { "content-type": "text/plain" },
      body,
    });
  const send = (path: string, body: ReadableStream<Uint8Array>): Promise<void> =>
    copyProgress(invocation, isQuiet(invocation), {
      header: "Copying to container - ",
      destination: `${to.container}:${end.path}`,
      body,
      copy: (stream) => put(path, stream),
    });
  if (given === "-") {
    if (end.type !== "directory")
      throw new CommandError(`destination "${to.container}:${to.path}" must be a directory`);
    return await send(end.path, context.stdin.stream());
  }
  const path = localPath(context.cwd, given);
  const follow = flags.boolean("follow-link") || path.endsWith("/");
  const source = await context.files.stat(path, { follow });
  if (source === undefined) throw new CommandError(`lstat ${path}: no such file or directory`);
  const plan = planCopy({ path, isDirectory: source.type === "directory" }, end);
  const { base } = splitPath(path);
  const name = plan.rename === undefined ? base : plan.rename.to;
  await send(plan.directory, await context.files.readTar(path, name === "." ? "" : name, { follow }));
}

/** The destination in a container: where a link leads, and what is there. */
async function endIn(invocation: Invocation, { container, path }: Side): Promise<CopyEnd> {
  let stat = await statIn(invocation, container, path).catch(() => undefined);
  let place = path;
  if (stat !== undefined && has(stat.mode, GO_SYMLINK)) {
    place = linkedPath(path, stat.linkTarget);
    stat = await statIn(invocation, container, place).catch(() => undefined);
  }
  if (stat !== undefined && has(stat.mode, GO_DEVICES))
    throw new CommandError(`destination "${container}:${path}" must be a directory or a regular file: got a device`);
  if (stat === undefined) return { path: place, type: "nothing" };
  return { path: place, type: has(stat.mode, GO_DIRECTORY) ? "directory" : "file" };
}

/** Told how far it is only on a terminal, unless the user says otherwise. */
function isQuiet({ context, flags }: Invocation): boolean {
  return flags.has("quiet") ? flags.boolean("quiet") : !context.stdout.isTerminal;
}

/** A real Docker, by its command: `DOCKER_HOST` and `PATH` say which. */
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { streamOf } from "../../base/streams.ts";
import { type BuildCase, type CaseFiles, tagOf } from "./build-case.ts";
import { writeCase } from "./context-files.ts";
import { type RecordedBuild, type Told, toRecord, withoutMarks } from "./recorded-build.ts";
import { readSavedImage } from "./saved-image.ts";

/**
 * The images are for i386, as the guest is: the real one is asked for that platform, so that nothing but `BUILDPLATFORM` and its parts tells
 * the machines apart.
 */
const PLATFORM = "linux/386";

/** Builds a case, without the cache and then with it. */
export async function buildWithDocker(build: BuildCase): Promise<RecordedBuild> {
  const directory = mkdtempSync(join(tmpdir(), "drydock-case-"));
  try {
    for (const [tag, before] of Object.entries(build.before ?? {})) {
      const context = await contextOf(join(directory, tag.replace(/\W/g, "-")), before.dockerfile, before.files ?? {});
      const { code, stderr } = await docker(["buildx", "build", "--platform", PLATFORM, "-t", tag, context]);
      if (code !== 0) throw new Error(stderr);
    }
    const args = await argumentsOf(build, directory);
    const first = toRecord(await follow(["--no-cache", ...args]));
    if (first.error !== undefined) return first;
    const second = toRecord(await follow(args));
    const { stdout } = await docker(["save", tagOf(build)]);
    const { diffIds: _, ...image } = await readSavedImage(streamOf(stdout));
    return { ...image, ...first, steps: withoutMarks(first.steps), again: second.steps };
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** Loads an archive and runs its image. @returns what the container wrote */
export async function loadAndRun(archive: Uint8Array, image: string, command: readonly string[]): Promise<string> {
  const loaded = await docker(["load"], archive);
  if (loaded.code !== 0) throw new Error(loaded.stderr);
  const { code, stdout, stderr } = await docker(["run", "--rm", image, ...command]);
  await docker(["rmi", image]);
  return `${stdout.toString()}${stderr}${code === 0 ? "" : `(exit code ${code})`}`;
}

async function contextOf(
  directory: string,
  dockerfile: string,
  files: CaseFiles,
  name = "Dockerfile",
): Promise<string> {
  mkdirSync(directory, { recursive: true });
  await writeCase({ ...files, [name]: dockerfile }, directory);
  return directory;
}

async function argumentsOf({ options = {}, ...build }: BuildCase, directory: string): Promise<readonly string[]> {
  const { file, target, buildArgs = {}, labels = {}, secrets = {}, contexts = {}, network, extraHosts = [] } = options;
  const context = await contextOf(join(directory, "context"), build.dockerfile, build.files ?? {}, file);
  const named: string[] = [];
  for (const [name, place] of Object.entries(contexts)) {
    const at = join(directory, `named-${name.replace(/\W/g, "-")}`);
    if (typeof place !== "string") mkdirSync(at);
    if (typeof place !== "string") await writeCase(place, at);
    named.push("--build-context", `${name}=${typeof place === "string" ? place : at}`);
  }
  const hidden = Object.entries(secrets).flatMap(([id, value]) => {
    const path = join(directory, `secret-${id}`);
    writeFileSync(path, value);
    return ["--secret", `id=${id},src=${path}`];
  });
  return [
    "-t",
    tagOf({ ...build }),
    "--platform",
    PLATFORM,
    ...(file === undefined ? [] : ["-f", join(context, file)]),
    ...(target === undefined ? [] : ["--target", target]),
    ...(network === undefined ? [] : ["--network", network]),
    ...Object.entries(buildArgs).flatMap(([name, value]) => ["--build-arg", `${name}=${value}`]),
    ...Object.entries(labels).flatMap(([name, value]) => ["--label", `${name}=${value}`]),
    ...extraHosts.flatMap((host) => ["--add-host", host]),
    ...named,
    ...hidden,
    context,
  ];
}

interface RawStatus {
  readonly vertexes?: readonly {
    readonly digest: string;
    readonly name: string;
    readonly cached?: boolean;
    readonly error?: string;
  }[];
  readonly warnings?: readonly { readonly short: string }[];
  readonly logs?: readonly { readonly vertex: string; readonly stream: number; readonly data: string }[];
}

async function follow(args: readonly string[]): Promise<Told> {
  const { code, stderr } = await docker(["buildx", "build", "--progress=rawjson", ...args]);
  const vertexes = new Map<string, { name: string; cached: boolean; error: string }>();
  const warnings: string[] = [];
  const logs: { vertex: string; stream: number; text: string }[] = [];
  const rest: string[] = [];
  for (const line of stderr.split("\n")) {
    if (!line.startsWith("{")) rest.push(line);
    const status = line.startsWith("{") ? (JSON.parse(line) as RawStatus) : {};
    for (const { digest, name, cached = false, error = "" } of status.vertexes ?? []) {
      const known = vertexes.get(digest);
      vertexes.set(digest, { name, cached: cached || known?.cached === true, error: error || (known?.error ?? "") });
    }
    for (const { short } of status.warnings ?? []) warnings.push(text(short));
    for (const { vertex, stream, data } of status.logs ?? []) logs.push({ vertex, stream, text: text(data) });
  }
  const error = /ERROR: (?:failed to build: )?(?:failed to solve: )?([^]*?)\s*$/.exec(rest.join("\n"))?.[1];
  return { vertexes, warnings, logs, ...(code !== 0 && { error: error ?? rest.join("\n") }) };
}

function text(base64: string): string {
  return Buffer.from(base64, "base64").toString();
}

async function docker(
  args: readonly string[],
  input?: Uint8Array,
): Promise<{ readonly code: number; readonly stdout: Buffer; readonly stderr: string }> {
  const child = spawn("docker", [...args], { stdio: ["pipe", "pipe", "pipe"] });
  // One that ends early does not read all of it; its code tells.
  child.stdin.on("error", () => undefined).end(input);
  const ended = new Promise<number>((resolve, reject) =>
    child.on("close", (status) => resolve(status ?? -1)).on("error", reject),
  );
  const [code, stdout, stderr] = await Promise.all([ended, buffer(child.stdout), buffer(child.stderr)]);
  return { code, stdout, stderr: stderr.toString() };
}

/** Whether there is one, with BuildKit: elsewhere only what it said is compared. */
export async function isDockerHere(): Promise<boolean> {
  try {
    const { code, stdout } = await docker(["version", "--format", "{{.Server.Os}}"]);
    return code === 0 && stdout.toString().trim() === "linux";
  } catch {
    return false;
  }
}

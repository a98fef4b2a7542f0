/**
 * Asks a real Docker (with BuildKit) what the cases of `copy-cases.ts` give and writes it down for the tests.
 *
 *   DOCKER_HOST=unix://… node --import tsx engine/build/files/record-copies.ts [TEXT IN A STEP …]
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { streamOf } from "../../base/streams.ts";
import { receiveContext } from "../context/receive-context.ts";
import { basePieces, CASES, contextTar, type CopyCase, sourcePieces, tarOf, TIME } from "./copy-cases.ts";
import { listTree } from "./tree-listing.ts";

const RESULTS = join(import.meta.dirname, "testdata", "copies.json");
const NAME = "drydock-copies";

type Result = Record<string, string> | { readonly error: string };

function docker(args: readonly string[], input?: Uint8Array): { readonly output: Buffer; readonly text: string } {
  const run = spawnSync("docker", args, { input, maxBuffer: 1 << 28 });
  if (run.error) throw run.error;
  return { output: run.stdout, text: run.stderr.toString() };
}

async function record(
  { steps, workingDirectory = "" }: CopyCase,
  context: string,
  base: readonly string[],
): Promise<Result> {
  // Of the config only: the instruction would make the directory.
  if (workingDirectory !== "") docker(["import", "-c", `WORKDIR ${workingDirectory}`, "-", `${NAME}:dir`], tarBase);
  const below = workingDirectory === "" ? "base" : "dir";
  const dockerfile = join(context, "..", "Dockerfile");
  writeFileSync(dockerfile, `FROM ${NAME}:src AS src\nFROM ${NAME}:${below}\n${steps.join("\n")}\n`);
  const { output, text: log } = docker([
    "buildx",
    "build",
    "-q",
    "--no-cache",
    "-f",
    dockerfile,
    "-o",
    "type=tar,dest=-",
    context,
  ]);
  const error = /^ERROR: (?:failed to build: )?(?:failed to solve: )?(.*)$/m.exec(log)?.[1];
  if (error !== undefined) return { error };
  await using tree = await receiveContext(streamOf(new Uint8Array(output)), { owners: "keep" });
  const listing = await listTree(tree.files);
  const changes: Record<string, string> = {};
  const before = new Map(base.map((line) => JSON.parse(line) as [string, string]));
  for (const [path, line] of Object.entries(listing)) {
    const masked = line.replace(/@(\d+)/, (time, seconds) => (Number(seconds) > TIME + 1e6 ? "@made" : time));
    if (before.get(path) !== masked) changes[path] = masked;
    before.delete(path);
  }
  for (const path of before.keys()) changes[path] = "gone";
  return changes;
}

const tarBase = await tarOf(basePieces());
docker(["import", "-", `${NAME}:base`], tarBase);
docker(["import", "-", `${NAME}:src`], await tarOf(sourcePieces()));
const directory = mkdtempSync(join(tmpdir(), "copies-"));
const context = join(directory, "context");
mkdirSync(context);
const unpacked = spawnSync("tar", ["-xpf", "-", "-C", context], { input: await contextTar() });
if (unpacked.status !== 0) throw new Error(unpacked.stderr.toString());
// tar leaves symlinks the time of their making.
spawnSync("find", [context, "-type", "l", "-exec", "touch", "-h", "-d", `@${TIME}`, "{}", "+"]);
await using baseTree = await receiveContext(streamOf(tarBase), { owners: "keep" });
const base = Object.entries(await listTree(baseTree.files)).map((pair) => JSON.stringify(pair));
const wanted = process.argv.slice(2);
const results = JSON.parse(readFileSync(RESULTS, { encoding: "utf8", flag: "a+" }) || "{}") as Record<string, Result>;
const names = new Set<string>();
for (const step of CASES) {
  const name = [...(step.workingDirectory ? [`WORKDIR ${step.workingDirectory}`] : []), ...step.steps].join("\n");
  names.add(name);
  if (wanted.length > 0 && !wanted.some((text) => name.includes(text))) continue;
  results[name] = await record(step, context, base);
  console.log(name.split("\n")[0], JSON.stringify(results[name]).slice(0, 150));
}
for (const name of Object.keys(results)) if (!names.has(name)) delete results[name];
writeFileSync(RESULTS, `${JSON.stringify(results, undefined, 1)}\n`);
rmSync(directory, { recursive: true });

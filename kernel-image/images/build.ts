/**
 * `npm run images`: makes the images of the page's own registry in `public/v2/`.
 *
 * ```text
 * npm run images                    everything whose recipe changed or whose files are missing
 * npm run images -- busybox …       only these
 * npm run images -- --force …       even when nothing changed
 * npm run images -- --check         changes nothing; fails when a committed image is missing, altered or older than its recipe
 * npm run images -- --if-possible   leaves the committed images alone, and says in one line what is missing to make the others
 * ```
 */
import { existsSync } from "node:fs";
import { mkdir, readFile, stat, writeFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { parseArgs } from "node:util";
import { busybox } from "./busybox/recipe.ts";
import { CACHE_DIRECTORY } from "./debian-packages.ts";
import { debian } from "./debian/recipe.ts";
import { helloWorld } from "./hello-world/recipe.ts";
import { writeCatalog } from "./catalog.ts";
import { type Artifact, writeImage } from "./image-writer.ts";
import { nginx } from "./nginx/recipe.ts";
import { IMAGES_DIRECTORY, type Recipe, recipeHash } from "./recipe.ts";
import { sha256 } from "./tree.ts";

const RECIPES: readonly Recipe[] = [helloWorld, busybox, debian, nginx];

const ROOT = join(IMAGES_DIRECTORY, "../..");
const V2 = join(ROOT, "public/v2");
/** Committed images are described in git, generated ones in the cache. */
const COMMITTED = join(IMAGES_DIRECTORY, "artifacts.json");
const GENERATED = join(CACHE_DIRECTORY, "artifacts.json");

const artifactsFile = (recipe: Recipe): string => (recipe.committed ? COMMITTED : GENERATED);

async function readArtifacts(file: string): Promise<Record<string, Artifact>> {
  const text = await readFile(file, "utf8").catch(() => "{}");
  return JSON.parse(text) as Record<string, Artifact>;
}

async function saveArtifact(recipe: Recipe, artifact: Artifact): Promise<void> {
  const file = artifactsFile(recipe);
  const artifacts = { ...(await readArtifacts(file)), [recipe.repository]: artifact };
  await mkdir(dirname(file), { recursive: true });
  const sorted = Object.fromEntries(Object.entries(artifacts).toSorted(([a], [b]) => (a < b ? -1 : 1)));
  await writeFile(file, `${JSON.stringify(sorted, undefined, 2)}\n`);
}

/** Why the files do not belong to the recipe, or undefined. With `hash`, contents are read. */
async function problemOf(recipe: Recipe, hash: boolean): Promise<string | undefined> {
  const artifact = (await readArtifacts(artifactsFile(recipe)))[recipe.repository];
  if (!artifact) return "was never built";
  if (artifact.recipe !== (await recipeHash(recipe))) return "the recipe changed";
  for (const [path, expected] of Object.entries(artifact.files)) {
    const file = join(V2, recipe.repository, path);
    const found = await stat(file).catch(() => undefined);
    if (found?.size !== expected.sizeBytes) return `${relative(ROOT, file)} is missing or cut off`;
    if (hash && sha256(await readFile(file)) !== expected.sha256) return `${relative(ROOT, file)} was altered`;
  }
  return undefined;
}

async function check(recipes: readonly Recipe[]): Promise<void> {
  for (const recipe of recipes.filter(({ committed }) => committed)) {
    const problem = await problemOf(recipe, true);
    if (problem === undefined) continue;
    console.error(`${recipe.repository}: ${problem}; run \`npm run images\` and commit the result`);
    process.exitCode = 1;
  }
}

async function buildOne(recipe: Recipe): Promise<void> {
  const started = performance.now();
  const image = await recipe.build();
  const files = await writeImage(V2, recipe, image);
  const { packages, licence } = image;
  await saveArtifact(recipe, { recipe: await recipeHash(recipe), packages, licence, files });
  const sizeBytes = Object.entries(files).reduce(
    (sum, [path, file]) => sum + (path.startsWith("blobs/") ? file.sizeBytes : 0),
    0,
  );
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  console.log(`${recipe.repository}: ${(sizeBytes / 1e6).toFixed(sizeBytes < 1e5 ? 3 : 1)} MB in ${seconds} s`);
}

/** One image that cannot be made (no network, a missing tool) does not keep the others from being made. */
async function build(recipes: readonly Recipe[], force: boolean): Promise<void> {
  await mkdir(V2, { recursive: true });
  for (const recipe of recipes) {
    const problem = force ? "asked for" : await problemOf(recipe, false);
    if (problem === undefined) continue;
    console.log(`${recipe.repository}: building (${problem})`);
    try {
      await buildOne(recipe);
    } catch (error) {
      console.error(`${recipe.repository}: ${error instanceof Error ? error.message : String(error)}`);
      process.exitCode = 1;
    }
  }
  await writeCatalog(V2);
}

/** What this machine lacks to make images of Debian packages, or undefined. */
function missingTool(): string | undefined {
  const has = (tool: string): boolean =>
    (process.env["PATH"] ?? "").split(":").some((directory) => existsSync(join(directory, tool)));
  const tool = ["apt-get", "dpkg-deb", "mmdebstrap", "arch-test", "unshare"].find((name) => !has(name));
  if (tool !== undefined) return `needs ${tool}`;
  return process.getuid?.() === 0 ? undefined : "needs root";
}

async function buildWhatIsPossible(recipes: readonly Recipe[]): Promise<void> {
  const generated = recipes.filter(({ committed }) => !committed);
  const missing = missingTool();
  if (missing === undefined) return await build(generated, false);
  for (const recipe of generated) {
    if ((await problemOf(recipe, false)) === undefined) continue;
    console.error(`${recipe.repository}: ${missing}`);
    process.exitCode = 1;
  }
  await writeCatalog(V2);
}

const flag = { type: "boolean", default: false } as const;
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { check: flag, force: flag, "if-possible": flag },
});
const named = (name: string): Recipe => {
  const recipe = RECIPES.find(({ repository }) => repository === name || repository === `library/${name}`);
  if (!recipe)
    throw new Error(`no recipe for ${name}; there are ${RECIPES.map(({ repository }) => repository).join(", ")}`);
  return recipe;
};
const selected = positionals.length > 0 ? positionals.map(named) : RECIPES;
if (values.check) await check(selected);
else if (values["if-possible"]) await buildWhatIsPossible(selected);
else await build(selected, values.force);

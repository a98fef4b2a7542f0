// Writes public/guest/manifest.json: what each committed artifact is, byte for
// byte, and the recipe and Debian packages it came from.
//
//   node kernel-image/build/manifest.mjs            after a build
//   node kernel-image/build/manifest.mjs --check    fails when recipe or artifact changed without the other
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

const image = dirname(dirname(fileURLToPath(import.meta.url)));
const root = dirname(image);
const out = join(root, "public/guest");
const manifestPath = join(out, "manifest.json");

/** Files and folders under kernel-image/ that decide an artifact's bytes. */
const common = ["build/lib.sh", "build/toolchain.sh", "build/in-toolchain.sh"];
const agent = ["agent/Makefile", "agent/src"];
const recipes = {
  bzImage: [...common, "kernel/build.sh", "kernel/drydock.config", "kernel/cpuset-up.c"],
  "bios.bin": ["build/firmware.sh"],
  "vgabios.bin": ["build/firmware.sh"],
  "initramfs.cpio.gz": [...common, ...agent, "build/initramfs.sh"],
  "rootfs.tar.gz": [...common, "agent/Makefile", "agent/stub", "rootfs"],
  "rootfs-nft.tar.gz": ["build/lib.sh", "rootfs/build.sh", "rootfs/packages.txt"],
};

const licences =
  "The artifacts contain GPL, LGPL, MIT, BSD and Apache licensed programs built from, or taken from, the Debian " +
  "packages listed here. The corresponding source of each is the Debian source package of that exact version " +
  "(apt-get source NAME=VERSION, or the Debian snapshot archive); kernel-image/ holds every script and configuration used.";

const sha256 = (bytes) => createHash("sha256").update(bytes).digest("hex");

/** All files below a path, sorted, documents and editor leftovers left out. */
function filesBelow(path) {
  if (!statSync(path).isDirectory()) return [path];
  return readdirSync(path)
    .sort()
    .flatMap((name) => filesBelow(join(path, name)))
    .filter((file) => !/\.md$|~$/.test(file));
}

function recipeOf(paths) {
  const hash = createHash("sha256");
  const files = paths.flatMap((path) => {
    if (!existsSync(join(image, path))) fail([`kernel-image/${path} is part of a recipe and does not exist`]);
    return filesBelow(join(image, path));
  });
  for (const file of [...new Set(files)].sort()) {
    hash.update(`${relative(image, file)}\0${sha256(readFileSync(file))}\n`);
  }
  return hash.digest("hex");
}

function fail(lines) {
  for (const line of lines) console.error(`manifest: ${line}`);
  process.exit(1);
}

/** "source linux 6.12-1" lines that the build steps left in .cache/used/. */
function packagesUsed() {
  const used = join(root, ".cache/used");
  if (!existsSync(used)) fail(["no .cache/used: nothing was built on this machine; run `npm run kernel-image`"]);
  const packages = { source: {}, binary: {}, toolchain: {} };
  for (const step of readdirSync(used).sort()) {
    for (const line of readFileSync(join(used, step), "utf8").trim().split("\n")) {
      const [kind, name, version] = line.split(" ");
      packages[kind][name] = version;
    }
  }
  const sorted = (table) => Object.fromEntries(Object.entries(table).sort(([a], [b]) => (a < b ? -1 : 1)));
  return Object.fromEntries(Object.entries(packages).map(([kind, table]) => [kind, sorted(table)]));
}

function write() {
  const artifacts = {};
  for (const [name, paths] of Object.entries(recipes)) {
    const path = join(out, name);
    if (!existsSync(path)) fail([`public/guest/${name} is missing; run \`npm run kernel-image\``]);
    const bytes = readFileSync(path);
    artifacts[name] = { sha256: sha256(bytes), size: bytes.length, recipe: recipeOf(paths) };
  }
  const recipe = sha256(
    Object.values(artifacts)
      .map((artifact) => artifact.recipe)
      .join("\n"),
  );
  const manifest = { artifacts, recipe, packages: packagesUsed(), licences };
  writeFileSync(manifestPath, `${JSON.stringify(manifest, null, 2)}\n`);
  const total = Object.values(artifacts).reduce((sum, { size }) => sum + size, 0);
  console.log(`manifest: ${Object.keys(artifacts).length} artifacts, ${(total / 1e6).toFixed(2)} MB`);
}

function check() {
  if (!existsSync(manifestPath)) fail(["public/guest/manifest.json is missing; run `npm run kernel-image`"]);
  const manifest = JSON.parse(readFileSync(manifestPath, "utf8"));
  const problems = [];
  for (const [name, paths] of Object.entries(recipes)) {
    const entry = manifest.artifacts[name];
    const path = join(out, name);
    if (!entry || !existsSync(path)) {
      problems.push(`public/guest/${name} is missing or not in the manifest`);
      continue;
    }
    if (sha256(readFileSync(path)) !== entry.sha256) {
      problems.push(`public/guest/${name} is not the file the manifest describes`);
    }
    if (recipeOf(paths) !== entry.recipe) {
      problems.push(`public/guest/${name} is older than its recipe: kernel-image/{${paths.join(",")}}`);
    }
  }
  if (problems.length > 0) {
    fail([...problems, "run `npm run kernel-image` and commit public/guest/ together with the recipe"]);
  }
  console.log("manifest: recipe and artifacts agree");
}

if (process.argv.includes("--check")) check();
else write();

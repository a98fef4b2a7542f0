/**
 * Brings a fresh clone to where every other script can run: npm packages, Debian's Chromium (tests only), the boot snapshot and the
 * image library. Each step is skipped when its result is up to date. `--quiet` says nothing when nothing is to do.
 *
 *   node scripts/prepare.mjs [--quiet] [--browser] [--clients] [--images] [--no-snapshot]
 */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { bin, has, root, run } from "./run.mjs";

const flags = new Set(process.argv.slice(2));
const stamps = join(root, ".cache");

/** @param {string} message */
function say(message) {
  console.error(`drydock: ${message}`);
}

/** @param {string} message @returns {never} */
function fail(message) {
  say(message);
  process.exit(1);
}

/**
 * Installs what package-lock.json says, once for each of its versions. Not with `npm ci`: it refuses a lock file without the optional packages
 * of foreign platforms, and a mirror need not have those.
 */
async function packages() {
  const lock = createHash("sha256")
    .update(readFileSync(join(root, "package-lock.json")))
    .digest("hex");
  const stamp = join(root, "node_modules", ".drydock-lock");
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === lock) return;
  say("installing npm packages …");
  if (
    (await run("npm", ["install", "--no-save", "--no-audit", "--no-fund", "--loglevel=error"], {
      stdio: ["ignore", 2, 2],
    })) !== 0
  ) {
    fail("npm install failed: see above.");
  }
  writeFileSync(stamp, lock);
}

/** Chromium for the tests: one that is there, or Debian's. */
async function browser() {
  if (process.env.CHROMIUM || ["chromium", "chromium-browser", "google-chrome"].some(has)) return;
  if (!has("apt-get") || process.getuid?.() !== 0) {
    fail("the tests need Chromium: install it (Debian: `apt-get install chromium`) or set CHROMIUM to its path.");
  }
  if (!(await aptInstall("chromium"))) fail("apt-get install chromium failed: see above.");
}

/** docker-compose, a client that the engine is tested with. Without it those tests are skipped. */
async function clients() {
  if (!has("docker-compose") && has("apt-get") && process.getuid?.() === 0) await aptInstall("docker-compose");
}

/** Installs Debian packages where that may be done. @param {string[]} names @returns {Promise<boolean>} */
async function aptInstall(...names) {
  say(`installing Debian's ${names.join(", ")} …`);
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  /** @type {import("node:child_process").SpawnOptions} */
  const quiet = { stdio: ["ignore", 2, 2], env };
  await run("apt-get", ["update", "-qq"], quiet);
  return (await run("apt-get", ["install", "-y", "-qq", "--no-install-recommends", ...names], quiet)) === 0;
}

/** The boot snapshot: made by booting the guest once under Node. The maker itself knows when the one on disk still fits. */
async function snapshot() {
  const code = await run(process.execPath, ["--import", "tsx", "engine/node/make-snapshot.ts", "--if-stale"], {
    stdio: ["ignore", 2, 2],
  });
  if (code !== 0)
    fail("making the boot snapshot failed: see above. (The page works without: it boots the kernel instead.)");
}

/** The larger images. Without root or Debian's tools the page works with the two committed ones. */
async function images() {
  // mmdebstrap asks arch-test whether this kernel runs i386 programs, and gives up where that is not installed.
  const lacking = ["mmdebstrap", "arch-test"].filter((name) => !has(name));
  if (lacking.length > 0 && has("apt-get") && process.getuid?.() === 0) await aptInstall(...lacking);
  const code = await run(process.execPath, ["--import", "tsx", "kernel-image/images/build.ts", "--if-possible"], {
    stdio: ["ignore", 2, 2],
  });
  if (code !== 0)
    say("the image library is incomplete: hello-world and busybox work, others may be missing (see above).");
}

mkdirSync(stamps, { recursive: true });
await packages();
if (!existsSync(bin("vite"))) fail("node_modules is incomplete: remove it and try again.");
if (flags.has("--browser")) await browser();
if (flags.has("--clients")) await clients();
if (flags.has("--images")) await images();
if (!flags.has("--no-snapshot")) await snapshot();

/** Small helpers for the scripts in this folder. Only Node's own modules: they run before anything is installed. */
import { spawn, spawnSync } from "node:child_process";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The project's root folder. */
export const root = join(dirname(fileURLToPath(import.meta.url)), "..");

/** A program from node_modules/.bin. @param {string} name */
export const bin = (name) => join(root, "node_modules", ".bin", name);

/**
 * Runs a program with our terminal; resolves with its exit code.
 * @param {string} command
 * @param {readonly string[]} [args]
 * @param {import("node:child_process").SpawnOptions} [options]
 * @returns {Promise<number>}
 */
export function run(command, args = [], options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: root, stdio: "inherit", ...options });
    child.on("error", reject);
    child.on("exit", (code, signal) => resolve(code ?? (signal ? 1 : 0)));
  });
}

/**
 * As {@link run}, but a failure ends this script with the same code.
 * @param {string} title
 * @param {string} command
 * @param {readonly string[]} [args]
 */
export async function step(title, command, args = []) {
  const started = performance.now();
  console.log(`\n▸ ${title}`);
  const code = await run(command, args);
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  if (code !== 0) {
    console.error(`✗ ${title} failed after ${seconds} s (exit ${code})`);
    process.exit(code);
  }
  console.log(`✓ ${title} (${seconds} s)`);
}

/** True when a program is on the PATH. @param {string} name */
export function has(name) {
  return spawnSync("sh", ["-c", `command -v ${name}`], { stdio: "ignore" }).status === 0;
}

/**
 * `npm test`: installs what is missing, then checks, unit, element, guest and browser tests.
 *   npm test -- unit guest     only these projects, without the checks
 */
import { bin, run, step } from "./run.mjs";

const only = process.argv.slice(2);
const prepared = await run(process.execPath, ["scripts/prepare.mjs", "--browser", "--clients", "--images"]);
if (prepared !== 0) process.exit(prepared);

if (only.length === 0) {
  await step("checks", process.execPath, ["scripts/check.mjs"]);
  await step("agent", "make", ["-s", "-C", "kernel-image/agent", "NATIVE=1", "test"]);
}
const projects = only.length > 0 ? only : ["unit", "element", "guest", "e2e"];
if (projects.some((name) => name === "e2e" || name === "element"))
  await step("build", bin("vite"), ["build", "--logLevel", "error"]);
// Projects that boot a machine run one file at a time: two cores, and timings that mean something.
const quick = projects.filter((name) => name === "unit" || name === "element");
const heavy = projects.filter((name) => name === "guest" || name === "e2e");
if (quick.length > 0)
  await step(quick.join(", "), bin("vitest"), ["run", ...quick.flatMap((name) => ["--project", name])]);
if (heavy.length > 0) {
  await step(heavy.join(", "), bin("vitest"), [
    "run",
    "--no-file-parallelism",
    ...heavy.flatMap((name) => ["--project", name]),
  ]);
}

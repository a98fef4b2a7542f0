/** `npm run check`: everything that can be said of the code without running it. */
import { bin, run, step } from "./run.mjs";

const prepared = await run(process.execPath, ["scripts/prepare.mjs", "--quiet", "--no-snapshot"]);
if (prepared !== 0) process.exit(prepared);
await step("format", bin("oxfmt"), ["--check", "."]);
for (const project of ["engine", "web", "scripts"]) await step(`types of ${project}/`, bin("tsc"), ["-p", project]);
await step("lint", bin("oxlint"), ["--type-aware", "--deny-warnings"]);
await step("layers", process.execPath, ["--import", "tsx", "scripts/check-layers.ts"]);
await step("dead code", bin("knip"), []);
await step("committed artifacts", process.execPath, ["kernel-image/build/manifest.mjs", "--check"]);

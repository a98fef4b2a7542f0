/** `npm run build`: the static site in dist/, with the boot snapshot and the image library. Works from any static host and sub-path. */
import { bin, run, step } from "./run.mjs";

const prepared = await run(process.execPath, ["scripts/prepare.mjs", "--images"]);
if (prepared !== 0) process.exit(prepared);
await step("build", bin("vite"), ["build"]);

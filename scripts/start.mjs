/** `npm start`: prepares what is missing, builds the site, serves it on http://localhost:5173. */
import { bin, root, run } from "./run.mjs";

const prepared = await run(process.execPath, ["scripts/prepare.mjs", "--images"]);
if (prepared !== 0) process.exit(prepared);
const built = await run(bin("vite"), ["build", "--logLevel", "error"]);
if (built !== 0) process.exit(built);
process.chdir(root);
process.exit(await run(process.execPath, ["scripts/serve.mjs", ...process.argv.slice(2)]));

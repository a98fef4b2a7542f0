/** `npm run bench`: the rows of the benchmark, as a table, or as JSON with `-- --json`. `-- engine` or `-- web` runs one half. */
import { spawnSync } from "node:child_process";
import { bin, root, run } from "./run.mjs";

const prepared = await run(process.execPath, ["scripts/prepare.mjs", "--quiet", "--browser", "--images"]);
if (prepared !== 0) process.exit(prepared);
const built = await run(bin("vite"), ["build", "--logLevel", "error"], { stdio: ["ignore", 2, 2] });
if (built !== 0) process.exit(built);

const flags = process.argv.slice(2).filter((argument) => argument.startsWith("--"));
const named = process.argv.slice(2).filter((argument) => !argument.startsWith("--"));
const rows = (named.length > 0 ? named : ["engine", "web"]).flatMap((half) => {
  const result = tsx([`${half}/bench/main.ts`], "");
  return JSON.parse(result);
});
process.stdout.write(tsx(["engine/bench/report.ts", ...flags], JSON.stringify(rows)));

/** @param {readonly string[]} args @param {string} input */
function tsx(args, input) {
  const { status, stdout } = spawnSync(process.execPath, ["--import", "tsx", ...args], {
    cwd: root,
    input,
    encoding: "utf8",
    maxBuffer: 64 << 20,
    stdio: ["pipe", "pipe", "inherit"],
  });
  if (status !== 0) process.exit(status ?? 1);
  return stdout;
}

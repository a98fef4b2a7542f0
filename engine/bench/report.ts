/** Reads rows as JSON from stdin; prints a table, or with `--json` the rows with their p50 and p90 and what machine it was. */
import { cpus } from "node:os";
import { text } from "node:stream/consumers";
import { formatTable, summary, type Row } from "./statistics.ts";

const rows = JSON.parse(await text(process.stdin)) as Row[];
if (process.argv.includes("--json")) {
  const machine = { node: process.version, cpu: cpus()[0]?.model ?? "unknown", cores: cpus().length };
  console.log(JSON.stringify({ machine, rows: rows.map((row) => ({ ...row, ...summary(row) })) }, undefined, 2));
} else {
  console.log(formatTable(rows));
}

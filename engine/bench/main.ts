/** Prints the benchmark's rows of the engine under Node as JSON. */
import { nodeRows } from "./node-rows.ts";

const rows = await nodeRows((text) => void process.stderr.write(`  ${text}\n`));
process.stdout.write(JSON.stringify(rows), () => process.exit(0));

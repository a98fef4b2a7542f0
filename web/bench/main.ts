/** Prints the benchmark's rows of the built page as JSON. */
import { browserRows } from "./browser-rows.ts";

const rows = await browserRows((text) => void process.stderr.write(`  ${text}\n`));
process.stdout.write(JSON.stringify(rows), () => process.exit(0));

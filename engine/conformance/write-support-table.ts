/** Writes `docs/engine-api.md`: what of Docker's Engine API there is. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { supportTable } from "../api/support-table.ts";

writeFileSync(join(import.meta.dirname, "../../docs/engine-api.md"), supportTable());

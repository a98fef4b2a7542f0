import type { LineRange } from "../dockerfile.ts";
import { quote } from "../go-text.ts";
import type { CheckReport } from "./check-report.ts";

/** A whole name, or one of its words: `API_KEY`, `github_token`. */
const SECRET = /(?:_|^)(?:apikey|auth|credentials?|key|password|pword|passwd|secret|token)(?:_|$)/i;
const HARMLESS = /(?:_|^)(?:public|file|version)(?:_|$)/i;

/** SecretsUsedInArgOrEnv. */
export function checkSecret(instruction: "ARG" | "ENV", name: string, range: LineRange, report: CheckReport): void {
  if (!SECRET.test(name) || HARMLESS.test(name)) return;
  report.add(
    "SecretsUsedInArgOrEnv",
    range,
    `Do not use ARG or ENV instructions for sensitive data (${instruction} ${quote(name)})`,
  );
}

import { EngineError } from "../base/errors.ts";

const RESTART_POLICIES = ["no", "always", "on-failure", "unless-stopped"];

/** Only names that Docker knows get past the wire. @throws EngineError invalid-argument */
export function checkRestartPolicy(name: string, maximumRetryCount: number): void {
  const problem = restartProblem(name, maximumRetryCount);
  if (problem !== undefined) throw new EngineError("invalid-argument", `invalid restart policy: ${problem}`);
}

function restartProblem(name: string, maximumRetryCount: number): string | undefined {
  if (!RESTART_POLICIES.includes(name)) {
    return `unknown policy '${name}'; use one of 'no', 'always', 'on-failure', or 'unless-stopped'`;
  }
  if (name !== "on-failure" && maximumRetryCount !== 0) {
    return `maximum retry count can only be used with 'on-failure'${maximumRetryCount < 0 ? " and cannot be negative" : ""}`;
  }
  return maximumRetryCount < 0 ? "maximum retry count cannot be negative" : undefined;
}

import { EngineError } from "../base/errors.ts";
import { ANONYMOUS_LABEL, type VolumeRequest } from "./volume.ts";

/** Moby's `volume/local`: two characters at least, no slash, no leading dot. */
const NAME = /^[a-zA-Z0-9][a-zA-Z0-9_.-]+$/;
const OPTIONS: readonly string[] = ["type", "o", "device", "size"];

/** Fills in a name and driver and checks the rest. @throws EngineError invalid-argument | not-found, in Docker's words */
export function checkVolumeRequest(request: VolumeRequest, createName: () => string): Required<VolumeRequest> {
  const isAnonymous = request.name === "";
  const name = isAnonymous ? createName() : request.name;
  const { labels = null, options = null } = request;
  const driver = request.driver || "local";
  if (driver !== "local") {
    throw new EngineError(
      "not-found",
      `create ${name}: error looking up volume plugin ${driver}: plugin "${driver}" not found`,
    );
  }
  const problem = nameProblem(name) ?? optionsProblem(options ?? {});
  if (problem !== undefined) throw new EngineError("invalid-argument", `create ${name}: ${problem}`);
  return { name, driver, options, labels: isAnonymous ? { ...labels, [ANONYMOUS_LABEL]: "" } : labels };
}

function nameProblem(name: string): string | undefined {
  if (name.length === 1) return "volume name is too short, names should be at least two alphanumeric characters";
  if (NAME.test(name)) return undefined;
  return `"${name}" includes invalid characters for a local volume name, only "[a-zA-Z0-9][a-zA-Z0-9_.-]" are allowed. If you intended to pass a host directory, use absolute path`;
}

function optionsProblem(options: Readonly<Record<string, string>>): string | undefined {
  const unknown = Object.keys(options).find((name) => !OPTIONS.includes(name));
  if (unknown !== undefined) return `invalid option: "${unknown}"`;
  // The guest's file systems have no project quotas.
  if ((options["size"] ?? "") !== "") return "quota size requested but no quota support";
  const given = ["type", "o", "device"].filter((name) => Object.hasOwn(options, name));
  const missing = ["device", "type"].find((name) => given.length > 0 && !given.includes(name));
  return missing === undefined ? undefined : `missing required option: "${missing}"`;
}

import { EngineError } from "../base/errors.ts";
import type { MountRequest } from "./container.ts";
import { mountProblem } from "./mount-request.ts";

/** A `-v`, and the options as they were written. */
export interface ParsedBind {
  readonly mode: string;
  readonly mount: MountRequest;
}

/** Words of which a mode may hold one each. */
const MODES: readonly (readonly string[])[] = [
  ["ro", "rw"],
  ["z", "Z"],
  ["private", "rprivate", "shared", "rshared", "slave", "rslave"],
  ["nocopy"],
  ["consistent", "cached", "delegated"],
];
const PROPAGATIONS = MODES[2] as readonly string[];

/** `source:destination[:options]`, or a destination alone. @throws EngineError internal: what Docker answers with 500 */
export function parseBind(text: string, volumeDriver: string): ParsedBind {
  const invalid = (reason = ""): EngineError =>
    new EngineError("internal", `invalid volume specification: '${text}'${reason}`);
  const parts = text.split(":");
  const [first = "", second = "", mode = ""] = parts;
  if (first === "" || parts.length > 3 || (parts.length === 2 && isMode(second))) throw invalid();
  checkMode(mode);
  const [source, target] = parts.length === 1 ? ["", first] : [first, second];
  const type = source.startsWith("/") ? "bind" : "volume";
  const words = mode.split(",");
  const propagation = words.find((word) => PROPAGATIONS.includes(word));
  const noCopy = words.includes("nocopy");
  const hasDriver = volumeDriver !== "" && type === "volume";
  const mount: MountRequest = {
    type,
    source,
    target,
    readOnly: words.includes("ro"),
    consistency: "",
    ...((hasDriver || noCopy) && {
      volume: {
        noCopy,
        labels: {},
        subpath: "",
        ...(hasDriver && { driver: { name: volumeDriver, options: {} } }),
      },
    }),
    // A missing source is made: that is what tells `-v` from `--mount`.
    ...((type === "bind" || propagation !== undefined) && {
      bind: {
        propagation: propagation ?? "",
        nonRecursive: false,
        createMountpoint: true,
        readOnlyNonRecursive: false,
        readOnlyForceRecursive: false,
      },
    }),
  };
  const problem = mountProblem(mount);
  // An anonymous volume may be read-only here.
  if (problem !== undefined && !(source === "" && problem.startsWith("must not set ReadOnly")))
    throw invalid(`: invalid mount config for type "${type}": ${problem}`);
  return { mode, mount };
}

/** @throws EngineError internal `invalid mode: x` */
function checkMode(mode: string): void {
  if (!isMode(mode)) throw new EngineError("internal", `invalid mode: ${mode}`);
}

/** Known words, no two of one kind. */
function isMode(mode: string): boolean {
  if (mode === "") return true;
  const kinds = mode.split(",").map((word) => MODES.findIndex((words) => words.includes(word)));
  return !kinds.includes(-1) && new Set(kinds).size === kinds.length;
}

/** `--volumes-from web:ro`. @throws EngineError invalid-argument, in Docker's words */
export function parseVolumesFrom(text: string): { readonly reference: string; readonly readOnly: boolean } {
  if (text === "") throw new EngineError("invalid-argument", "volumes-from specification cannot be an empty string");
  const colon = text.indexOf(":");
  const [reference, mode] = colon < 0 ? [text, "rw"] : [text.slice(0, colon), text.slice(colon + 1)];
  const words = mode.split(",");
  const isOdd = words.includes("nocopy") || words.some((word) => PROPAGATIONS.includes(word));
  if (!isMode(mode) || isOdd) throw new EngineError("invalid-argument", `invalid mode: ${mode}`);
  return { reference, readOnly: words.includes("ro") };
}

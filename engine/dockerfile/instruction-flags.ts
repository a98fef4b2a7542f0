/** `--name=value` behind an instruction's name: BuildKit's `instructions/bflag.go`. */
import { EngineError } from "../base/errors.ts";
import { didYouMean } from "./suggest.ts";

/** What a flag takes: nothing or a boolean, one value, or a value each time it is given. */
export type FlagKind = "boolean" | "text" | "list";
type FlagValue = { readonly boolean: boolean; readonly text: string; readonly list: readonly string[] };
type FlagValues<Kinds extends Readonly<Record<string, FlagKind>>> = {
  readonly [Name in keyof Kinds]?: FlagValue[Kinds[Name]];
};

/** Those that were given. @throws EngineError */
export function parseFlags<const Kinds extends Readonly<Record<string, FlagKind>>>(
  flags: readonly string[],
  kinds: Kinds,
): FlagValues<Kinds> {
  const values: Record<string, boolean | string | readonly string[]> = {};
  for (const flag of flags) {
    const equals = flag.indexOf("=");
    const given = equals < 0 ? flag : flag.slice(0, equals);
    const name = given.slice(2);
    const kind = Object.hasOwn(kinds, name) ? kinds[name] : undefined;
    if (kind === undefined) throw invalid(`unknown flag: ${given}${didYouMean(name, Object.keys(kinds))}`);
    const previous = values[name];
    if (previous !== undefined && kind !== "list") throw invalid(`duplicate flag specified: ${given}`);
    const value = equals < 0 ? undefined : flag.slice(equals + 1);
    if (kind === "boolean") values[name] = booleanOf(given, value);
    else if (value === undefined) throw invalid(`missing a value on flag: ${given}`);
    else values[name] = kind === "list" ? [...((previous as readonly string[] | undefined) ?? []), value] : value;
  }
  return values as FlagValues<Kinds>;
}

function booleanOf(flag: string, value: string | undefined): boolean {
  if (value === "") throw invalid(`missing a value on flag: ${flag}`);
  const text = value?.toLowerCase() ?? "true";
  if (text === "true" || text === "false") return text === "true";
  throw invalid(`expecting boolean value for flag ${flag}, not: ${value}`);
}

function invalid(message: string): EngineError {
  return new EngineError("invalid-argument", message);
}

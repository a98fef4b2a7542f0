import { parseBinarySize } from "../../wire/sizes.ts";
import { parseDecimal, parseFloatingPoint, parseGoBoolean, parseGoDuration, parseGoInteger } from "./go-values.ts";

/** A flag of a command, as its help shows it. */
export interface Flag {
  readonly name: string;
  readonly short?: string;
  readonly type: FlagType;
  readonly usage: string;
  /** What it is when the user says nothing, where that is not the type's zero value. */
  readonly default?: string;
  readonly hidden: boolean;
  /** It is another name for this flag. */
  readonly sets?: string;
  /** Its use is remarked upon. */
  readonly deprecated: boolean;
  /** Reads a value in place of the type. @throws Error with the reason, in Docker's words */
  readonly check?: (value: string) => string;
}

type FlagType = keyof typeof FLAG_TYPES;

interface FlagBehaviour {
  /** Several values are kept, not only the last. */
  readonly repeats: boolean;
  /** Normalises a value. @throws Error with the reason, in Go's words */
  readonly parse: (text: string) => string;
}

const asIs = (text: string): string => text;
const single = (parse: (text: string) => string): FlagBehaviour => ({ repeats: false, parse });
const repeated = (parse: (text: string) => string): FlagBehaviour => ({ repeats: true, parse });

/** The types that help texts name, with how their values are read. All values are kept as text. */
export const FLAG_TYPES = {
  bool: single((text) => String(parseGoBoolean(text))),
  string: single(asIs),
  int: single((text) => String(parseGoInteger(text))),
  uint: single((text) => String(parseGoInteger(text, { unsigned: true }))),
  uint16: single((text) => String(parseGoInteger(text, { unsigned: true, bits: 16 }))),
  uint32: single((text) => String(parseGoInteger(text, { unsigned: true, bits: 32 }))),
  decimal: single(parseDecimal),
  float: single(parseFloatingPoint),
  bytes: single((text) => String(parseBinarySize(text))),
  duration: single((text) => String(parseGoDuration(text))),
  list: repeated(asIs),
  /** As `list`, and a comma separates too. */
  strings: repeated(asIs),
  map: repeated(asIs),
  filter: repeated(parseFilter),
  mount: repeated(asIs),
  network: repeated(asIs),
  ulimit: repeated(asIs),
  "gpu-request": repeated(asIs),
  // Of commands whose flags go no further than here.
  command: single(asIs),
  config: repeated(asIs),
  "credential-spec": single(asIs),
  "external-ca": repeated(asIs),
  ipNetSlice: repeated(asIs),
  "node-addr": single(asIs),
  "pem-file": single(asIs),
  port: repeated(asIs),
  pref: repeated(asIs),
  secret: repeated(asIs),
  stringToString: repeated(asIs),
  stringArray: repeated(asIs),
} as const satisfies Record<string, FlagBehaviour>;

/** `name=value`; the name is lower-cased, both are trimmed. */
function parseFilter(text: string): string {
  if (text === "") return "";
  const equals = text.indexOf("=");
  if (equals < 0) throw new Error("bad format of filter (expected name=value)");
  return `${text.slice(0, equals).trim().toLowerCase()}=${text.slice(equals + 1).trim()}`;
}

const LINE = /^(!{1,2})? *(?:-(\w), )?--([\w-]+)(?: ([\w-]+))?(?: => ([\w-]+))? \|(?: (.*))?$/;
const DEFAULTS: Partial<Record<FlagType, RegExp>> = {
  bool: / \(default (true)\)$/,
  string: / \(default "([^"]*)"\)$/,
  int: / \(default (-?\d+)\)$/,
};

/**
 * Reads a table of flags, a line each: `-a, --attach list | what it does (default "x")`. A line that begins with `|` goes on with
 * the text above. One with `!` is not shown by help, with `!!` it is deprecated too; `--old int => new |` is another name for `--new`.
 * `checks` holds readers of values by flag name.
 */
export function defineFlags(table: string, checks: Readonly<Record<string, Flag["check"]>> = {}): readonly Flag[] {
  const flags: Flag[] = [];
  for (const line of table.split("\n").filter((text) => text.trim() !== "")) {
    const match = LINE.exec(line.trim());
    const last = flags.at(-1);
    if (match !== null) flags.push(toFlag(match, checks));
    else if (last && line.trim().startsWith("|"))
      flags[flags.length - 1] = { ...last, usage: `${last.usage}\n${line.trim().slice(2)}` };
    else throw new Error(`not a line of a flag table: ${line}`);
  }
  return flags.toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

function toFlag(
  [, mark = "", short, name = "", type = "bool", sets, text = ""]: RegExpExecArray,
  checks: Readonly<Record<string, Flag["check"]>>,
): Flag {
  if (!(type in FLAG_TYPES)) throw new Error(`flag --${name} has unknown type ${type}`);
  const found = DEFAULTS[type as FlagType]?.exec(text);
  const check = checks[sets ?? name];
  return {
    name,
    type: type as FlagType,
    usage: found ? text.slice(0, found.index) : text,
    hidden: mark !== "",
    deprecated: mark === "!!",
    ...(sets !== undefined && { sets }),
    ...(short !== undefined && { short }),
    ...(found?.[1] !== undefined && { default: found[1] }),
    ...(check && { check }),
  };
}

/** The flag as error messages name it: `-m, --memory` or `--rm`. */
export function flagLabel({ name, short }: Flag): string {
  return short === undefined ? `--${name}` : `-${short}, --${name}`;
}

import { EngineError } from "../base/errors.ts";

/**
 * Reads untrusted JSON as Docker's Go structs do: field names in any case, `null` and missing fields are the zero value, unknown
 * fields are ignored, a value of the wrong type is an error in the words of Go's `encoding/json`. `goType` is the Go type that the
 * words name.
 */
export interface Fields {
  /** True when the field is there and not null. */
  has(name: string): boolean;
  string(name: string): string;
  /** `uint16`, `uint` and `uint64` have their ranges. */
  integer(name: string, goType?: GoInteger): number;
  boolean(name: string): boolean;
  /** A list of strings; with `orString` a lone string counts as a list of one (Docker's `StrSlice`). `null` is undefined. */
  strings(name: string, options?: { orString?: boolean }): readonly string[] | undefined;
  stringMap(name: string): Readonly<Record<string, string>>;
  /** Entries of a JSON object, values unread. */
  entries(name: string, goType?: string): readonly (readonly [key: string, value: unknown])[];
  object(name: string, goType?: string): Fields | undefined;
  objects(name: string, goType?: string): readonly Fields[];
  /** The value as it came, undefined when missing. */
  raw(name: string): unknown;
}

type GoInteger = "int" | "int64" | "uint" | "uint16" | "uint64";

const LOWEST: Readonly<Record<GoInteger, number>> = { int: -Infinity, int64: -Infinity, uint: 0, uint16: 0, uint64: 0 };

/** @throws EngineError invalid-argument when `value` is not an object */
export function readFields(value: unknown, path = "", goType = "map[string]interface {}"): Fields {
  if (value === null || typeof value !== "object" || Array.isArray(value)) throw wrongType(value, path, goType);
  return new ObjectFields(value as Readonly<Record<string, unknown>>, path);
}

/** @throws EngineError invalid-argument, in Go's words as far as the place of the trouble tells */
export function parseJson(text: string): unknown {
  if (text.trim() === "") throw new EngineError("invalid-argument", "invalid JSON: got EOF while reading request body");
  if (isTooDeep(text)) throw new EngineError("invalid-argument", "invalid JSON: exceeded max depth");
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new EngineError("invalid-argument", syntaxError(text, (cause as Error).message), { cause });
  }
}

/** Go's `encoding/json`, maxNestingDepth: what walks a value may recurse. */
const MAX_DEPTH = 10_000;

function isTooDeep(text: string): boolean {
  if (text.length <= MAX_DEPTH) return false;
  let depth = 0;
  for (const [token] of text.matchAll(/"(?:[^"\\]|\\.)*"?|[[{}\]]/gs)) {
    if (token === "[" || token === "{") depth += 1;
    else if (token === "]" || token === "}") depth -= 1;
    if (depth > MAX_DEPTH) return true;
  }
  return false;
}

function syntaxError(text: string, message: string): string {
  if (message.includes("after JSON")) return "unexpected content after JSON";
  const position = Number(/position (\d+)/.exec(message)?.[1] ?? Number.NaN);
  const character = text[position] ?? /Unexpected token '?(.)/.exec(message)?.[1];
  if (message.includes("end of JSON") || character === undefined || position >= text.length)
    return "invalid JSON: unexpected EOF";
  const place = message.startsWith("Expected property name") ? "object key string" : "value";
  return `invalid JSON: invalid character '${character}' looking for beginning of ${place}`;
}

class ObjectFields implements Fields {
  readonly #object: Readonly<Record<string, unknown>>;
  readonly #path: string;
  #folded: ReadonlyMap<string, unknown> | undefined;

  constructor(object: Readonly<Record<string, unknown>>, path: string) {
    this.#object = object;
    this.#path = path;
  }

  raw(name: string): unknown {
    if (Object.hasOwn(this.#object, name)) return this.#object[name] ?? undefined;
    this.#folded ??= new Map(Object.entries(this.#object).map(([key, value]) => [key.toLowerCase(), value]));
    return this.#folded.get(name.toLowerCase()) ?? undefined;
  }

  has(name: string): boolean {
    return this.raw(name) !== undefined;
  }

  string(name: string): string {
    const value = this.raw(name) ?? "";
    if (typeof value !== "string") throw wrongType(value, this.#pathOf(name), "string");
    return value;
  }

  integer(name: string, goType: GoInteger = "int64"): number {
    const value = this.raw(name) ?? 0;
    if (typeof value !== "number") throw wrongType(value, this.#pathOf(name), goType);
    const inRange = value >= LOWEST[goType] && (goType !== "uint16" || value <= 0xffff);
    if (!Number.isInteger(value) || !inRange) throw wrongType(value, this.#pathOf(name), goType, `number ${value}`);
    return value;
  }

  boolean(name: string): boolean {
    const value = this.raw(name) ?? false;
    if (typeof value !== "boolean") throw wrongType(value, this.#pathOf(name), "bool");
    return value;
  }

  strings(name: string, options: { orString?: boolean } = {}): readonly string[] | undefined {
    const value = this.raw(name);
    if (value === undefined) return undefined;
    if (options.orString === true) return stringOrList(value);
    const list = this.#list(name, "[]string") as unknown[];
    return list.map((item, index) => {
      if (typeof item !== "string") throw wrongElement(item, `${this.#pathOf(name)}.${index}`, "string");
      return item;
    });
  }

  stringMap(name: string): Readonly<Record<string, string>> {
    return Object.fromEntries(
      this.entries(name, "map[string]string").map(([key, value]) => {
        if (typeof value !== "string") throw wrongType(value, `${this.#pathOf(name)}.${escapeKey(key)}`, "string");
        return [key, value];
      }),
    );
  }

  entries(name: string, goType = "map[string]struct {}"): readonly (readonly [key: string, value: unknown])[] {
    const value = this.raw(name) ?? {};
    if (typeof value !== "object" || Array.isArray(value)) throw wrongType(value, this.#pathOf(name), goType);
    return Object.entries(value);
  }

  object(name: string, goType = `container.${name}`): Fields | undefined {
    const value = this.raw(name);
    return value === undefined ? undefined : readFields(value, this.#pathOf(name), goType);
  }

  objects(name: string, goType = `[]container.${name}`): readonly Fields[] {
    const list = this.#list(name, goType);
    return list.map((item, index) =>
      readFields(item ?? {}, `${this.#pathOf(name)}.${index}`, goType.replace(/^\[\]\*?/, "")),
    );
  }

  #list(name: string, goType: string): readonly unknown[] {
    const value = this.raw(name) ?? [];
    if (!Array.isArray(value)) throw wrongType(value, this.#pathOf(name), goType);
    return value;
  }

  #pathOf(name: string): string {
    return this.#path === "" ? name : `${this.#path}.${name}`;
  }
}

/** Docker's `StrSlice` reads itself, so Go does not know the field. */
function stringOrList(value: unknown): readonly string[] {
  if (typeof value === "string") return [value];
  if (Array.isArray(value) && value.every((item) => typeof item === "string")) return value;
  throw wrongType(value, "", "string");
}

/** As in a JSON pointer. */
function escapeKey(key: string): string {
  return key.replaceAll("~", "~0").replaceAll("/", "~1");
}

function kindOf(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  return typeof value === "boolean" ? "bool" : typeof value;
}

/** What Go's `json.UnmarshalTypeError` says. `path`: `HostConfig.Memory`; the body itself when empty. */
export function wrongType(value: unknown, path: string, goType: string, what = kindOf(value)): EngineError {
  const target = path === "" ? "Go value" : `Go struct field .${path}`;
  return new EngineError(
    "invalid-argument",
    `invalid JSON: json: cannot unmarshal ${what} into ${target} of type ${goType}`,
  );
}

/** The same for an item of a list. */
export function wrongElement(value: unknown, path: string, goType: string, what = kindOf(value)): EngineError {
  return new EngineError(
    "invalid-argument",
    `invalid JSON: json: cannot unmarshal ${what} into .${path} of type ${goType}`,
  );
}

import { EngineError } from "../base/errors.ts";

/**
 * Reads untrusted JSON as Docker's Go structs do: field names in any case, `null` and missing fields are the zero value, unknown
 * fields are ignored, a value of the wrong type is an error that names the field.
 */
export interface Fields {
  /** True when the field is there and not null. */
  has(name: string): boolean;
  string(name: string): string;
  integer(name: string): number;
  boolean(name: string): boolean;
  /** A list of strings; with `orString` a lone string counts as a list of one (Docker's `StrSlice`). `null` is undefined. */
  strings(name: string, options?: { orString?: boolean }): readonly string[] | undefined;
  stringMap(name: string): Readonly<Record<string, string>>;
  /** Entries of a JSON object, values unread. */
  entries(name: string): readonly (readonly [key: string, value: unknown])[];
  object(name: string): Fields | undefined;
  objects(name: string): readonly Fields[];
  /** The value as it came, undefined when missing. */
  raw(name: string): unknown;
}

/** @throws EngineError invalid-argument when `value` is not an object */
export function readFields(value: unknown, path = ""): Fields {
  if (value === null || typeof value !== "object" || Array.isArray(value))
    throw wrongType(path || "the body", "an object");
  return new ObjectFields(value as Readonly<Record<string, unknown>>, path);
}

/** @throws EngineError invalid-argument */
export function parseJson(text: string): unknown {
  if (text.trim() === "") throw new EngineError("invalid-argument", "invalid JSON: got EOF while reading request body");
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new EngineError("invalid-argument", `invalid JSON: ${(cause as Error).message}`, { cause });
  }
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
    if (typeof value !== "string") throw wrongType(this.#pathOf(name), "a string");
    return value;
  }

  integer(name: string): number {
    const value = this.raw(name) ?? 0;
    if (typeof value !== "number" || !Number.isInteger(value)) throw wrongType(this.#pathOf(name), "an integer");
    return value;
  }

  boolean(name: string): boolean {
    const value = this.raw(name) ?? false;
    if (typeof value !== "boolean") throw wrongType(this.#pathOf(name), "a boolean");
    return value;
  }

  strings(name: string, options: { orString?: boolean } = {}): readonly string[] | undefined {
    const value = this.raw(name);
    if (value === undefined) return undefined;
    if (options.orString === true && typeof value === "string") return [value];
    if (!Array.isArray(value)) throw wrongType(this.#pathOf(name), "a list of strings");
    return value.map((item: unknown) => {
      if (typeof item !== "string") throw wrongType(this.#pathOf(name), "a list of strings");
      return item;
    });
  }

  stringMap(name: string): Readonly<Record<string, string>> {
    return Object.fromEntries(
      this.entries(name).map(([key, value]) => {
        if (typeof value !== "string") throw wrongType(`${this.#pathOf(name)}.${key}`, "a string");
        return [key, value];
      }),
    );
  }

  entries(name: string): readonly (readonly [key: string, value: unknown])[] {
    const value = this.raw(name) ?? {};
    if (typeof value !== "object" || Array.isArray(value)) throw wrongType(this.#pathOf(name), "an object");
    return Object.entries(value);
  }

  object(name: string): Fields | undefined {
    const value = this.raw(name);
    return value === undefined ? undefined : readFields(value, this.#pathOf(name));
  }

  objects(name: string): readonly Fields[] {
    const value = this.raw(name) ?? [];
    if (!Array.isArray(value)) throw wrongType(this.#pathOf(name), "a list");
    return value.map((item: unknown, index) => readFields(item, `${this.#pathOf(name)}[${index}]`));
  }

  #pathOf(name: string): string {
    return this.#path === "" ? name : `${this.#path}.${name}`;
  }
}

function wrongType(path: string, expected: string): EngineError {
  return new EngineError("invalid-argument", `invalid JSON: ${path} must be ${expected}`);
}

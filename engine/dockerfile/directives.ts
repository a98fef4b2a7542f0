/** Parser directives: `# escape=` and its like, which count only before anything else. BuildKit's `parser/directives.go`. */
import { EngineError } from "../base/errors.ts";
import type { CheckOptions } from "./dockerfile.ts";
import { quote, trimSpace } from "./go-text.ts";

/** One directive. */
export interface Directive {
  readonly name: "syntax" | "escape" | "check";
  readonly value: string;
}

const FORM = /^([a-zA-Z][a-zA-Z0-9]*)[\t\n\f\r ]*=[\t\n\f\r ]*([^\n]+)$/;
const NAMES: ReadonlySet<string> = new Set(["syntax", "escape", "check"]);

/** Takes the lines of a file one by one until one of them is no directive. */
export class DirectiveReader {
  #done = false;
  readonly #seen = new Set<string>();

  /** @param line without its indent and line end @throws EngineError when a directive is repeated */
  read(line: string): Directive | undefined {
    if (this.#done) return undefined;
    const directive = line.startsWith("#") ? parseDirective(line.slice(1)) : undefined;
    if (directive === undefined) {
      this.#done = true;
      return undefined;
    }
    if (this.#seen.has(directive.name))
      throw new EngineError("invalid-argument", `only one ${directive.name} parser directive can be used`);
    this.#seen.add(directive.name);
    return directive;
  }
}

/** @param comment what follows the `#` */
export function parseDirective(comment: string): Directive | undefined {
  const [, word = "", value = ""] = FORM.exec(trimSpace(comment)) ?? [];
  const name = word.toLowerCase();
  return NAMES.has(name) ? { name: name as Directive["name"], value } : undefined;
}

/** @throws EngineError for anything but the two characters that may be it */
export function parseEscape(value: string): "\\" | "`" {
  if (value === "\\" || value === "`") return value;
  throw new EngineError("invalid-argument", `invalid escape token '${value}' does not match \` or \\`);
}

/** Nothing is skipped, nothing experimental is wanted. */
export const DEFAULT_CHECK: CheckOptions = { skip: [], experimental: [], error: false };

const TRUE: ReadonlySet<string> = new Set(["1", "t", "T", "true", "TRUE", "True"]);
const FALSE: ReadonlySet<string> = new Set(["0", "f", "F", "false", "FALSE", "False"]);

/** Go's `strconv.ParseBool`; undefined where that fails. */
export function parseBoolean(text: string): boolean | undefined {
  if (TRUE.has(text)) return true;
  return FALSE.has(text) ? false : undefined;
}

/**
 * `skip=A,B;error=true`, up to the first blank. BuildKit's `linter.ParseLintOptions`.
 *
 * @throws EngineError invalid-argument
 */
export function parseCheckOptions(value: string): CheckOptions {
  const text = value.split(" ", 1)[0] ?? "";
  if (trimSpace(text) === "") return DEFAULT_CHECK;
  const options = { skip: [] as readonly string[], experimental: [] as readonly string[], error: false };
  for (const part of splitAtMost(text, ";", 3)) {
    const equals = part.indexOf("=");
    if (equals < 0) throw new EngineError("invalid-argument", `invalid check option ${quote(part)}`);
    const [key, setting] = [trimSpace(part.slice(0, equals)), trimSpace(part.slice(equals + 1))];
    if (key === "error") {
      const error = parseBoolean(setting);
      if (error === undefined)
        throw new EngineError(
          "invalid-argument",
          `failed to parse check option ${quote(part)}: strconv.ParseBool: parsing ${quote(setting)}: invalid syntax`,
        );
      options.error = error;
    } else if (key === "skip" || key === "experimental") options[key] = setting.split(",").map(trimSpace);
    else throw new EngineError("invalid-argument", `invalid check option ${quote(key)}`);
  }
  return options;
}

/** The last piece keeps what further separators would have split off. */
function splitAtMost(text: string, separator: string, limit: number): readonly string[] {
  const parts = text.split(separator);
  return parts.length <= limit ? parts : [...parts.slice(0, limit - 1), parts.slice(limit - 1).join(separator)];
}

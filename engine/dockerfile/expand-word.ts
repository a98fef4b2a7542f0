/** Variables, quotes and escapes in an instruction's words: BuildKit's `shell/lex.go`. */
import { EngineError, messageOf } from "../base/errors.ts";
import { isSpace, quote } from "./go-text.ts";
import { replacePattern, trimPattern } from "./shell-pattern.ts";

/** A variable's value; undefined when there is none of that name. */
export type Lookup = (name: string) => string | undefined;

export interface ExpandOptions {
  /** The Dockerfile's escape character. Default a backslash. */
  readonly escape?: string;
  /** Quotes stay in the result. */
  readonly rawQuotes?: boolean;
  /** Escape characters stay in the result. */
  readonly rawEscapes?: boolean;
  /** Quotes are ordinary characters. */
  readonly plainQuotes?: boolean;
  /** A variable without a value stays as it is written. */
  readonly keepUnset?: boolean;
  /** Told of every variable that was looked up. */
  readonly onVariable?: (name: string, value: string | undefined) => void;
}

/** No value may grow past this by naming itself again and again. */
const MAX_LENGTH = 1 << 20;
/** Of `${A:-${B:-…}}`. */
const MAX_DEPTH = 200;
const SPECIAL = /[$'"\\`<]/;

/**
 * One word for one word: `$A`, `${A}`, `${A:-x}`, `${A-x}`, `${A:+x}`, `${A+x}`, `${A:?x}`, `${A?x}`, `${A#p}`, `${A##p}`,
 * `${A%p}`, `${A%%p}`, `${A/p/r}`, `${A//p/r}`.
 *
 * @throws EngineError invalid-argument
 */
export function expandWord(word: string, lookup: Lookup, options: ExpandOptions = {}): string {
  return SPECIAL.test(word) ? new WordReader(word, lookup, options).read().text : word;
}

/** The same, split at the blanks that are neither quoted nor escaped, those of variables included. @throws EngineError */
export function expandWords(text: string, lookup: Lookup, options: ExpandOptions = {}): readonly string[] {
  return new WordReader(text, lookup, options).read().words;
}

/** Lines of a here-document that `COPY` writes: quotes are plain, a backslash escapes whatever the Dockerfile says. @throws EngineError */
export function expandHeredoc(
  content: string,
  lookup: Lookup,
  options: Pick<ExpandOptions, "onVariable"> = {},
): string {
  return expandWord(content, lookup, { ...options, escape: "\\", plainQuotes: true });
}

/** What was read, and the same in words. */
interface Piece {
  readonly text: string;
  readonly words: readonly string[];
}

class WordReader {
  readonly #source: string;
  readonly #characters: readonly string[];
  #position = 0;
  #depth = 0;
  /** Of all values put in. */
  #length = 0;
  readonly #lookup: Lookup;
  readonly #options: ExpandOptions;
  readonly #escape: string;

  constructor(source: string, lookup: Lookup, options: ExpandOptions) {
    this.#source = source;
    this.#characters = Array.from(source);
    this.#lookup = lookup;
    this.#options = options;
    this.#escape = options.escape ?? "\\";
  }

  read(): Piece {
    try {
      return this.#readUntil(undefined, this.#options.rawEscapes === true);
    } catch (error) {
      throw new EngineError("invalid-argument", `failed to process ${quote(this.#source)}: ${messageOf(error)}`, {
        cause: error,
      });
    }
  }

  get #peeked(): string | undefined {
    return this.#characters[this.#position];
  }

  #next(): string | undefined {
    const character = this.#characters[this.#position];
    if (character !== undefined) this.#position += 1;
    return character;
  }

  #readUntil(stop: string | undefined, rawEscapes: boolean): Piece {
    const words = new WordCollector();
    let text = "";
    for (let character = this.#peeked; character !== undefined; character = this.#peeked) {
      if (character === stop) {
        this.#position += 1;
        return { text, words: words.finish() };
      }
      const special = this.#readSpecial(character, rawEscapes);
      if (special !== undefined) {
        text += special;
        if (character === "$") words.addUnquoted(special);
        else words.add(special);
        continue;
      }
      this.#position += 1;
      if (character !== this.#escape) {
        text += character;
        words.addUnquoted(character);
        continue;
      }
      // It means itself nowhere but at the end, where it means nothing.
      const escaped = this.#next() ?? "";
      text += rawEscapes ? character + escaped : escaped;
      words.add(rawEscapes ? character + escaped : escaped);
    }
    if (stop !== undefined) throw new Error(`unexpected end of statement while looking for matching ${stop}`);
    return { text, words: words.finish() };
  }

  #readSpecial(character: string, rawEscapes: boolean): string | undefined {
    if (character === "$") return this.#readDollar();
    if (character === "<") return this.#readPossibleHeredoc();
    if (this.#options.plainQuotes === true) return undefined;
    if (character === "'") return this.#readSingleQuoted();
    return character === '"' ? this.#readDoubleQuoted(rawEscapes) : undefined;
  }

  #readSingleQuoted(): string {
    const end = this.#characters.indexOf("'", this.#position + 1);
    if (end < 0) throw new Error("unexpected end of statement while looking for matching single-quote");
    const raw = this.#options.rawQuotes === true ? 0 : 1;
    const text = this.#characters.slice(this.#position + raw, end + 1 - raw).join("");
    this.#position = end + 1;
    return text;
  }

  #readDoubleQuoted(rawEscapes: boolean): string {
    const mark = this.#options.rawQuotes === true ? '"' : "";
    let text = mark;
    this.#position += 1;
    for (let character = this.#peeked; character !== '"'; character = this.#peeked) {
      if (character === undefined)
        throw new Error("unexpected end of statement while looking for matching double-quote");
      if (character === "$") {
        text += this.#readDollar();
        continue;
      }
      this.#position += 1;
      if (character !== this.#escape) {
        text += character;
        continue;
      }
      if (rawEscapes) text += character;
      const escaped = this.#peeked;
      if (escaped === undefined) continue;
      // Of anything else it is not an escape.
      if (escaped === '"' || escaped === "$" || escaped === this.#escape) text += this.#next() ?? "";
      else text += character;
    }
    this.#position += 1;
    return text + mark;
  }

  #readDollar(): string {
    this.#position += 1;
    if (this.#peeked === "{") return this.#readBraced();
    const name = this.#readName();
    if (name === "") return "$";
    const value = this.#valueOf(name);
    return value ?? (this.#options.keepUnset === true ? `$${name}` : "");
  }

  #readBraced(): string {
    this.#position += 1;
    const first = this.#peeked;
    if (first === undefined) throw new Error("syntax error: missing '}'");
    if (first === "{" || first === "}" || first === ":") throw new Error("syntax error: bad substitution");
    const name = this.#readName();
    const modifier = this.#next() ?? "\uFFFD";
    if (modifier === "}") {
      const value = this.#valueOf(name);
      return value ?? (this.#options.keepUnset === true ? `\${${name}}` : "");
    }
    if (modifier === "/") return this.#readReplacement(name);
    if (modifier !== ":") return this.#readModified(name, modifier, false);
    return this.#readModified(name, this.#next() ?? "\uFFFD", true);
  }

  #readModified(name: string, modifier: string, emptyIsUnset: boolean): string {
    const written = emptyIsUnset ? `:${modifier}` : modifier;
    const isPattern = "#%".includes(modifier);
    if (emptyIsUnset ? isPattern : !"+-?#%".includes(modifier)) throw unsupported(written);
    const word = this.#nested("}", isPattern, "syntax error: missing '}'");
    const found = this.#valueOf(name);
    if (found === undefined && this.#options.keepUnset === true) return `\${${name}${written}${word}}`;
    const value = emptyIsUnset && found === "" ? undefined : found;
    switch (modifier) {
      case "-":
        return value ?? word;
      case "+":
        return value === undefined ? "" : word;
      case "?":
        return value ?? refuseUnset(name, word || `is not allowed to be ${found === undefined ? "unset" : "empty"}`);
      case "#":
      case "%":
        return trimPattern(found ?? "", word.startsWith(modifier) ? word.slice(1) : word, {
          end: modifier === "%",
          longest: word.startsWith(modifier),
        });
      default:
        throw unsupported(written);
    }
  }

  #readReplacement(name: string): string {
    const all = this.#peeked === "/";
    if (all) this.#position += 1;
    const pattern = this.#nested("/", true, "syntax error: missing '/' in ${}");
    const replacement = this.#nested("}", true, "syntax error: missing '}'");
    const value = this.#valueOf(name);
    if (value === undefined && this.#options.keepUnset === true) return `\${${name}/${pattern}/${replacement}}`;
    return replacePattern(value ?? "", pattern, { replacement, all });
  }

  #nested(stop: string, rawEscapes: boolean, missing: string): string {
    this.#depth += 1;
    if (this.#depth > MAX_DEPTH) throw new Error("syntax error: substitutions are nested too deeply");
    try {
      return this.#readUntil(stop, rawEscapes).text;
    } catch (error) {
      if (this.#peeked === undefined) throw new Error(missing, { cause: error });
      throw error;
    } finally {
      this.#depth -= 1;
    }
  }

  /** Letters, digits and `_`; only digits if it begins with one; one of the shell's own. */
  #readName(): string {
    const first = this.#peeked;
    if (first !== undefined && /[@*#?\-$!]/.test(first)) return this.#next() ?? "";
    const allowed = first !== undefined && /\p{Nd}/u.test(first) ? /\p{Nd}/u : /[\p{L}\p{Nd}_]/u;
    let name = "";
    while (this.#peeked !== undefined && allowed.test(this.#peeked)) name += this.#next() ?? "";
    return name;
  }

  /** Blanks between `<<` and its word do not split. */
  #readPossibleHeredoc(): string {
    let text = this.#next() ?? "";
    if (this.#peeked !== "<") return text;
    text += this.#next() ?? "";
    while (this.#peeked !== undefined && " \t\r".includes(this.#peeked)) text += this.#next() ?? "";
    return text;
  }

  #valueOf(name: string): string | undefined {
    const value = this.#lookup(name);
    this.#options.onVariable?.(name, value);
    this.#length += value?.length ?? 0;
    if (this.#length > MAX_LENGTH) throw new Error("value is too long");
    return value;
  }
}

class WordCollector {
  readonly #words: string[] = [];
  #word = "";

  add(text: string): void {
    this.#word += text;
  }

  addUnquoted(text: string): void {
    for (const character of text) {
      if (isSpace(character)) this.finish();
      else this.#word += character;
    }
  }

  finish(): readonly string[] {
    if (this.#word !== "") this.#words.push(this.#word);
    this.#word = "";
    return this.#words;
  }
}

function refuseUnset(name: string, message: string): never {
  throw new Error(`${name}: ${message}`);
}

function unsupported(modifier: string): Error {
  return new Error(`unsupported modifier (${modifier}) in substitution`);
}

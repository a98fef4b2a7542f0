/** Reads the text of a regular expression as Go's `regexp/syntax` does, as far as file name patterns need it. */
import { BadPatternError } from "./match-pattern.ts";

/** An expression as a tree. */
export type Re2Node =
  | { readonly kind: "character"; readonly takes: Takes }
  | { readonly kind: "assertion"; readonly holds: (before: string | undefined, after: string | undefined) => boolean }
  | { readonly kind: "sequence"; readonly nodes: readonly Re2Node[] }
  /** `*`, or `?` if not `many`. */
  | { readonly kind: "repeat"; readonly node: Re2Node; readonly many: boolean };

type Takes = (character: string) => boolean;

const isWord = (character: string | undefined): boolean => character !== undefined && /\w/.test(character);

const ASSERTIONS: Readonly<Record<string, (before: string | undefined, after: string | undefined) => boolean>> = {
  A: (before) => before === undefined,
  z: (_, after) => after === undefined,
  b: (before, after) => isWord(before) !== isWord(after),
  B: (before, after) => isWord(before) === isWord(after),
};

const PERL: Readonly<Record<string, RegExp>> = {
  d: /[0-9]/,
  D: /[^0-9]/,
  w: /[0-9A-Za-z_]/,
  W: /[^0-9A-Za-z_]/,
  s: /[\t\n\f\r ]/,
  S: /[^\t\n\f\r ]/,
};

const CONTROL: Readonly<Record<string, string>> = { a: "\u0007", f: "\f", n: "\n", r: "\r", t: "\t", v: "\v" };

const POSIX: Readonly<Record<string, RegExp>> = {
  alnum: /[0-9A-Za-z]/,
  alpha: /[A-Za-z]/,
  // oxlint-disable-next-line no-control-regex -- the class is all of ASCII
  ascii: /[\x00-\x7f]/,
  blank: /[\t ]/,
  // oxlint-disable-next-line no-control-regex -- the class is the control characters
  cntrl: /[\x00-\x1f\x7f]/,
  digit: /[0-9]/,
  graph: /[!-~]/,
  lower: /[a-z]/,
  print: /[ -~]/,
  punct: /[!-/:-@[-`{-~]/,
  space: /[\t\n\v\f\r ]/,
  upper: /[A-Z]/,
  word: /[0-9A-Za-z_]/,
  xdigit: /[0-9A-Fa-f]/,
};

/** One use, one expression. @throws BadPatternError where Go's `regexp.Compile` fails */
export class Re2Reader {
  readonly #characters: readonly string[];
  #position = 0;

  constructor(source: string) {
    this.#characters = Array.from(source);
  }

  read(): Re2Node {
    const node = this.#sequence();
    if (this.#position < this.#characters.length) throw new BadPatternError();
    return node;
  }

  #sequence(): Re2Node {
    const nodes: Re2Node[] = [];
    while (this.#position < this.#characters.length && this.#characters[this.#position] !== ")")
      nodes.push(...this.#repeated(this.#atom()));
    return { kind: "sequence", nodes };
  }

  #repeated(nodes: readonly Re2Node[]): readonly Re2Node[] {
    const sign = this.#characters[this.#position];
    const last = nodes.at(-1);
    if ((sign !== "*" && sign !== "?") || last === undefined) return nodes;
    this.#position += 1;
    const following = this.#characters[this.#position];
    if (following === "*") throw new BadPatternError();
    // `*?` would rather take less: all the same to whether there is a match.
    if (following === "?") this.#position += 1;
    return [...nodes.slice(0, -1), { kind: "repeat", node: last, many: sign === "*" }];
  }

  #atom(): readonly Re2Node[] {
    const character = this.#take();
    if (character === "\\") return this.#escape();
    return [this.#plainAtom(character)];
  }

  #plainAtom(character: string): Re2Node {
    switch (character) {
      case "^":
        return { kind: "assertion", holds: ASSERTIONS["A"] as NonNullable<(typeof ASSERTIONS)[string]> };
      case "$":
        return { kind: "assertion", holds: ASSERTIONS["z"] as NonNullable<(typeof ASSERTIONS)[string]> };
      case ".":
        return { kind: "character", takes: (other) => other !== "\n" };
      case "[":
        return { kind: "character", takes: this.#class() };
      case "(": {
        const node = this.#sequence();
        if (this.#take() !== ")") throw new BadPatternError();
        return node;
      }
      case "*":
      case "?":
        throw new BadPatternError();
      default:
        return literal(character);
    }
  }

  /** Behind a backslash. Only `\Q` makes more than one of it. */
  #escape(): readonly Re2Node[] {
    const next = this.#characters[this.#position];
    if (next !== undefined && Object.hasOwn(ASSERTIONS, next)) {
      this.#position += 1;
      return [{ kind: "assertion", holds: ASSERTIONS[next] as NonNullable<(typeof ASSERTIONS)[string]> }];
    }
    if (next === "Q") {
      this.#position += 1;
      return this.#quoted().map(literal);
    }
    const set = this.#escapedSet();
    return [set === undefined ? literal(this.#escapedCharacter()) : { kind: "character", takes: set }];
  }

  #quoted(): readonly string[] {
    const start = this.#position;
    while (this.#position < this.#characters.length) {
      if (this.#characters[this.#position] === "\\" && this.#characters[this.#position + 1] === "E") {
        this.#position += 2;
        return this.#characters.slice(start, this.#position - 2);
      }
      this.#position += 1;
    }
    return this.#characters.slice(start);
  }

  /** `\d`, `\pL`, `\p{Greek}`, if it is one of those. */
  #escapedSet(): Takes | undefined {
    const letter = this.#characters[this.#position] ?? "";
    if (Object.hasOwn(PERL, letter)) {
      this.#position += 1;
      return (character) => (PERL[letter] as RegExp).test(character);
    }
    if (letter !== "p" && letter !== "P") return undefined;
    this.#position += 1;
    const first = this.#take();
    const name = first === "{" ? this.#until("}") : first;
    const negated = name.startsWith("^") !== (letter === "P");
    const property = unicodeProperty(name.replace("^", ""));
    return (character) => property.test(character) !== negated;
  }

  #escapedCharacter(): string {
    const character = this.#take();
    if (Object.hasOwn(CONTROL, character)) return CONTROL[character] as string;
    if (character === "x") return this.#hexadecimal();
    if (/[0-7]/.test(character)) return this.#octal(character);
    // Any other letter or digit is kept for later, anything beyond ASCII is no escape.
    if (/[0-9A-Za-z]|[^\x21-\x7e ]/.test(character)) throw new BadPatternError();
    return character;
  }

  #hexadecimal(): string {
    const first = this.#take();
    const digits = first === "{" ? this.#until("}") : first + this.#take();
    const code = /^[0-9A-Fa-f]{1,8}$/.test(digits) ? Number.parseInt(digits, 16) : Number.NaN;
    if (!(code <= 0x10_ff_ff)) throw new BadPatternError();
    return String.fromCodePoint(code);
  }

  /** Up to three digits; one alone would be a reference to a group, which there is none of. */
  #octal(first: string): string {
    const isDigit = (character: string | undefined): boolean => character !== undefined && /[0-7]/.test(character);
    if (first !== "0" && !isDigit(this.#characters[this.#position])) throw new BadPatternError();
    let digits = first;
    while (digits.length < 3 && isDigit(this.#characters[this.#position])) digits += this.#take();
    return String.fromCodePoint(Number.parseInt(digits, 8));
  }

  /** Behind an opening bracket. */
  #class(): Takes {
    const negated = this.#characters[this.#position] === "^";
    if (negated) this.#position += 1;
    const sets: Takes[] = [];
    // A closing bracket is an ordinary character at the start.
    do sets.push(this.#classItem());
    while (this.#characters[this.#position] !== "]");
    this.#position += 1;
    return (character) => sets.some((takes) => takes(character)) !== negated;
  }

  #classItem(): Takes {
    const named = this.#posixClass();
    if (named !== undefined) return named;
    if (this.#characters[this.#position] === "\\") {
      this.#position += 1;
      const set = this.#escapedSet();
      if (set !== undefined) return set;
      this.#position -= 1;
    }
    const low = this.#classCharacter();
    let high = low;
    if (this.#characters[this.#position] === "-" && this.#characters[this.#position + 1] !== "]") {
      this.#position += 1;
      high = this.#classCharacter();
    }
    if (high < low) throw new BadPatternError();
    return (character) => low <= codeOf(character) && codeOf(character) <= high;
  }

  #classCharacter(): number {
    const character = this.#take();
    return codeOf(character === "\\" ? this.#escapedCharacter() : character);
  }

  #posixClass(): Takes | undefined {
    if (this.#characters[this.#position] !== "[" || this.#characters[this.#position + 1] !== ":") return undefined;
    const end = this.#characters.findIndex(
      (character, index) => index >= this.#position + 2 && character === ":" && this.#characters[index + 1] === "]",
    );
    if (end < 0) return undefined;
    const name = this.#characters.slice(this.#position + 2, end).join("");
    const word = name.replace(/^\^/, "");
    if (!Object.hasOwn(POSIX, word)) throw new BadPatternError();
    this.#position = end + 2;
    return (character) => (POSIX[word] as RegExp).test(character) === (word === name);
  }

  #until(end: string): string {
    let text = "";
    for (let character = this.#take(); character !== end; character = this.#take()) text += character;
    return text;
  }

  #take(): string {
    const character = this.#characters[this.#position];
    if (character === undefined) throw new BadPatternError();
    this.#position += 1;
    return character;
  }
}

function literal(character: string): Re2Node {
  return { kind: "character", takes: (other) => other === character };
}

function unicodeProperty(name: string): RegExp {
  if (name === "Any") return /^/;
  // Go knows categories and scripts by their names alone.
  for (const source of [`\\p{${name}}`, `\\p{Script=${name}}`]) {
    try {
      if (/^[A-Za-z_]+$/.test(name)) return new RegExp(source, "u");
    } catch {
      // The other kind of name, then.
    }
  }
  throw new BadPatternError();
}

function codeOf(character: string): number {
  return character.codePointAt(0) ?? 0;
}

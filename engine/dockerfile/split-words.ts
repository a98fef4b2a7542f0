/** Words of an instruction's line before anything is expanded: BuildKit's `parser/split_command.go` and `parseWords`. */
import { isSpace, trimSpace } from "./go-text.ts";

/** An instruction's line taken apart. */
export interface SplitCommand {
  readonly name: string;
  /** `--from=x`, unquoted. */
  readonly flags: readonly string[];
  readonly rest: string;
}

const WHITESPACE = /[\t\v\f\r ]+/;

/** The instruction's name, the flags right behind it, and what follows. */
export function splitCommand(line: string, escape: string): SplitCommand {
  const text = trimSpace(line);
  const gap = WHITESPACE.exec(text);
  if (gap === null) return { name: text, flags: [], rest: "" };
  const { flags, rest } = splitFlags(text.slice(gap.index + gap[0].length), escape);
  return { name: text.slice(0, gap.index), flags, rest: trimSpace(rest) };
}

function splitFlags(line: string, escape: string): { flags: readonly string[]; rest: string } {
  const flags: string[] = [];
  let position = 0;
  for (;;) {
    while (position < line.length && isSpace(line[position] as string)) position += 1;
    if (!line.startsWith("--", position)) return { flags, rest: line.slice(position) };
    const { word, quoted, end } = unquotedWord(line, position, escape);
    position = end;
    // A lone `--` ends the flags.
    if (word === "--") return { flags, rest: line.slice(end) };
    if (quoted || word !== "") flags.push(word);
  }
}

/** One word from `start` with its quotes and escapes taken away. */
function unquotedWord(line: string, start: number, escape: string): { word: string; quoted: boolean; end: number } {
  let [word, quote, quoted] = ["", "", false];
  let position = start;
  for (; position < line.length; position += 1) {
    let character = line[position] as string;
    if (quote === "" && isSpace(character)) break;
    if (quote === "" ? character === "'" || character === '"' : character === quote) {
      quote = quote === "" ? character : "";
      quoted = true;
      continue;
    }
    if (character === escape) {
      position += 1;
      if (position >= line.length) break;
      character = line[position] as string;
    }
    word += character;
  }
  return { word, quoted, end: Math.min(position, line.length) };
}

/** Splits at blanks that are neither quoted nor escaped. Quotes and escapes stay, but for an escape at the very end. */
export function splitWords(text: string, escape: string): readonly string[] {
  const words: string[] = [];
  let [word, quote, inside] = ["", "", false];
  for (let position = 0; position < text.length; position += 1) {
    const character = text[position] as string;
    if (quote === "" && isSpace(character)) {
      if (inside) words.push(word);
      [word, inside] = ["", false];
      continue;
    }
    // Nothing is escaped between single quotes.
    if (character === escape && quote !== "'") {
      if (position + 1 === text.length) break;
      position += 1;
      word += character + (text[position] as string);
      inside = true;
      continue;
    }
    if (quote === "" && (character === "'" || character === '"')) quote = character;
    else if (character === quote) quote = "";
    word += character;
    inside = true;
  }
  return inside ? [...words, word] : words;
}

/** At runs of blanks; quotes mean nothing. */
export function splitFields(text: string): readonly string[] {
  return text === "" ? [] : text.split(/[\t\v\f\r ]+/);
}

/** The first word and what follows the blanks behind it, if there are any. */
export function splitFirst(text: string): readonly [string, string | undefined] {
  const gap = WHITESPACE.exec(text);
  return gap === null ? [text, undefined] : [text.slice(0, gap.index), text.slice(gap.index + gap[0].length)];
}

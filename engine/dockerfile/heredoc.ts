/** Here-documents: which words of a line open one, and what they are called. BuildKit's `parser.ParseHeredoc`. */
import type { Heredoc } from "./dockerfile.ts";
import { expandWords } from "./expand-word.ts";

/** What `<<-"EOF"` says before its lines are read. */
export type HeredocMark = Omit<Heredoc, "content" | "source">;

const MARK = /^(\d*)<<(-?)[\t\n\f\r ]*([^<]*)$/;
const unset = (): undefined => undefined;
/** A shell reads the line, so that the file's own escape character means nothing here. */
const ESCAPE = "\\";

/** @param word with its quotes */
export function parseHeredocMark(word: string): HeredocMark | undefined {
  const [, descriptor = "", dash, rest = ""] = MARK.exec(word) ?? [];
  if (rest === "") return undefined;
  const words = wordsOf(rest, false);
  const quoted = wordsOf(rest, true);
  const [name] = words;
  if (name === undefined || words.length !== 1 || quoted.length !== 1) return undefined;
  return {
    name,
    expand: quotesIn(name) === quotesIn(quoted[0] as string),
    chomp: dash === "-",
    fileDescriptor: Number(descriptor),
  };
}

function wordsOf(text: string, rawQuotes: boolean): readonly string[] {
  try {
    return expandWords(text, unset, { escape: ESCAPE, rawQuotes, keepUnset: true });
  } catch {
    return [];
  }
}

function quotesIn(word: string): number {
  return word.match(/['"]/g)?.length ?? 0;
}

/** All that a line opens, in order. A line that no shell could split opens none. */
export function heredocMarks(line: string): readonly HeredocMark[] {
  if (!line.includes("<<")) return [];
  try {
    return expandWords(line, unset, { escape: ESCAPE, rawQuotes: true, rawEscapes: true, keepUnset: true })
      .map(parseHeredocMark)
      .filter((mark) => mark !== undefined);
  } catch {
    return [];
  }
}

/** Without the tabs that begin its lines: what `<<-` stands for. */
export function chomp(content: string): string {
  return content.replace(/^\t+/gm, "");
}

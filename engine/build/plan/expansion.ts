import { expandHeredoc, expandWord, expandWords, type Lookup } from "../../dockerfile/expand-word.ts";

/** Replaces variables as BuildKit does in the words of instructions. All but the names of steps throw EngineError for a bad modifier or quote. */
export interface Expansion {
  /** One word for one word; quotes go. */
  word(text: string): string;
  /** A list: a variable may hold several words. */
  words(texts: readonly string[]): readonly string[];
  /** What a here-document holds that is copied. */
  heredoc(content: string): string;
  /** A whole instruction, for its step's name. */
  name(original: string, options?: NameOptions): string;
}

/** `keepRaw`: quotes and variables that are not set stay as they are written, as BuildKit does for `RUN`. */
interface NameOptions {
  readonly keepRaw: boolean;
}

/** @param escape of the Dockerfile */
export function expansionOf(lookup: Lookup, escape: "\\" | "`"): Expansion {
  return {
    word: (text) => expandWord(text, lookup, { escape }),
    words: (texts) => texts.flatMap((text) => expandWords(text, lookup, { escape })),
    heredoc: (content) => expandHeredoc(content, lookup),
    name: (original, { keepRaw } = { keepRaw: false }) => {
      try {
        return expandWord(original, lookup, { escape, rawQuotes: keepRaw, keepUnset: keepRaw });
      } catch {
        return original;
      }
    },
  };
}

/** Lists of file name patterns, some of them exceptions: moby's `patternmatcher`, as `.dockerignore` and `COPY --exclude` use it. */
import { EngineError } from "../base/errors.ts";
import { cleanPath } from "./clean-path.ts";
import { trimSpace } from "./go-text.ts";
import { matchPattern } from "./match-pattern.ts";
import { compileRe2, type Re2 } from "./re2-pattern.ts";

/** One pattern of a list. */
export interface FilePattern {
  /** Cleaned, without the `!`. */
  readonly text: string;
  /** `!`: what matches is taken out again. */
  readonly isException: boolean;
  /** Whether it describes exactly this path. @throws BadPatternError */
  readonly matches: (path: string) => boolean;
}

/**
 * Paths are relative, with slashes and without `.` or `..`. What matches, matches with all that is below it, until an exception says otherwise.
 * The answers are those of a walk from the top down, which is how Docker reads a context: an exception counts for what is
 * below a directory if that directory was matched by a pattern before it.
 */
export class PatternMatcher {
  readonly patterns: readonly FilePattern[];
  /** Which patterns a directory and those above it were matched by. */
  readonly #directories = new Map<string, readonly boolean[]>();

  /** @throws EngineError invalid-argument for a malformed pattern */
  constructor(patterns: readonly string[]) {
    this.patterns = patterns.map(parsePattern).filter((pattern) => pattern !== undefined);
  }

  get hasExceptions(): boolean {
    return this.patterns.some(({ isException }) => isException);
  }

  /** @throws BadPatternError for a pattern that only now turns out to be malformed */
  matches(path: string): boolean {
    const matched = this.#matchedBy(path);
    return this.patterns.reduce((result, { isException }, index) => (matched[index] ? !isException : result), false);
  }

  /** Whether anything below a directory that matches can be an exception. Where not, nobody need look into it. */
  mayContainExceptions(directory: string): boolean {
    const exceptions = this.patterns.filter(({ isException }) => isException).map(({ text }) => withoutGlob(text));
    if (exceptions.some((text) => /[*[\]?^\\]/.test(text))) return true;
    return exceptions.some((text) => `${text}/`.startsWith(`${directory}/`));
  }

  #matchedBy(path: string): readonly boolean[] {
    const slash = path.lastIndexOf("/");
    if (slash < 0) return this.#matchedBelow(path, []);
    const directory = path.slice(0, slash);
    let above = this.#directories.get(directory);
    if (above === undefined) {
      above = this.#matchedBy(directory);
      this.#directories.set(directory, above);
    }
    return this.#matchedBelow(path, above);
  }

  #matchedBelow(path: string, above: readonly boolean[]): readonly boolean[] {
    let result = false;
    return this.patterns.map((pattern, index) => {
      // A pattern that would change nothing is not asked.
      const matched = above[index] === true || (pattern.isException === result && pattern.matches(path));
      if (matched) result = !pattern.isException;
      return matched;
    });
  }
}

function parsePattern(written: string): FilePattern | undefined {
  const trimmed = trimSpace(written);
  if (trimmed === "") return undefined;
  const cleaned = cleanPath(trimmed);
  if (cleaned === "!") throw new EngineError("invalid-argument", 'illegal exclusion pattern: "!"');
  const isException = cleaned.startsWith("!");
  const text = isException ? cleaned.slice(1) : cleaned;
  // For its errors alone.
  matchPattern(text, ".");
  let matches: Re2 | undefined;
  return {
    text,
    isException,
    matches: (path) => {
      matches ??= compile(text);
      return matches(path);
    },
  };
}

function compile(pattern: string): Re2 {
  const { kind, source } = translate(pattern);
  if (kind === "exact") return (path) => path === pattern;
  if (kind === "prefix") return (path) => path.startsWith(pattern.slice(0, -2));
  if (kind === "regexp") return compileRe2(source);
  const suffix = pattern.slice(2);
  return (path) => path.endsWith(suffix) || (suffix.startsWith("/") && path === suffix.slice(1));
}

type MatchKind = "exact" | "prefix" | "suffix" | "regexp";

/** To a regular expression, and whether one is needed at all. What is odd in it is odd in moby's `Pattern.compile`. */
function translate(pattern: string): { kind: MatchKind; source: string } {
  const characters = Array.from(pattern);
  let [kind, source, index] = ["exact" as MatchKind, "^", 0];
  const takeIf = (character: string): boolean => {
    if (characters[index] !== character) return false;
    index += 1;
    return true;
  };
  while (index < characters.length) {
    const isFirst = index === 0;
    const character = characters[index] as string;
    index += 1;
    if (character === "*" && takeIf("*")) {
      takeIf("/");
      if (index < characters.length) source += "(.*/)?";
      else if (kind !== "exact") source += ".*";
      kind = isFirst ? "suffix" : index === characters.length && kind === "exact" ? "prefix" : "regexp";
      continue;
    }
    if (character === "*" || character === "?") source += character === "*" ? "[^/]*" : "[^/]";
    else if (character === "\\" && index < characters.length) {
      source += `\\${characters[index]}`;
      index += 1;
    } else {
      source += ".+()|{}$".includes(character) ? `\\${character}` : character;
      if (character !== "[" && character !== "]") continue;
    }
    kind = "regexp";
  }
  return { kind, source: `${source}$` };
}

/** Without `**`, and then `*`, as its last part. */
function withoutGlob(text: string): string {
  return text.replace(/\/\*\*$/, "").replace(/\/\*$/, "");
}

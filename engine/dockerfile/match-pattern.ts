/** Go's `path/filepath.Match` on Linux: `*`, `?`, `[a-z]`, `[^a-z]` and `\`, none of which takes a slash but the last. */
import { EngineError } from "../base/errors.ts";

/** `filepath.ErrBadPattern` */
export class BadPatternError extends EngineError {
  constructor() {
    super("invalid-argument", "syntax error in pattern");
    this.name = "BadPatternError";
  }
}

/**
 * Whether the whole of `name` is what `pattern` describes.
 *
 * @throws BadPatternError for a malformed pattern, however far `name` agrees with it
 */
export function matchPattern(pattern: string, name: string): boolean {
  const text = Array.from(name);
  let rest = Array.from(pattern);
  let at = 0;
  while (rest.length > 0) {
    const [star, chunk, behind] = scanChunk(rest);
    rest = behind;
    // A star at the end takes all of this path element.
    if (star && chunk.length === 0) return !text.includes("/", at);
    const end = matchAfterStar(chunk, { text, at, star, isLast: rest.length === 0 });
    if (end === undefined) {
      checkChunks(rest);
      return false;
    }
    at = end;
  }
  return at === text.length;
}

/** Where the first match ends that a star can reach. */
function matchAfterStar(
  chunk: readonly string[],
  { text, at, star, isLast }: { text: readonly string[]; at: number; star: boolean; isLast: boolean },
): number | undefined {
  for (let start = at; ; start += 1) {
    const end = matchChunk(chunk, text, start);
    // The last chunk has to reach the end; an earlier match of it may not.
    if (end !== undefined && (end === text.length || !isLast)) return end;
    if (!star || start >= text.length || text[start] === "/") return undefined;
  }
}

/** Stars, what follows them up to the next star, and the rest. */
function scanChunk(pattern: readonly string[]): [boolean, string[], string[]] {
  let start = 0;
  while (pattern[start] === "*") start += 1;
  let [end, inRange] = [start, false];
  for (; end < pattern.length; end += 1) {
    const character = pattern[end];
    if (character === "\\") {
      if (end + 1 < pattern.length) end += 1;
    } else if (character === "[") inRange = true;
    else if (character === "]") inRange = false;
    else if (character === "*" && !inRange) break;
  }
  return [start > 0, pattern.slice(start, end), pattern.slice(end)];
}

function checkChunks(pattern: readonly string[]): void {
  for (let rest = Array.from(pattern); rest.length > 0;) {
    const [, chunk, behind] = scanChunk(rest);
    matchChunk(chunk, [], 0);
    rest = behind;
  }
}

/** Where the match that begins at `start` ends. Reads the whole chunk even without one, to find out that it is malformed. */
function matchChunk(chunk: readonly string[], text: readonly string[], start: number): number | undefined {
  let [failed, at] = [false, start];
  for (let index = 0; index < chunk.length; index += 1) {
    if (at >= text.length) failed = true;
    const character = chunk[index];
    const current = failed ? undefined : text[at];
    if (character === "[") {
      const range = readRange(chunk, index + 1, current);
      failed ||= !range.matches;
      index = range.end;
    } else if (character === "?") failed ||= current === "/";
    else {
      if (character === "\\") index += 1;
      if (index >= chunk.length) throw new BadPatternError();
      failed ||= chunk[index] !== current;
    }
    at += 1;
  }
  return failed ? undefined : at;
}

/** `end` is where the closing bracket is. */
function readRange(
  chunk: readonly string[],
  start: number,
  current: string | undefined,
): { matches: boolean; end: number } {
  const negated = chunk[start] === "^";
  let [index, found, count] = [negated ? start + 1 : start, false, 0];
  while (count === 0 || chunk[index] !== "]") {
    const low = readBound(chunk, index);
    let high = low;
    if (chunk[low.end] === "-") high = readBound(chunk, low.end + 1);
    if (current !== undefined && low.code <= codeOf(current) && codeOf(current) <= high.code) found = true;
    index = high.end;
    count += 1;
  }
  return { matches: current !== undefined && found !== negated, end: index };
}

function readBound(chunk: readonly string[], start: number): { code: number; end: number } {
  const index = chunk[start] === "\\" ? start + 1 : start;
  const character = chunk[index];
  if (character === undefined || (index === start && (character === "-" || character === "]")))
    throw new BadPatternError();
  // The class has to be closed behind it.
  if (index + 1 >= chunk.length) throw new BadPatternError();
  return { code: codeOf(character), end: index + 1 };
}

function codeOf(character: string): number {
  return character.codePointAt(0) ?? 0;
}

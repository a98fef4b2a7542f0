/** The patterns of `${A#pattern}` and `${A/pattern/…}`: `?` and `*`, no brackets. BuildKit's `convertShellPatternToRegex`. */
/** A character, any one, or any number. Neither wildcard takes a line feed. */
type Token = { readonly literal: string } | "one" | "many";

/** Steps after which a pattern is given up: a hostile one against a long value. */
const MAX_STEPS = 1 << 22;
const MAX_LENGTH = 1 << 20;

/** What is left of `value` without the shortest or longest match at its start or end. @throws Error */
export function trimPattern(
  value: string,
  pattern: string,
  { end, longest }: { readonly end: boolean; readonly longest: boolean },
): string {
  // A match at the end is one at the start, read backwards.
  const inOrder = <T>(list: readonly T[]): readonly T[] => (end ? list.toReversed() : list);
  const characters = inOrder(Array.from(value));
  const length = matchAt({ characters, start: 0 }, inOrder(parsePattern(pattern)), longest, { left: MAX_STEPS });
  return inOrder(characters.slice(length ?? 0)).join("");
}

/** With the first match, or all, replaced; each as long as can be. @throws Error */
export function replacePattern(
  value: string,
  pattern: string,
  { replacement, all }: { readonly replacement: string; readonly all: boolean },
): string {
  const tokens = parsePattern(pattern);
  const characters = Array.from(value);
  const steps = { left: MAX_STEPS };
  let [result, position, previousEnd] = ["", 0, -1];
  while (position <= characters.length) {
    const length = matchAt({ characters, start: position }, tokens, true, steps);
    // Nothing matches right behind a match, nor does "nothing" take the place of a character.
    const replaces = length !== undefined && (length > 0 || position !== previousEnd);
    if (replaces) {
      const match = characters.slice(position, position + length).join("");
      result += all ? fillTemplate(replacement, match) : replacement;
      if (result.length > MAX_LENGTH) throw new Error("value is too long");
      position += length;
      previousEnd = position;
      if (!all) break;
      if (length > 0) continue;
    }
    result += characters[position] ?? "";
    position += 1;
  }
  return result + characters.slice(position).join("");
}

/** Where all are replaced, Go takes the text for a template: `$0` is the match, no other name is anything. */
function fillTemplate(template: string, match: string): string {
  return template.replace(/\$(?:([\p{L}\p{Nd}_]+)|\{([\p{L}\p{Nd}_]+)\}|\$)/gu, (whole, plain, braced) =>
    whole === "$$" ? "$" : (plain ?? braced) === "0" ? match : "",
  );
}

function parsePattern(pattern: string): Token[] {
  const characters = Array.from(pattern);
  const tokens: Token[] = [];
  for (let index = 0; index < characters.length; index += 1) {
    const character = characters[index] as string;
    const next = characters[index + 1];
    if (character === "*") tokens.push("many");
    else if (character === "?") tokens.push("one");
    else if (character !== "\\") tokens.push({ literal: character });
    else if (next !== "}" && next !== "/") {
      // Those two had to be escaped from what stands around the pattern.
      if (next !== "*" && next !== "?" && next !== "\\")
        throw new Error(`invalid pattern (${pattern}) in substitution: invalid escape '\\${next ?? "\uFFFD"}'`);
      tokens.push({ literal: next });
      index += 1;
    }
  }
  return tokens;
}

/** The length of the match that begins at `start`, in characters. */
function matchAt(
  { characters, start }: { readonly characters: readonly string[]; readonly start: number },
  tokens: readonly Token[],
  longest: boolean,
  steps: { left: number },
): number | undefined {
  // Every end that the tokens so far can have.
  let ends = [start];
  for (const token of tokens) {
    ends = token === "many" ? spread(characters, ends) : ends.filter((at) => takes(token, characters[at])).map(addOne);
    steps.left -= ends.length + 1;
    if (steps.left < 0) throw new Error("pattern takes too long to match");
    if (ends.length === 0) return undefined;
  }
  return (longest ? (ends.at(-1) as number) : (ends[0] as number)) - start;
}

function addOne(index: number): number {
  return index + 1;
}

function takes(token: Exclude<Token, "many">, character: string | undefined): boolean {
  if (character === undefined) return false;
  return token === "one" ? character !== "\n" : character === token.literal;
}

/** Each end, and all behind it up to the end of the line. `ends` is sorted. */
function spread(characters: readonly string[], ends: readonly number[]): number[] {
  const result: number[] = [];
  for (const from of ends) {
    // The run of an earlier one covers it.
    if (from <= (result.at(-1) ?? -1)) continue;
    result.push(from);
    for (let end = from; end < characters.length && characters[end] !== "\n"; end += 1) result.push(end + 1);
  }
  return result;
}

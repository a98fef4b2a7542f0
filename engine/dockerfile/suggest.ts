/** "did you mean": the nearest of several words, as BuildKit's `util/suggest` finds it. */

/** More edits than this and it was another word. */
const MAX_DISTANCE = 2;

/**
 * The option with the fewest edits to `word`, if any is near. None when `word` is one of the options.
 * With `ignoreCase` the answer has the case of `word` if that is all upper or all lower.
 */
export function nearestWord(word: string, options: Iterable<string>, ignoreCase = false): string | undefined {
  const wanted = ignoreCase ? word.toLowerCase() : word;
  let nearest: string | undefined;
  let best = MAX_DISTANCE + 1;
  for (const each of options) {
    const option = ignoreCase ? each.toLowerCase() : each;
    if (option === wanted) return undefined;
    const distance = distanceOf(wanted, option);
    if (distance >= best) continue;
    best = distance;
    nearest = ignoreCase ? inCaseOf(word, option) : option;
  }
  return nearest;
}

/** ` (did you mean RUN?)`, or nothing: to be put behind a message. */
export function didYouMean(word: string, options: Iterable<string>, ignoreCase = false): string {
  const nearest = nearestWord(word, options, ignoreCase);
  return nearest === undefined ? "" : ` (did you mean ${nearest}?)`;
}

function inCaseOf(model: string, text: string): string {
  if (model === model.toLowerCase()) return text.toLowerCase();
  return model === model.toUpperCase() ? text.toUpperCase() : text;
}

/** Levenshtein's distance; anything too far is `MAX_DISTANCE + 1`. */
function distanceOf(left: string, right: string): number {
  const [a, b] = [Array.from(left), Array.from(right)];
  if (Math.abs(a.length - b.length) > MAX_DISTANCE) return MAX_DISTANCE + 1;
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (const [i, character] of a.entries()) {
    const next = [i + 1];
    for (const [j, other] of b.entries()) {
      const replaced = (row[j] as number) + (character === other ? 0 : 1);
      next.push(Math.min(replaced, (row[j + 1] as number) + 1, (next[j] as number) + 1));
    }
    if (Math.min(...next) > MAX_DISTANCE) return MAX_DISTANCE + 1;
    row = next;
  }
  return row.at(-1) as number;
}

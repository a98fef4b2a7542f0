/** How Go's standard library sees text, where JavaScript sees it otherwise. */

/** `unicode.IsSpace` */
const SPACE = "\\t\\n\\v\\f\\r \\u0085\\u00a0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000";
const ONE_SPACE = new RegExp(`^[${SPACE}]$`);
const LEADING = new RegExp(`^[${SPACE}]+`);

/** `unicode.IsSpace`: knows U+0085 and not U+FEFF, unlike `\s`. */
export function isSpace(character: string): boolean {
  const code = character.charCodeAt(0);
  if (code < 0x80) return code === 0x20 || (code >= 0x09 && code <= 0x0d);
  return ONE_SPACE.test(character);
}

/** `strings.TrimLeftFunc(text, unicode.IsSpace)` */
export function trimLeft(text: string): string {
  return text.replace(LEADING, "");
}

/** `strings.TrimSpace` */
export function trimSpace(text: string): string {
  const start = trimLeft(text);
  let end = start.length;
  while (end > 0 && isSpace(start[end - 1] as string)) end -= 1;
  return start.slice(0, end);
}

const ESCAPES: Readonly<Record<string, string>> = {
  "\u0007": "\\a",
  "\b": "\\b",
  "\f": "\\f",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
  "\v": "\\v",
  "\\": "\\\\",
  '"': '\\"',
};

/** `strconv.Quote`: the `%q` of error messages. */
export function quote(text: string): string {
  return `"${text.replace(/["\\]|[^\p{L}\p{M}\p{N}\p{P}\p{S} ]/gu, escapeCharacter)}"`;
}

function escapeCharacter(character: string): string {
  const known = ESCAPES[character];
  if (known !== undefined) return known;
  const code = character.codePointAt(0) ?? 0;
  if (code < 0x80) return `\\x${code.toString(16).padStart(2, "0")}`;
  return code > 0xff_ff ? `\\U${code.toString(16).padStart(8, "0")}` : `\\u${code.toString(16).padStart(4, "0")}`;
}

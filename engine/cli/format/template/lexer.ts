/** Cuts a Go template into text and the tokens of its actions. https://pkg.go.dev/text/template */

export interface Token {
  readonly type:
    | "text"
    | "open"
    | "close"
    | "field"
    | "variable"
    | "word"
    | "number"
    | "string"
    | "operator"
    | "space"
    | "end";
  readonly text: string;
  /** Offset in the template. */
  readonly offset: number;
}

/** A template that cannot be read. The message has Go's form: `template: :1: unclosed action`. */
export class TemplateError extends Error {
  override readonly name = "TemplateError";
}

export function syntaxError(source: string, offset: number, message: string): TemplateError {
  const line = source.slice(0, offset).split("\n").length;
  return new TemplateError(`template: :${line}: ${message}`);
}

const PATTERNS: readonly (readonly [Token["type"], RegExp])[] = [
  ["space", /\s+/y],
  ["string", /"(?:[^"\\\n]|\\.)*"|`[^`]*`/y],
  ["number", /'(?:[^'\\\n]|\\.[^']*)'|[+-]?(?:0[xX][0-9a-fA-F_]+|\d[\d_]*\.?\d*(?:[eE][+-]?\d+)?|\.\d+)/y],
  ["field", /\.[\p{L}_][\p{L}\p{N}_]*/uy],
  ["variable", /\$[\p{L}\p{N}_]*/uy],
  ["word", /[\p{L}_][\p{L}\p{N}_]*/uy],
  ["operator", /:=|[=|().,]/y],
];

/** @throws TemplateError */
export function tokenize(source: string): readonly Token[] {
  const tokens: Token[] = [];
  let offset = 0;
  let trimNext = false;
  for (;;) {
    const open = source.indexOf("{{", offset);
    const end = open < 0 ? source.length : open;
    const trimsBefore = /^\{\{-\s/.test(source.slice(end, end + 4));
    let text = source.slice(offset, end);
    if (trimNext) text = text.trimStart();
    if (trimsBefore) text = text.trimEnd();
    if (text !== "") tokens.push({ type: "text", text, offset });
    if (open < 0) break;
    ({ offset, trims: trimNext } = readAction(source, open, trimsBefore, tokens));
  }
  tokens.push({ type: "end", text: "", offset: source.length });
  return tokens;
}

function readAction(
  source: string,
  open: number,
  trimsBefore: boolean,
  tokens: Token[],
): { offset: number; trims: boolean } {
  let offset = open + (trimsBefore ? 4 : 2);
  const comment = /\s*\/\*[\s\S]*?\*\/\s*(-?)\}\}/y;
  comment.lastIndex = offset - (trimsBefore ? 1 : 0);
  const found = comment.exec(source);
  if (found) return { offset: comment.lastIndex, trims: found[1] === "-" };
  tokens.push({ type: "open", text: "{{", offset: open });
  for (;;) {
    const close = /\s-\}\}|\}\}/y;
    close.lastIndex = offset;
    const closed = close.exec(source);
    if (closed) {
      tokens.push({ type: "close", text: "}}", offset });
      return { offset: close.lastIndex, trims: closed[0].includes("-") };
    }
    const token = readToken(source, offset);
    tokens.push(token);
    offset += token.text.length;
  }
}

function readToken(source: string, offset: number): Token {
  if (offset >= source.length) throw syntaxError(source, source.length, "unclosed action");
  for (const [type, pattern] of PATTERNS) {
    pattern.lastIndex = offset;
    const match = pattern.exec(source);
    if (match) return { type, text: match[0], offset };
  }
  const character = String.fromCodePoint(source.codePointAt(offset) as number);
  if (character === '"') throw syntaxError(source, offset, "unterminated quoted string");
  if (character === "`") throw syntaxError(source, offset, "unterminated raw quoted string");
  const code = (character.codePointAt(0) as number).toString(16).toUpperCase().padStart(4, "0");
  throw syntaxError(source, offset, `unexpected bad character U+${code} '${character}' in command`);
}

/** Words of a Dockerfile line, as its parser and `shell/lex.go` of BuildKit see them. */

/** Splits at blanks that are neither quoted nor escaped. Quotes and escapes stay. */
export function splitWords(text: string): readonly string[] {
  return text.match(/(?:\\.|'[^']*'?|"(?:\\.|[^"\\])*"?|[^\s'"\\])+/gs) ?? [];
}

const PIECE = /'([^']*)'|"((?:\\.|[^"\\])*)"|\\(.)|\$\{(\w+)(?::([-+?])([^}]*))?\}|\$(\w+)|([^'"\\$]+|['"\\$])/gs;

/** Takes quotes and escapes away and puts variables in: `$A`, `${A}`, `${A:-otherwise}`, `${A:+instead}`. An unknown one is empty. */
export function expandWord(word: string, env: readonly string[]): string {
  const valueOf = (name: string): string => {
    const found = env.findLast((variable) => variable.startsWith(`${name}=`));
    return found?.slice(name.length + 1) ?? "";
  };
  const replace = (...[, quoted, double, escaped, braced, operator, alternative, plain, other]: string[]): string => {
    if (quoted !== undefined) return quoted;
    if (double !== undefined) return double.replace(PIECE_IN_QUOTES, replaceInQuotes);
    if (escaped !== undefined) return escaped;
    if (plain !== undefined) return valueOf(plain);
    if (braced === undefined) return other ?? "";
    const value = valueOf(braced);
    if (operator === "-") return value === "" ? expandWord(alternative ?? "", env) : value;
    if (operator === "+") return value === "" ? "" : expandWord(alternative ?? "", env);
    return value;
  };
  const replaceInQuotes = (piece: string, escaped: string | undefined): string => {
    if (escaped !== undefined) return '"\\$'.includes(escaped) ? escaped : `\\${escaped}`;
    return expandWord(piece, env);
  };
  return word.replace(PIECE, replace);
}

const PIECE_IN_QUOTES = /\\(.)|\$\{\w+(?::[-+?][^}]*)?\}|\$\w+/gs;

/** Values as Go's `strconv` and `time` read them, with their error texts. */

const TRUE = ["1", "t", "T", "TRUE", "true", "True"];
const FALSE = ["0", "f", "F", "FALSE", "false", "False"];

/** @throws Error `strconv.ParseBool: …` */
export function parseGoBoolean(text: string): boolean {
  if (TRUE.includes(text)) return true;
  if (FALSE.includes(text)) return false;
  throw new Error(`strconv.ParseBool: parsing ${goQuote(text)}: invalid syntax`);
}

/** Decimal, `0x…`, `0o…`, `0b…`, leading-zero octal. @throws Error `strconv.ParseInt: …` */
export function parseGoInteger(text: string, options: { unsigned?: boolean; bits?: number } = {}): number {
  const { unsigned = false, bits = 64 } = options;
  const fail = (reason: string): Error =>
    new Error(`strconv.Parse${unsigned ? "Uint" : "Int"}: parsing ${goQuote(text)}: ${reason}`);
  const match = /^([+-]?)(0[xX][0-9a-fA-F]+|0[bB][01]+|0[oO]?[0-7]+|[1-9]\d*|0)$/.exec(text);
  if (match === null || (unsigned && match[1] !== "")) throw fail("invalid syntax");
  const digits = (match[2] as string).replace(/^0(?=[0-7])/, "0o");
  const value = match[1] === "-" ? -BigInt(digits) : BigInt(digits);
  const limit = 1n << BigInt(unsigned ? bits : bits - 1);
  if (value >= limit || value < (unsigned ? 0n : -limit)) throw fail("value out of range");
  return Number(value);
}

/** CPUs: `0.5`, `1/2`; the result is billionths. @throws Error */
export function parseDecimal(text: string): string {
  const match = /^([+-]?(?:\d*\.?\d+|\d+\.)(?:[eE][+-]?\d+)?)(?:\/(\d+))?$/.exec(text);
  if (match === null) throw new Error(`failed to parse ${text} as a rational number`);
  const nano = (Number(match[1]) / Number(match[2] ?? 1)) * 1e9;
  if (Math.abs(nano - Math.round(nano)) > 1e-3) throw new Error("value is too precise");
  return String(Math.round(nano));
}

/** @throws Error `strconv.ParseFloat: …` */
export function parseFloatingPoint(text: string): string {
  if (!/^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/.test(text))
    throw new Error(`strconv.ParseFloat: parsing ${goQuote(text)}: invalid syntax`);
  return text;
}

const UNIT_NS: Readonly<Record<string, number>> = {
  ns: 1,
  us: 1e3,
  µs: 1e3,
  μs: 1e3,
  ms: 1e6,
  s: 1e9,
  m: 60e9,
  h: 3600e9,
};

/** Nanoseconds of `1h30m`, `500ms`. @throws Error `time: invalid duration "x"` */
export function parseGoDuration(text: string): number {
  const [, sign = "", rest = ""] = /^([+-]?)(.*)$/s.exec(text) ?? [];
  if (rest === "0") return 0;
  const parts = [...rest.matchAll(/(\d+\.?\d*|\.\d+)([a-zµμ]*)/g)];
  if (parts.length === 0 || parts.map(([part]) => part).join("") !== rest)
    throw new Error(`time: invalid duration ${goQuote(text)}`);
  let total = 0;
  for (const [, number, unit = ""] of parts) {
    const factor = UNIT_NS[unit];
    if (unit === "") throw new Error(`time: missing unit in duration ${goQuote(text)}`);
    if (factor === undefined) throw new Error(`time: unknown unit ${goQuote(unit)} in duration ${goQuote(text)}`);
    total += Number(number) * factor;
  }
  return sign === "-" ? -total : total;
}

const QUOTED: Readonly<Record<string, string>> = {
  '"': '\\"',
  "\\": "\\\\",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
  "\u0007": "\\a",
  "\b": "\\b",
  "\f": "\\f",
  "\v": "\\v",
};

/** Go's `%q` of a string. */
export function goQuote(text: string): string {
  const characters = Array.from(
    text,
    (character) => QUOTED[character] ?? (isControl(character) ? hexEscape(character) : character),
  );
  return `"${characters.join("")}"`;
}

function isControl(character: string): boolean {
  return character < " " || character === "\u007f";
}

function hexEscape(character: string): string {
  return `\\x${character.charCodeAt(0).toString(16).padStart(2, "0")}`;
}

/** Sizes as `github.com/docker/go-units` writes and reads them. */

const DECIMAL_UNITS = ["B", "kB", "MB", "GB", "TB", "PB", "EB", "ZB", "YB"] as const;
const BINARY_UNITS = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB", "ZiB", "YiB"] as const;

/** Decimal, `5.211MB`: four significant digits, or as many as asked for (`docker images` uses three). */
export function humanSize(bytes: number, significantDigits = 4): string {
  return scaled(bytes, 1000, DECIMAL_UNITS, significantDigits);
}

/** Binary, `23.54GiB`. */
export function binarySize(bytes: number): string {
  return scaled(bytes, 1024, BINARY_UNITS, 4);
}

function scaled(bytes: number, base: number, units: readonly string[], significantDigits: number): string {
  let size = bytes;
  let unit = 0;
  while (size >= base && unit < units.length - 1) {
    size /= base;
    unit += 1;
  }
  return `${formatG(size, significantDigits)}${units[unit]}`;
}

/** C's `%.{digits}g` for what cannot need an exponent but at the rounding edge (999.96 with four digits is 1000). */
function formatG(value: number, digits: number): string {
  const rounded = Number(value.toPrecision(digits));
  if (Math.abs(rounded) < 10 ** digits) return String(rounded);
  const [mantissa, exponent] = rounded.toExponential().split("e") as [string, string];
  return `${mantissa}e${exponent.replace(/^([+-])(\d)$/, "$10$2")}`;
}

const MULTIPLIERS: Readonly<Record<string, number>> = { k: 2 ** 10, m: 2 ** 20, g: 2 ** 30, t: 2 ** 40, p: 2 ** 50 };

/**
 * Bytes of `64m`, `1.5GiB`, `1024`: binary multiples, as `--memory` reads them.
 * @throws Error in go-units' words
 */
export function parseBinarySize(text: string): number {
  const separator = lastIndexOfAny(text, "0123456789. ");
  if (separator < 0) throw new Error(`invalid size: '${text}'`);
  const number = text.slice(0, text[separator] === " " ? separator : separator + 1);
  const suffix = text.slice(separator + 1);
  const size = /^[+-]?(?:\d+\.?\d*|\.\d+)$/.test(number) ? Number(number) : Number.NaN;
  if (Number.isNaN(size)) throw new Error(`strconv.ParseFloat: parsing "${number}": invalid syntax`);
  if (size < 0) throw new Error(`invalid size: '${text}'`);
  return Math.trunc(size * multiplierOf(suffix));
}

function multiplierOf(suffix: string): number {
  const lower = suffix.toLowerCase();
  if (lower === "" || lower === "b") return 1;
  const multiplier = MULTIPLIERS[lower[0] as string];
  if (suffix.length > 3 || multiplier === undefined || !["", "b", "ib"].includes(lower.slice(1))) {
    throw new Error(`invalid suffix: '${suffix.length > 3 ? suffix : lower}'`);
  }
  return multiplier;
}

function lastIndexOfAny(text: string, characters: string): number {
  for (let index = text.length - 1; index >= 0; index -= 1)
    if (characters.includes(text[index] as string)) return index;
  return -1;
}

/**
 * `--chmod`: octal, or symbolic as chmod(1) has it, without a umask. What is understood is what BSD's `setmode(3)` understands, which BuildKit
 * uses (`tonistiigi/dchapes-mode`): `u=rwX,go=u-w`, `+x`, `a=r,u+s`.
 */
import { EngineError } from "../../base/errors.ts";
import { isDirectory } from "./tree-path.ts";

/** Gives a file's new permissions, with the type it had. */
export interface ModeChange {
  apply(mode: number): number;
  /** The same for every file; undefined for a symbolic one. */
  readonly octal: number | undefined;
}

type Command = (mode: number, original: number) => number;

const WHO: Readonly<Record<string, number>> = { u: 0o4700, g: 0o2070, o: 0o0007, a: 0o6777 };
const STANDARD = 0o6777;
const STICKY = 0o1000;
const OTHERS = 0o007;
const PERMISSIONS: Readonly<Record<string, number>> = { r: 0o444, w: 0o222, x: 0o111, s: 0o6000, t: STICKY };
const SHIFTS: Readonly<Record<string, number>> = { u: 6, g: 3, o: 0 };

/** @throws EngineError invalid-argument in BuildKit's words */
export function parseModeChange(text: string): ModeChange {
  if (/^[0-7]+$/.test(text) && Number.parseInt(text, 8) <= 0xffffffff) {
    const octal = Number.parseInt(text, 8);
    if (octal > 0o7777) throw notOctal(text);
    return { octal, apply: (mode) => (mode & ~0o7777) | octal };
  }
  if (/^[0-9]/.test(text)) throw notOctal(text);
  const commands = parseClauses(text);
  const apply = (mode: number): number =>
    (mode & ~0o7777) | (commands.reduce((changed, command) => command(changed, mode), mode & 0o7777) & 0o7777);
  return { octal: undefined, apply };
}

function parseClauses(text: string): readonly Command[] {
  return text.split(",").flatMap((clause) => {
    const [, who = "", operations = ""] = /^([ugoa]*)(.+)$/.exec(clause) ?? [];
    const parts = operations.match(/[-+=][rwxXstugo]*/g) ?? [];
    if (parts.length === 0 || parts.join("") !== operations)
      throw new EngineError("invalid-argument", "invalid syntax");
    const whose = who.split("").reduce((bits, letter) => bits | (WHO[letter] ?? 0), 0);
    return parts.flatMap((part) => parseOperation(part, whose));
  });
}

function parseOperation(part: string, whose: number): readonly Command[] {
  const operator = part[0] as string;
  let who = whose;
  let bits = 0;
  let conditional = 0;
  const copies: Command[] = [];
  const setsSpecial = whose === 0 || (whose & ~OTHERS) !== 0;
  for (const letter of part.slice(1)) {
    if (letter === "X") {
      if (operator === "-") bits |= 0o111;
      else conditional = 0o111;
    } else if (SHIFTS[letter] !== undefined) copies.push(copyBits(letter, operator, whose));
    else if ((letter !== "s" && letter !== "t") || setsSpecial) {
      bits |= PERMISSIONS[letter] as number;
      if (letter === "t") who |= STICKY;
    }
  }
  // Without a `who` the bits are all of those named: there is no umask.
  const limit = who === 0 || who === STICKY ? STANDARD | STICKY : who;
  const cleared = whose === 0 ? STANDARD : who;
  const commands: Command[] = [];
  if (operator === "=" && copies.length === 0) commands.push((mode) => mode & ~cleared);
  commands.push((mode) => (operator === "-" ? mode & ~(bits & limit) : mode | (bits & limit)));
  if (conditional !== 0)
    commands.push((mode, original) =>
      (original & 0o111) !== 0 || isDirectory(original) ? mode | (conditional & limit) : mode,
    );
  return [...commands, ...copies];
}

/** `g=u`, `o-g`. */
function copyBits(from: string, operator: string, whose: number): Command {
  const limit = whose === 0 ? 0o777 : whose & 0o777;
  return (mode) => {
    const value = (mode >> (SHIFTS[from] as number)) & 7;
    const spread = value * 0o111;
    if (operator === "+") return mode | (spread & limit);
    if (operator === "-") return mode & ~(spread & limit);
    return (mode & ~limit) | (spread & limit);
  };
}

function notOctal(text: string): EngineError {
  const message = `invalid chmod parameter: '${text}'. it should be octal string and between 0 and 07777`;
  return new EngineError("invalid-argument", message);
}

import { messageOf } from "../base/errors.ts";
import { type Flag, FLAG_TYPES, flagLabel } from "./flags/flag.ts";
import { goQuote } from "./flags/go-values.ts";

/** What the user wrote, taken apart. */
export interface ParsedArguments {
  readonly flags: FlagValues;
  /** What is not a flag, in order. */
  readonly rest: readonly string[];
  /** `--help`, or the old `-h`. */
  readonly help: "no" | "long" | "short";
  /** What pflag says about the use of deprecated flags. */
  readonly notices: readonly string[];
}

/** Values of flags by name; those that were not given have their default. */
export interface FlagValues {
  /** True when the user gave it. */
  has(name: string): boolean;
  boolean(name: string): boolean;
  string(name: string): string;
  number(name: string): number;
  list(name: string): readonly string[];
}

/** A wrong use of flags, in the words of `github.com/spf13/pflag`. */
export class FlagError extends Error {
  override readonly name = "FlagError";
}

/**
 * Parses as pflag does: `--flag value`, `--flag=value`, `-f value`, `-fvalue`, `-f=value`, bundles of short flags, `--` ends the flags.
 * `interspersed: false` ends them at the first argument, as `docker run` does at the image.
 * @throws FlagError
 */
export function parseArguments(
  flags: readonly Flag[],
  argv: readonly string[],
  options: { interspersed: boolean },
): ParsedArguments {
  const parser = new Parser(flags, argv);
  parser.run(options.interspersed);
  return { flags: parser.values, rest: parser.rest, help: parser.help, notices: parser.notices };
}

class Parser {
  readonly rest: string[] = [];
  readonly values: Values;
  readonly notices: string[] = [];
  help: ParsedArguments["help"] = "no";
  readonly #flags: readonly Flag[];
  readonly #queue: string[];

  constructor(flags: readonly Flag[], argv: readonly string[]) {
    this.#flags = flags;
    this.#queue = [...argv];
    this.values = new Values(flags);
  }

  run(interspersed: boolean): void {
    for (let argument = this.#queue.shift(); argument !== undefined; argument = this.#queue.shift()) {
      if (!argument.startsWith("-") || argument === "-") {
        this.rest.push(argument);
        if (interspersed) continue;
        this.rest.push(...this.#queue);
        return;
      }
      if (argument === "--") {
        this.rest.push(...this.#queue);
        return;
      }
      if (argument.startsWith("--")) this.#long(argument);
      else this.#short(argument.slice(1));
    }
  }

  #long(argument: string): void {
    const text = argument.slice(2);
    if (/^[-=]/.test(text)) throw new FlagError(`bad flag syntax: ${argument}`);
    const equals = text.indexOf("=");
    const name = equals < 0 ? text : text.slice(0, equals);
    const flag = this.#flags.find((candidate) => candidate.name === name);
    if (flag === undefined) {
      if (name !== "help") throw new FlagError(`unknown flag: --${name}`);
      this.help = "long";
    } else if (equals >= 0) this.#set(flag, text.slice(equals + 1));
    else if (flag.type === "bool") this.#set(flag, "true");
    else this.#set(flag, this.#next(`--${name}`));
  }

  #short(bundle: string): void {
    for (let letters = bundle; letters !== "";) {
      const letter = letters[0] as string;
      const flag = this.#flags.find(({ short }) => short === letter);
      const tail = letters.slice(1);
      letters = "";
      if (flag === undefined) {
        if (letter !== "h") throw new FlagError(`unknown shorthand flag: '${letter}' in -${letter}${tail}`);
        this.help = "short";
        this.notices.push("Flag shorthand -h has been deprecated, use --help");
        letters = tail;
      } else if (tail.length > 1 && tail.startsWith("=")) this.#set(flag, tail.slice(1));
      else if (flag.type === "bool") {
        this.#set(flag, "true");
        letters = tail;
      } else if (tail !== "") this.#set(flag, tail);
      else this.#set(flag, this.#next(`'${letter}' in -${letter}`));
    }
  }

  #next(name: string): string {
    const value = this.#queue.shift();
    if (value === undefined) throw new FlagError(`flag needs an argument: ${name}`);
    return value;
  }

  #set(flag: Flag, text: string): void {
    if (flag.name === "help") this.help = "long";
    if (flag.deprecated) this.notices.push(`Flag --${flag.name} has been deprecated, use --${flag.sets} instead`);
    try {
      this.values.set(flag, (flag.check ?? FLAG_TYPES[flag.type].parse)(text));
    } catch (cause) {
      throw new FlagError(
        `invalid argument ${goQuote(text)} for ${goQuote(flagLabel(flag))} flag: ${messageOf(cause)}`,
        { cause },
      );
    }
  }
}

class Values implements FlagValues {
  readonly #flags: ReadonlyMap<string, Flag>;
  readonly #given = new Map<string, string[]>();

  constructor(flags: readonly Flag[]) {
    this.#flags = new Map(flags.map((flag) => [flag.name, flag]));
  }

  set({ name: ownName, sets, type }: Flag, value: string): void {
    const name = sets ?? ownName;
    const before = FLAG_TYPES[type].repeats ? (this.#given.get(name) ?? []) : [];
    this.#given.set(name, [...before, ...(type === "strings" ? value.split(",") : [value])]);
  }

  has(name: string): boolean {
    return this.#given.has(name);
  }

  boolean(name: string): boolean {
    return this.string(name) === "true";
  }

  string(name: string): string {
    return this.#given.get(name)?.at(-1) ?? this.#flags.get(name)?.default ?? "";
  }

  number(name: string): number {
    return Number(this.string(name) || "0");
  }

  list(name: string): readonly string[] {
    return this.#given.get(name) ?? [];
  }
}

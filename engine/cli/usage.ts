/** Help and usage texts, laid out as `github.com/spf13/cobra` with Docker's templates does. */
import type { Command, Section } from "./command.ts";
import type { Flag } from "./flags/flag.ts";

const DEFAULT_COLUMNS = 80;
/** cobra pads names in its lists to this. */
const NAME_WIDTH = 11;

const TITLES: readonly (readonly [Section | undefined, string])[] = [
  ["common", "Common Commands"],
  ["management", "Management Commands"],
  ["swarm", "Swarm Commands"],
  [undefined, "Commands"],
];

/** `docker run [OPTIONS] IMAGE [COMMAND] [ARG...]` */
export function usageLine(path: string, command: Command): string {
  return command.synopsis === "" ? path : `${path} ${command.synopsis}`;
}

/** All of `--help`. `columns`: of the terminal, when there is one. */
export function helpText(path: string, command: Command, columns = DEFAULT_COLUMNS): string {
  if (command.unavailable !== undefined) return `${path}${command.unavailable}\n`;
  const isRoot = !path.includes(" ");
  const paragraphs = [
    `Usage:  ${command.children ? `${path}${command.flags.length > 0 ? " [OPTIONS]" : ""} COMMAND` : usageLine(path, command)}`,
    command.long ?? command.short,
    ...(command.alsoKnownAs === undefined ? [] : [`Aliases:\n  ${command.alsoKnownAs}`]),
    ...(command.experimental === true ? [experimentalNote(path)] : []),
    ...(isRoot ? [] : flagParagraph("Options", command.flags, columns)),
    ...TITLES.flatMap(([section, title]) => commandList(title, childrenIn(command, section))),
    ...(isRoot ? flagParagraph(command.children ? "Global Options" : "Options", command.flags, columns) : []),
  ];
  if (command.children) paragraphs.push(`Run '${path} COMMAND --help' for more information on a command.`);
  if (command.epilogue !== undefined) paragraphs.push(command.epilogue);
  if (isRoot) paragraphs.push("For more help on how to use Docker, head to https://docs.docker.com/go/guides/");
  return `${paragraphs.join("\n\n")}\n`;
}

function experimentalNote(path: string): string {
  return `EXPERIMENTAL:
  ${path} is an experimental feature.
  Experimental features provide early access to product functionality. These
  features may change between releases without warning, or can be removed from a
  future release. Learn more about experimental features in our documentation:
  https://docs.docker.com/go/experimental/`;
}

function childrenIn({ children }: Command, section: Section | undefined): readonly Command[] {
  return (children ?? []).filter((child) => child.section === section && child.hidden !== true);
}

function commandList(title: string, commands: readonly Command[]): readonly string[] {
  if (commands.length === 0) return [];
  const width = Math.max(NAME_WIDTH, ...commands.map(({ name }) => name.length));
  return [
    `${title}:\n${commands.map(({ name, listedAs = name, short }) => `  ${listedAs.padEnd(width)} ${short}`).join("\n")}`,
  ];
}

function flagParagraph(title: string, flags: readonly Flag[], columns: number): readonly string[] {
  const shown = flags.filter(({ hidden }) => !hidden);
  return shown.length === 0 ? [] : [`${title}:\n${flagUsages(shown, columns - 1)}`];
}

/** pflag's `FlagUsagesWrapped`. */
function flagUsages(flags: readonly Flag[], columns: number): string {
  const heads = flags.map(flagHead);
  const indent = Math.max(...heads.map((head) => head.length)) + 3;
  return flags
    .map((flag, index) => (heads[index] as string).padEnd(indent) + wrap(indent, columns, flagText(flag)))
    .join("\n");
}

function flagHead({ name, short, type }: Flag): string {
  return `${short === undefined ? "      " : `  -${short}, `}--${name}${type === "bool" ? "" : ` ${type}`}`;
}

function flagText(flag: Flag): string {
  if (flag.default === undefined) return flag.usage;
  return `${flag.usage} (default ${flag.type === "string" ? JSON.stringify(flag.default) : flag.default})`;
}

/** Words may stick out by this much rather than leave a short last line. */
const SLOP = 5;
const MIN_WIDTH = 24;
const NARROW_INDENT = 16;

/** pflag's own wrapping: greedy, at the last blank that fits; newlines are kept. Where there is no room the text goes below. */
function wrap(indent: number, columns: number, text: string): string {
  const isNarrow = columns - indent < MIN_WIDTH;
  const margin = `\n${" ".repeat(isNarrow ? NARROW_INDENT : indent)}`;
  const room = columns - (isNarrow ? NARROW_INDENT : indent);
  if (room < MIN_WIDTH) return text.replaceAll("\n", margin);
  const lines: string[] = isNarrow ? [""] : [];
  for (let rest: string | undefined = text; rest !== undefined;) {
    const [line, next] = wrapLine(room - SLOP, rest);
    lines.push(line.replaceAll("\n", margin));
    rest = next;
  }
  return lines.join(margin);
}

function wrapLine(width: number, text: string): readonly [line: string, rest: string | undefined] {
  if (width + SLOP > text.length) return [text, undefined];
  const head = text.slice(0, width);
  const blank = Math.max(head.lastIndexOf(" "), head.lastIndexOf("\t"), head.lastIndexOf("\n"));
  if (blank <= 0) return [text, undefined];
  const newline = head.lastIndexOf("\n");
  const cut = newline > 0 && newline < blank ? newline : blank;
  return [text.slice(0, cut), text.slice(cut + 1) || undefined];
}

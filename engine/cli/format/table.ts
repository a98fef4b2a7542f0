/** `--format` of the commands that list things: a table, JSON lines, or a template per line. */
import { messageOf } from "../../base/errors.ts";
import { CommandError } from "../command.ts";
import { alignTabs } from "./tabwriter.ts";
import { compileTemplate } from "./template/template.ts";
import { toJson } from "./template/value.ts";

/** How one kind of thing is listed. */
export interface Listing<Item> {
  /** Fields by name: the text a template sees. Their order does not matter. */
  readonly fields: Readonly<Record<string, (item: Item) => unknown>>;
  /** Fields that take an argument: `{{.Label "name"}}`. */
  readonly methods?: Readonly<Record<string, (item: Item, argument: string) => unknown>>;
  readonly headers: Readonly<Record<string, string>>;
  /** The default table: `{{.ID}}\t{{.Names}}`. */
  readonly table: string;
  /** Go's name of the type, for messages. */
  readonly typeName: string;
  /** What `--quiet` prints. */
  readonly quiet?: string;
  /** It prints that whatever `--format` says. */
  readonly quietWins?: boolean;
  /** `--format raw`, and the same with `--quiet`. */
  readonly raw?: { readonly source: string; readonly quiet: string };
  /** In front of Go's message; `docker ps` has a wording of its own. */
  readonly errorPrefixes?: { readonly parse: string; readonly execute: string };
}

export interface ListingOptions {
  /** `--format`: empty, `table`, `table TEMPLATE`, `json`, `raw`, or a template. */
  readonly format: string;
  readonly quiet?: boolean;
}

/** @throws CommandError for a wrong template */
export function formatListing<Item>(
  listing: Listing<Item>,
  items: readonly Item[],
  { format, quiet = false }: ListingOptions,
): string {
  const { source, isTable } = sourceOf(listing, format, quiet);
  if (source === "json") return items.map((item) => `${jsonOf(listing, item)}\n`).join("");
  const prefixes = listing.errorPrefixes ?? { parse: "template parsing error: ", execute: "template parsing error: " };
  const template = attempt(prefixes.parse, () =>
    compileTemplate(source, { missingField: (name) => `can't evaluate field ${name} in type ${listing.typeName}` }),
  );
  const rows = items.map((item) => attempt(prefixes.execute, () => template.execute(contextOf(listing, item))));
  if (!isTable) return rows.map((row) => `${row}\n`).join("");
  const header = attempt(prefixes.execute, () => headerOf(listing, source));
  return `${alignTabs([header, ...rows].join("\n"))}\n`;
}

function sourceOf<Item>(
  { table, quiet: quietSource = "{{.ID}}", quietWins = false, raw }: Listing<Item>,
  format: string,
  quiet: boolean,
): { source: string; isTable: boolean } {
  const unescaped = format.replaceAll("\\t", "\t").replaceAll("\\n", "\n");
  if (unescaped === "" || unescaped === "table")
    return quiet ? { source: quietSource, isTable: false } : { source: table, isTable: true };
  if (unescaped.startsWith("table")) return { source: unescaped.slice("table".length).trim(), isTable: true };
  if (quiet && quietWins) return { source: quietSource, isTable: false };
  if (["json", "{{json .}}"].includes(unescaped.trim())) return { source: "json", isTable: false };
  if (unescaped === "raw" && raw !== undefined) return { source: quiet ? raw.quiet : raw.source, isTable: false };
  return { source: unescaped, isTable: false };
}

function contextOf<Item>({ fields, methods = {} }: Listing<Item>, item: Item): Record<string, unknown> {
  return Object.fromEntries([
    ...Object.entries(fields).map(([name, read]) => [name, () => read(item)] as const),
    ...Object.entries(methods).map(([name, read]) => [name, (argument: string) => read(item, argument)] as const),
  ]);
}

/** The template with every field replaced by its column's title; what is applied to a field is not applied to titles. */
function headerOf<Item>({ headers, fields, methods = {} }: Listing<Item>, source: string): string {
  const titles: Record<string, unknown> = Object.fromEntries(
    Object.keys(fields).map((name) => [name, headers[name] ?? ""]),
  );
  for (const name of Object.keys(methods)) titles[name] = (argument: string) => argument;
  const asIs = (value: unknown): unknown => value;
  const functions = {
    json: asIs,
    lower: asIs,
    upper: asIs,
    title: asIs,
    split: asIs,
    join: asIs,
    truncate: asIs,
    pad: asIs,
    println: asIs,
  };
  return compileTemplate(source, { functions }).execute(titles);
}

function jsonOf<Item>({ fields }: Listing<Item>, item: Item): string {
  const names = Object.keys(fields).toSorted();
  return toJson(Object.fromEntries(names.map((name) => [name, fields[name]?.(item)])));
}

function attempt<T>(prefix: string, action: () => T): T {
  try {
    return action();
  } catch (cause) {
    throw new CommandError(`${prefix}${messageOf(cause)}`, 1, { cause });
  }
}

/** What `<drydock-playground>` was told: where its document is, and what of it can be shown before it has arrived. */
import type { PosterContent } from "./poster.ts";

/** Attributes that stand for a document's field, or change it. */
const FIELDS = {
  title: "title",
  heading: "title",
  layout: "layout",
  theme: "theme",
  lang: "language",
  open: "open",
  lesson: "lesson",
} as const;

type Fields = Record<string, unknown>;

/** A document as it stands in the page, or the address where it is. */
export type Source = { readonly document: Fields } | { readonly address: string };

/**
 * The document of an element: the property or attribute `document`, a `<script type="application/json">` in it, the address in `src`, or
 * attributes alone, in this order. @throws Error when a JSON text is none
 */
export function sourceOf(element: HTMLElement, property: unknown): Source {
  if (typeof property === "object" && property !== null) return { document: property as Fields };
  const text =
    element.getAttribute("document") ?? element.querySelector('script[type="application/json"]')?.textContent;
  if (text) return { document: parse(text) };
  const address = element.getAttribute("src");
  return address ? { address } : { document: { version: 1 } };
}

/** A document with what the element's attributes say of it. They are the embedding page's own words, so they win. */
export function withAttributes(document: Fields, element: HTMLElement): Fields {
  const changed: Fields = { ...document };
  for (const [attribute, field] of Object.entries(FIELDS)) {
    const value = element.getAttribute(attribute);
    if (value !== null) changed[field] = field === "language" ? value.split("-")[0] : value;
  }
  const image = element.getAttribute("image");
  const command = element.getAttribute("command");
  const port = element.getAttribute("port");
  if (image !== null) changed["images"] = image.split(/\s+/);
  if (command !== null)
    changed["command"] = command
      .split("\n")
      .map((line) => line.trim())
      .filter(Boolean);
  else if (image !== null && document["command"] === undefined) changed["command"] = `docker run -it --rm ${image}`;
  if (port !== null) changed["port"] = Number(port);
  for (const [attribute, field] of [
    ["readonly", "readOnly"],
    ["run", "run"],
  ] as const) {
    if (element.hasAttribute(attribute)) changed[field] = element.getAttribute(attribute) !== "false";
  }
  return changed;
}

/** What the poster can say before the document was checked, or has come. */
export function posterOf(source: Source, element: HTMLElement): PosterContent {
  const document = withAttributes("document" in source ? source.document : {}, element);
  const { title, description, command, theme } = document;
  const commands: readonly unknown[] = Array.isArray(command) ? command : [command];
  return {
    title: typeof title === "string" ? title : "",
    ...(typeof description === "string" && { description }),
    commands: commands.filter((each) => typeof each === "string"),
    isRun: document["run"] === true,
    ...(typeof theme === "string" && { theme }),
    ...("address" in source && { address: new URL(source.address, element.baseURI).href }),
  };
}

/** The document of a source, fetched if need be. @throws Error naming the address */
export async function fetchDocument(source: Source, element: HTMLElement, signal: AbortSignal): Promise<Fields> {
  if ("document" in source) return source.document;
  const { href } = new URL(source.address, element.baseURI);
  const response = await fetch(href, { credentials: "same-origin", signal });
  if (!response.ok) throw new Error(`${href}: HTTP ${response.status}`);
  const document = parse(await response.text());
  // Others may write what is there: that something is run is the embedding page's own word.
  return { ...document, run: false };
}

function parse(text: string): Fields {
  const value: unknown = JSON.parse(text);
  if (typeof value !== "object" || value === null) throw new Error("a playground document must be a JSON object");
  return value as Fields;
}

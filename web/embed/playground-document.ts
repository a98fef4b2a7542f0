/**
 * The playground document: a small JSON text that says what an embedded or shared playground is. `docs/embed.md` explains every
 * field to authors, `public/playground-document.schema.json` to editors. It may come from anybody: nothing in it is trusted.
 *
 * ```json
 * { "version": 1, "title": "A page in a container", "files": { "index.html": "<h1>Hello</h1>" },
 *   "dockerfile": "FROM busybox\nCOPY index.html /www/\nCMD [\"httpd\", \"-f\", \"-h\", \"/www\"]\n",
 *   "command": ["docker build -t page .", "docker run -d -p 8080:80 page"], "layout": "split", "port": 8080 }
 * ```
 */
import { readFiles, type PlaygroundFile } from "./document-files.ts";
import { fail, isRecord, PlaygroundDocumentError, quote, readText } from "./document-fields.ts";

export { PlaygroundDocumentError };
export type { PlaygroundFile };

/** What a layout may be made of, joined by `+`: places of the page's workbench, and beside them `terminal` and `lists`. */
export const LAYOUT_WORDS = ["editor", "layers", "preview", "lesson", "terminal", "lists"] as const;
export const THEMES = ["auto", "light", "dark"] as const;
export const LANGUAGES = ["en", "ko"] as const;

export type Theme = (typeof THEMES)[number];
export type Language = (typeof LANGUAGES)[number];

/** A document that was found to be one: every default filled in. */
export interface Playground {
  readonly title: string;
  readonly description: string;
  /** The language of the page around it; undefined leaves it to the reader's. */
  readonly language: Language | undefined;
  readonly files: readonly PlaygroundFile[];
  /** The file the editor shows first. */
  readonly open: string | undefined;
  /** Lines for the shell: the first is typed, the others are offered after it. */
  readonly commands: readonly string[];
  /** Whether the author asks for the commands to be run. Who may ask decides `mayRun`, not the document. */
  readonly run: boolean;
  /** As `<dd-app layout>` takes it, such as `editor+terminal`. */
  readonly layout: string;
  readonly theme: Theme;
  readonly readOnly: boolean;
  /** Pulled ahead, in this order. */
  readonly images: readonly string[];
  /** The published port that the preview opens when something answers there. */
  readonly port: number | undefined;
  readonly lesson: string | undefined;
  /** Origins whose pages may use the API; undefined: any page that embeds it. */
  readonly allowOrigins: readonly string[] | undefined;
}

const FIELDS = new Set([
  "$schema",
  "version",
  "title",
  "description",
  "language",
  "files",
  "dockerfile",
  "open",
  "command",
  "run",
  "layout",
  "theme",
  "readOnly",
  "images",
  "port",
  "lesson",
  "allowOrigins",
]);

const SPLIT = "editor+terminal";
const COMMANDS_LIMIT = 20;
const COMMAND_LIMIT_CHARACTERS = 2_000;
const IMAGES_LIMIT = 20;
const ORIGINS_LIMIT = 50;
/** Docker's reference grammar, coarsely: enough that nothing else can hide in it. */
const IMAGE = /^[a-z0-9]+(?:[._:/-]+[a-zA-Z0-9_]+)*(?:@sha256:[0-9a-f]{64})?$/;
const LESSON = /^[a-z0-9]+(?:-[a-z0-9]+)*$/;

/** Checks a document as `JSON.parse` gave it. @throws PlaygroundDocumentError whose message begins with the field */
export function readPlayground(value: unknown): Playground {
  if (!isRecord(value)) fail("document", "must be a JSON object");
  for (const name of Object.keys(value)) if (!FIELDS.has(name)) fail(name, "is not a field of a playground document");
  if (value["version"] !== 1) fail("version", `must be 1, not ${quote(value["version"])}`);
  const files = readFiles(value["files"], value["dockerfile"]);
  const open = readText(value["open"], "open", { limit: 1024 });
  if (open !== undefined && !files.some((file) => file.path === open)) fail("open", "must be one of the files");
  return {
    title: readText(value["title"], "title", { limit: 200 }) ?? "",
    description: readText(value["description"], "description", { limit: 2_000, isMultiline: true }) ?? "",
    language: readChoice(value["language"], "language", LANGUAGES),
    files,
    open,
    commands: readCommands(value["command"]),
    run: readFlag(value["run"], "run"),
    layout: readLayout(value["layout"]) ?? (files.length > 0 ? SPLIT : "terminal"),
    theme: readChoice(value["theme"], "theme", THEMES) ?? "auto",
    readOnly: readFlag(value["readOnly"], "readOnly"),
    images: readImages(value["images"]),
    port: readPort(value["port"]),
    lesson: readLesson(value["lesson"]),
    allowOrigins: readOrigins(value["allowOrigins"]),
  };
}

/** The same of a JSON text. @throws PlaygroundDocumentError */
export function parsePlayground(text: string): Playground {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    fail("document", `is no JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
  return readPlayground(value);
}

function readChoice<T extends string>(value: unknown, field: string, choices: readonly T[]): T | undefined {
  if (value === undefined) return undefined;
  const found = choices.find((choice) => choice === value);
  return found ?? fail(field, `must be one of ${choices.join(", ")}, not ${quote(value)}`);
}

function readLayout(value: unknown): string | undefined {
  if (value === undefined || value === "split") return value && SPLIT;
  const words = typeof value === "string" ? value.split("+") : [];
  const isLayout =
    words.length > 0 &&
    new Set(words).size === words.length &&
    words.every((word) => (LAYOUT_WORDS as readonly string[]).includes(word));
  if (isLayout) return words.join("+");
  return fail("layout", `must be split, or some of ${LAYOUT_WORDS.join(", ")} joined by "+", not ${quote(value)}`);
}

function readFlag(value: unknown, field: string): boolean {
  if (value === undefined || typeof value === "boolean") return value ?? false;
  return fail(field, `must be true or false, not ${quote(value)}`);
}

function readCommands(value: unknown): readonly string[] {
  if (value === undefined) return [];
  const list: readonly unknown[] = Array.isArray(value) ? value : [value];
  if (list.length > COMMANDS_LIMIT) fail("command", `may have ${COMMANDS_LIMIT} lines at most`);
  return list.map((each, index) => {
    const field = Array.isArray(value) ? `command[${index}]` : "command";
    // One line without control characters: a line break would be Enter, an escape sequence a key.
    return readText(each, field, { limit: COMMAND_LIMIT_CHARACTERS, isNeeded: true });
  });
}

function readImages(value: unknown): readonly string[] {
  if (value === undefined) return [];
  if (!Array.isArray(value)) fail("images", "must be a list of image names");
  if (value.length > IMAGES_LIMIT) fail("images", `may name ${IMAGES_LIMIT} images at most`);
  return value.map((each, index) => {
    const isName = typeof each === "string" && each.length <= 300 && IMAGE.test(each);
    return isName ? each : fail(`images[${index}]`, `must be an image's name, not ${quote(each)}`);
  });
}

function readPort(value: unknown): number | undefined {
  if (value === undefined) return undefined;
  if (typeof value === "number" && Number.isInteger(value) && value >= 1 && value <= 65_535) return value;
  return fail("port", `must be a whole number from 1 to 65535, not ${quote(value)}`);
}

function readLesson(value: unknown): string | undefined {
  if (value === undefined) return undefined;
  if (typeof value === "string" && value.length <= 100 && LESSON.test(value)) return value;
  return fail("lesson", `must be a lesson's id such as "01-first-container", not ${quote(value)}`);
}

function readOrigins(value: unknown): readonly string[] | undefined {
  if (value === undefined) return undefined;
  if (!Array.isArray(value)) fail("allowOrigins", "must be a list of origins");
  if (value.length > ORIGINS_LIMIT) fail("allowOrigins", `may name ${ORIGINS_LIMIT} origins at most`);
  return value.map((each, index) => {
    const origin = typeof each === "string" && URL.canParse(each) ? new URL(each).origin : undefined;
    const isOrigin = origin !== undefined && origin !== "null" && origin === each;
    return isOrigin ? origin : fail(`allowOrigins[${index}]`, `must be an origin such as "https://blog.example"`);
  });
}

/** A document that is refused. The message begins with the field's name: `files["../x"] must not contain ".."`. */
export class PlaygroundDocumentError extends Error {
  readonly field: string;

  constructor(field: string, problem: string) {
    super(`${field} ${problem}`);
    this.name = "PlaygroundDocumentError";
    this.field = field;
  }
}

/** @throws PlaygroundDocumentError always */
export function fail(field: string, problem: string): never {
  throw new PlaygroundDocumentError(field, problem);
}

/** An object as JSON has it. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A value as an error message may show it: as JSON, cut. */
export function quote(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}

/** C0, DEL and C1: keys and escape sequences to a terminal. */
// oxlint-disable-next-line no-control-regex -- these are what is looked for
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/;
// oxlint-disable-next-line no-control-regex -- the same without tab and line feed
const CONTROL_IN_PROSE = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/;
/** Characters that make a text look like another one: direction overrides, invisible separators; lone halves of characters. */
const DECEPTIVE = /[\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]|\p{Surrogate}/u;

interface TextRules {
  /** In UTF-16 units. */
  readonly limit: number;
  readonly isMultiline?: boolean;
  readonly isNeeded?: boolean;
}

/** A text that shows what it is. @throws PlaygroundDocumentError */
export function readText(value: unknown, field: string, rules: TextRules & { readonly isNeeded: true }): string;
export function readText(value: unknown, field: string, rules: TextRules): string | undefined;
export function readText(value: unknown, field: string, rules: TextRules): string | undefined {
  if (value === undefined && !rules.isNeeded) return undefined;
  if (typeof value !== "string") fail(field, `must be a text, not ${quote(value)}`);
  if (rules.isNeeded && value.trim() === "") fail(field, "must not be empty");
  if (value.length > rules.limit) fail(field, `may have ${rules.limit} characters at most`);
  if ((rules.isMultiline ? CONTROL_IN_PROSE : CONTROL).test(value)) {
    fail(
      field,
      rules.isMultiline ? "must not contain control characters" : "must be one line without control characters",
    );
  }
  if (DECEPTIVE.test(value)) fail(field, "must not contain invisible or direction-changing characters");
  return value;
}

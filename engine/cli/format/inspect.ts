/** `docker inspect`'s output: indented JSON, or a template for each object. */
import { messageOf } from "../../base/errors.ts";
import { encodeGoJson } from "../../wire/go-json.ts";
import { CommandError } from "../command.ts";
import { OPTIONAL_FIELDS, toGoValue, toRawValue } from "./go-shapes.ts";
import { compileTemplate, type Template, type TemplateOptions } from "./template/template.ts";

export interface Inspected {
  readonly text: string;
  /** A template failed at this object: what came before it is in `text`. */
  readonly problem?: string;
}

/** Exit code of a template that cannot be read. */
const BAD_TEMPLATE = 64;

/** @throws CommandError for a template that cannot be read */
export function formatInspected(objects: readonly unknown[], format: string): Inspected {
  if (format === "") return { text: `${encodeGoJson(objects, "    ")}\n` };
  if (format === "json") return { text: `${encodeGoJson(objects)}\n` };
  const template = compile(format, { optionalFields: OPTIONAL_FIELDS });
  const raw = compile(format, { missingKeyIsError: true });
  let text = "";
  for (const object of objects) {
    try {
      text += `${execute(template, raw, object)}\n`;
    } catch (cause) {
      return { text: `${text}\n`, problem: `template parsing error: ${messageOf(cause)}` };
    }
  }
  return { text: objects.length === 0 ? "\n" : text };
}

/** On Docker's types first; where they do not fit, on plain JSON, whose errors are the ones that are shown. */
function execute(template: Template, raw: Template, object: unknown): string {
  try {
    return template.execute(toGoValue(object));
  } catch {
    return raw.execute(toRawValue(object));
  }
}

function compile(format: string, options: TemplateOptions): Template {
  try {
    return compileTemplate(format, options);
  } catch (cause) {
    throw new CommandError(`template parsing error: ${messageOf(cause)}`, BAD_TEMPLATE, { cause });
  }
}

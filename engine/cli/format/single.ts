import { messageOf } from "../../base/errors.ts";
import { CommandError } from "../command.ts";
import type { CommandContext } from "../command-context.ts";
import { print } from "../output.ts";
import { toGoValue } from "./go-shapes.ts";
import { compileTemplate, type Template } from "./template/template.ts";
import { toJson } from "./template/value.ts";

/** `--format` of a command that shows one thing: `json`, or a template. @throws CommandError for a wrong template */
export async function printFormatted(
  context: CommandContext,
  format: string,
  data: object,
  types: { name?: string; typeName: string },
): Promise<void> {
  if (format === "json" || format === "{{json .}}") return await print(context.stdout, `${toJson(data)}\n`);
  const template = compile(format, types);
  let text: string;
  try {
    text = template.execute(toGoValue(data));
  } catch (cause) {
    await print(context.stdout, "\n");
    throw new CommandError(messageOf(cause), 1, { cause });
  }
  await print(context.stdout, `${text}\n`);
}

function compile(format: string, { name, typeName }: { name?: string; typeName: string }): Template {
  try {
    return compileTemplate(format, {
      ...(name !== undefined && { name }),
      missingField: (field) => `can't evaluate field ${field} in type ${typeName}`,
    });
  } catch (cause) {
    throw new CommandError(`template parsing error: ${messageOf(cause)}`, 64, { cause });
  }
}

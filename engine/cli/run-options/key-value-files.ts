import { messageOf } from "../../base/errors.ts";
import { collect } from "../../base/streams.ts";
import type { CommandContext } from "../command-context.ts";

/** The lines of `--env-file`s, then the values of `--env`: a name alone takes its value from the user's environment. */
export async function readEnvironment(
  context: CommandContext,
  files: readonly string[],
  values: readonly string[],
): Promise<readonly string[]> {
  const lookUp = (name: string): string | undefined => context.env.get(name);
  const fromFiles = await readFiles(context, files, lookUp);
  const given = values.map((item) => {
    const value = item.includes("=") ? undefined : lookUp(item);
    return value === undefined ? item : `${item}=${value}`;
  });
  return [...fromFiles, ...given];
}

/** The lines of `--label-file`s, then the values of `--label`. */
export async function readLabels(
  context: CommandContext,
  files: readonly string[],
  values: readonly string[],
): Promise<Readonly<Record<string, string>>> {
  const lines = [...(await readFiles(context, files, () => "")), ...values];
  return Object.fromEntries(
    lines.map((line) => {
      const equals = line.indexOf("=");
      return equals < 0 ? [line, ""] : [line.slice(0, equals), line.slice(equals + 1)];
    }),
  );
}

async function readFiles(
  context: CommandContext,
  paths: readonly string[],
  lookUp: (name: string) => string | undefined,
): Promise<readonly string[]> {
  const lists = [];
  for (const path of paths) lists.push(parseLines(path, await readBytes(context, path), lookUp));
  return lists.flat();
}

/** Go's wording of what the machine's files say. @throws Error `open x: no such file or directory` */
export async function readBytes({ files }: CommandContext, path: string): Promise<Uint8Array> {
  try {
    return await collect(await files.read(path));
  } catch (cause) {
    const reason = messageOf(cause);
    if (/is a directory|EISDIR/i.test(reason))
      throw new Error(`invalid env file (${path}): read ${path}: is a directory`, { cause });
    if (/no such file|ENOENT|not found/i.test(reason))
      throw new Error(`open ${path}: no such file or directory`, { cause });
    throw new Error(`open ${path}: ${reason}`, { cause });
  }
}

function parseLines(path: string, bytes: Uint8Array, lookUp: (name: string) => string | undefined): readonly string[] {
  const fail = (reason: string): never => {
    throw new Error(`invalid env file (${path}): ${reason}`);
  };
  return splitLines(bytes).flatMap((raw, index) => {
    const line = decodeLine(raw) ?? fail(`invalid utf8 bytes at line ${index + 1}: [${raw.join(" ")}]`);
    const text = (index === 0 ? line.replace(/^\uFEFF/, "") : line).trimStart();
    if (text === "" || text.startsWith("#")) return [];
    const equals = text.indexOf("=");
    const name = equals < 0 ? text : text.slice(0, equals);
    if (name === "") return fail(`no variable name on line '${text}'`);
    if (/\s/.test(name)) return fail(`variable '${name}' contains whitespaces`);
    if (equals >= 0) return [text];
    const value = lookUp(name);
    return value === undefined ? [] : [`${name}=${value}`];
  });
}

function splitLines(bytes: Uint8Array): readonly Uint8Array[] {
  const lines: Uint8Array[] = [];
  for (let start = 0; start < bytes.length;) {
    const newline = bytes.indexOf(10, start);
    const end = newline < 0 ? bytes.length : newline;
    lines.push(bytes.subarray(start, bytes[end - 1] === 13 && end > start ? end - 1 : end));
    start = end + 1;
  }
  return lines;
}

function decodeLine(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

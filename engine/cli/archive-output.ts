import { messageOf } from "../base/errors.ts";
import { chunksOf } from "../base/streams.ts";
import { CommandError } from "./command.ts";
import type { CommandContext } from "./command-context.ts";

/** Where a tar file goes: a file, or stdout when that is no terminal. */
export interface ArchiveOutput {
  write(body: ReadableStream<Uint8Array> | undefined): Promise<void>;
}

/** `path`: of `--output`, "" for stdout. `failure` is in front of what is wrong with a path. @throws CommandError */
export async function openArchiveOutput(
  context: CommandContext,
  path: string,
  failure: string,
): Promise<ArchiveOutput> {
  if (path === "") {
    if (context.stdout.isTerminal)
      throw new CommandError("cowardly refusing to save to a terminal. Use the -o flag or redirect");
    return { write: (body) => copyTo(context, body) };
  }
  await checkPath(context, path).catch((cause: unknown) => {
    throw new CommandError(`${failure}: ${messageOf(cause)}`, 1, { cause });
  });
  return {
    write: async (body) => context.files.write(path, body ?? new Blob([]).stream(), { mode: 0o600 }),
  };
}

/** All of it to stdout. */
export async function copyTo({ stdout }: CommandContext, body: ReadableStream<Uint8Array> | undefined): Promise<void> {
  if (body !== undefined) for await (const chunk of chunksOf(body)) await stdout.write(chunk);
}

async function checkPath({ files, cwd }: CommandContext, path: string): Promise<void> {
  const found = await files.stat(path, { follow: true });
  if (found?.type === "directory") throw new Error("cannot write to a directory");
  const slash = path.lastIndexOf("/");
  const parent = slash < 0 ? cwd : path.slice(0, Math.max(slash, 1));
  const directory = await files.stat(parent, { follow: true });
  if (directory === undefined) throw new Error(`invalid output path: stat ${parent}: no such file or directory`);
  if (directory.type !== "directory") throw new Error("not a directory");
}

import type { ReadableLowerFiles } from "../../archive/lower-files.ts";
import { EngineError } from "../../base/errors.ts";
import { S_IFMT, S_IFREG } from "../../base/file-types.ts";
import { collectText } from "../../base/streams.ts";
import { resolvePath } from "./tree-path.ts";

export interface Owner {
  readonly uid: number;
  readonly gid: number;
}

/** BuildKit `maxUserFileBytes`. */
const MAX_USER_FILE_BYTES = 10 << 20;

/**
 * The owner that `--chown` and `USER` name: numbers, or names in the image's `/etc/passwd` and `/etc/group`. A user without a group has the
 * same number as group when it is a number, otherwise its login group. A name that is not there is root, as BuildKit does
 * (`solver/llbsolver/ops/user_linux.go` `readUser`, `client/llb/fileop.go` `WithUser`).
 *
 * @throws EngineError invalid-argument
 */
export async function findOwner(text: string, files: ReadableLowerFiles): Promise<Owner> {
  const [user = "", ...rest] = text.split(":");
  const group = rest.length === 0 ? undefined : rest.join(":");
  let uid = 0;
  let gid = 0;
  const userId = numberOf(user);
  if (userId !== undefined) uid = gid = userId;
  else if (user !== "") {
    const fields = await lineOf(files, "etc/passwd", user);
    uid = Number(fields?.[2] ?? 0) || 0;
    gid = Number(fields?.[3] ?? 0) || 0;
  }
  if (group !== undefined) {
    const groupId = numberOf(group);
    if (groupId !== undefined) gid = groupId;
    else gid = group === "" ? 0 : Number((await lineOf(files, "etc/group", group))?.[2] ?? gid) || 0;
  }
  return { uid, gid };
}

/** Whether it has to be looked up. */
export function isNamedOwner(text: string): boolean {
  return text.split(":").some((part) => part !== "" && numberOf(part) === undefined);
}

function numberOf(text: string): number | undefined {
  if (text === "root") return 0;
  return /^\d{1,10}$/.test(text) && Number(text) <= 0x7fffffff ? Number(text) : undefined;
}

async function lineOf(files: ReadableLowerFiles, path: string, name: string): Promise<readonly string[] | undefined> {
  const real = resolvePath(files, path);
  const file = files.find(real);
  if (file === undefined) return undefined;
  if ((file.mode & S_IFMT) !== S_IFREG) throw new EngineError("invalid-argument", `/${real} is not a regular file`);
  if (file.size > MAX_USER_FILE_BYTES)
    throw new EngineError("invalid-argument", `"/${real}" exceeds ${MAX_USER_FILE_BYTES} bytes`);
  const text = await collectText(files.read(real), MAX_USER_FILE_BYTES);
  for (const line of text.split("\n")) {
    const fields = line.trim().split(":");
    if (fields[0] === name) return fields;
  }
  return undefined;
}

import { EngineError } from "../base/errors.ts";
import type { UserDatabase } from "./runtime.ts";

/** Who a process runs as. */
export interface ResolvedUser {
  readonly uid: number;
  readonly gid: number;
  /** Supplementary groups, as Docker passes them on. */
  readonly groups: readonly number[];
  readonly home: string;
}

interface PasswdEntry {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  readonly home: string;
}

interface GroupEntry {
  readonly name: string;
  readonly gid: number;
  readonly members: readonly string[];
}

const MAX_ID = 0x7fffffff;

/**
 * Resolves `name`, `uid`, `name:group`, `uid:gid` or "" (root) by the container's user database, and adds `--group-add` groups.
 * The rules, and the errors, are those of `github.com/moby/sys/user`, GetExecUser.
 * @throws EngineError internal, as Docker, which finds out at the start
 */
export function resolveUser(text: string, database: UserDatabase, groupAdd: readonly string[] = []): ResolvedUser {
  const [userPart = "", groupPart = ""] = text.split(":", 2);
  const users = parsePasswd(database.passwd);
  const groups = parseGroup(database.group);
  const user = findUser(userPart, users);
  const base =
    groupPart === ""
      ? withMemberships(user, userPart, groups)
      : { ...user, gid: findGroup(groupPart, groups), groups: [] };
  return {
    uid: base.uid,
    gid: base.gid,
    home: base.home,
    groups: [...base.groups, ...groupAdd.map((group) => findGroup(group, groups))],
  };
}

function findUser(text: string, users: readonly PasswdEntry[]): PasswdEntry {
  const number = parseId(text);
  const entry = users.find(({ name, uid }) => (text === "" ? uid === 0 : name === text || uid === number));
  if (entry !== undefined) return entry;
  if (text === "") return { name: "", uid: 0, gid: 0, home: "/" };
  if (number === undefined)
    throw new EngineError("internal", `unable to find user ${text}: no matching entries in passwd file`);
  if (number > MAX_ID) throw new EngineError("internal", `uids and gids must be in range 0-${MAX_ID}`);
  return { name: "", uid: number, gid: 0, home: "/" };
}

/** Without a group of its own choice, a user has the groups that list it. */
function withMemberships(
  user: PasswdEntry,
  text: string,
  groups: readonly GroupEntry[],
): PasswdEntry & { groups: readonly number[] } {
  const name = user.name === "" ? text : user.name;
  return {
    ...user,
    groups: name === "" ? [] : groups.filter(({ members }) => members.includes(name)).map(({ gid }) => gid),
  };
}

function findGroup(text: string, groups: readonly GroupEntry[]): number {
  const number = parseId(text);
  const entry = groups.find(({ name, gid }) => name === text || gid === number);
  if (entry !== undefined) return entry.gid;
  if (number === undefined)
    throw new EngineError("internal", `unable to find group ${text}: no matching entries in group file`);
  if (number > MAX_ID) throw new EngineError("internal", `uids and gids must be in range 0-${MAX_ID}`);
  return number;
}

function parseId(text: string): number | undefined {
  return /^\d+$/.test(text) ? Number(text) : undefined;
}

function parsePasswd(text: string): readonly PasswdEntry[] {
  return fieldsOf(text).map(([name = "", , uid = "", gid = "", , home = ""]) => ({
    name,
    uid: Number(uid) || 0,
    gid: Number(gid) || 0,
    home: home === "" ? "/" : home,
  }));
}

function parseGroup(text: string): readonly GroupEntry[] {
  return fieldsOf(text).map(([name = "", , gid = "", members = ""]) => ({
    name,
    gid: Number(gid) || 0,
    members: members.split(",").filter((member) => member !== ""),
  }));
}

function fieldsOf(text: string): readonly (readonly string[])[] {
  return text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "" && !line.startsWith("#"))
    .map((line) => line.split(":"));
}

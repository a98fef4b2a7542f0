import { describe, expect, it } from "vitest";
import { resolveUser } from "./user.ts";

// What a real Docker answered for these files is what is expected here.
const database = {
  passwd: "root:x:0:0:root:/root:/bin/sh\nwww:x:33:33:www:/var/www:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n",
  group: "root:x:0:\nwheel:x:10:root,www\nwww:x:33:\nnobody:x:65534:\n",
};
const ids = (text: string, groupAdd: readonly string[] = []): unknown => {
  const { uid, gid, groups } = resolveUser(text, database, groupAdd);
  return [uid, gid, groups];
};

describe("the user of a container", () => {
  it("is root with root's groups when nothing is said", () => {
    expect(ids("")).toEqual([0, 0, [10]]);
    expect(resolveUser("", database).home).toBe("/root");
    expect(resolveUser("", { passwd: "", group: "" })).toEqual({ uid: 0, gid: 0, groups: [], home: "/" });
  });

  it("is found by name or number, with the groups that list it", () => {
    expect(ids("www")).toEqual([33, 33, [10]]);
    expect(ids("33")).toEqual([33, 33, [10]]);
    expect(resolveUser("www", database).home).toBe("/var/www");
  });

  it("may be a number that nobody knows", () => {
    expect(ids("1234")).toEqual([1234, 0, []]);
    expect(ids("1234:5")).toEqual([1234, 5, []]);
  });

  it("has only the group that is said with it", () => {
    expect(ids("www:wheel")).toEqual([33, 10, []]);
    expect(ids("root:33")).toEqual([0, 33, []]);
  });

  it("gets the groups of --group-add", () => {
    expect(ids("", ["5", "wheel"])).toEqual([0, 0, [10, 5, 10]]);
  });

  it("must be known when it is a name", () => {
    expect(() => ids("foo")).toThrow("unable to find user foo: no matching entries in passwd file");
    expect(() => ids("www:nogrp")).toThrow("unable to find group nogrp: no matching entries in group file");
    expect(() => ids("", ["nope"])).toThrow("unable to find group nope: no matching entries in group file");
    expect(() => ids("9999999999")).toThrow("uids and gids must be in range 0-2147483647");
  });
});

import { describe, expect, test } from "vitest";
import { type GitUrl, isGitContext, isGitSource, parseGitUrl } from "./git-url.ts";

const url = (remote: string, fields: Partial<GitUrl> = {}): GitUrl => ({
  protocol: "https",
  remote,
  ref: "",
  subdirectory: "",
  checksum: "",
  keepGitDirectory: undefined,
  submodules: undefined,
  ...fields,
});

describe("git URLs", () => {
  test.each<[string, GitUrl]>([
    ["https://h/a/b.git", url("https://h/a/b.git")],
    ["https://h/b.git#main", url("https://h/b.git", { ref: "main" })],
    ["https://h/b.git#main:docs/./x/", url("https://h/b.git", { ref: "main", subdirectory: "docs/x" })],
    ["https://h/b.git#:sub", url("https://h/b.git", { subdirectory: "sub" })],
    ["https://h/b.git#:../../sub", url("https://h/b.git", { subdirectory: "sub" })],
    ["http://h/b.git", url("http://h/b.git", { protocol: "http" })],
    ["git://h/b", url("git://h/b", { protocol: "git" })],
    ["ssh://git@h:22/b#v1", url("ssh://git@h:22/b", { protocol: "ssh", ref: "v1" })],
    ["git@h:o/b.git#v1:d", url("git@h:o/b.git", { protocol: "ssh", ref: "v1", subdirectory: "d" })],
    ["github.com/o/r", url("https://github.com/o/r")],
    ["https://h/b.git?branch=x", url("https://h/b.git", { ref: "refs/heads/x" })],
    ["https://h/b.git?tag=v1&subdir=d", url("https://h/b.git", { ref: "refs/tags/v1", subdirectory: "d" })],
    ["https://h/b.git?ref=x#x", url("https://h/b.git", { ref: "x" })],
    [
      "https://h/b.git?checksum=abc&keep-git-dir&submodules=false",
      url("https://h/b.git", { checksum: "abc", keepGitDirectory: true, submodules: false }),
    ],
  ])("%s", (text, expected) => {
    expect(parseGitUrl(text)).toEqual(expected);
    expect(isGitContext(text)).toBe(true);
  });

  test.each([
    ["https://h/b.git?ref=x#y", 'ref conflicts: "y" vs "x"'],
    ["https://h/b.git?tag=a&branch=b", "branch conflicts with tag"],
    ["https://h/b.git?what=1", 'unexpected query "what"'],
    ["https://h/b.git?ref=", 'query "ref" has no value'],
    ["https://h/b.git?ref=a&ref=b", 'query "ref" has multiple values'],
    ["https://h/b.git?submodules=maybe", 'invalid submodules value: "maybe"'],
  ])("%s is refused", (text, message) => {
    expect(() => parseGitUrl(text)).toThrow(message);
  });

  test.each(["https://h/b", "https://h/b.git/x", "./github.com/o/r", "../x.git", "a/b", "ftp://h/b.git", "user@host"])(
    "%s is none",
    (text) => {
      expect(isGitContext(text)).toBe(false);
    },
  );

  test("github.com/… is a path for ADD", () => {
    expect(isGitSource("github.com/o/r")).toBe(false);
  });
});

import { S_IFDIR, S_IFREG, S_IFLNK, S_IFCHR } from "../base/file-types.ts";
import { expect, it } from "vitest";
import { collectText, encodeUtf8, streamOf } from "../base/streams.ts";
import { FakeGuest } from "../guest/fake-guest.ts";
import { readTar } from "../oci/layer-tar.ts";
import { mergedFiles } from "./merged-files.ts";
import type { LowerFile, ReadableLowerFiles } from "./lower-files.ts";
import { archiveRoot } from "./archive-path.ts";

const OPAQUE = ["trusted.overlay.opaque", encodeUtf8("y")] as const;

/** `name` → content; a directory ends with a slash, a symlink has `-> target`, a hard link `= first name`. */
function lowerOf(files: Readonly<Record<string, string>>): ReadableLowerFiles {
  const entries = new Map(Object.entries(files).map(([path, text]) => [path.replace(/\/$/, ""), { path, text }]));
  const attributes = { uid: 1, gid: 2, major: 0, minor: 0, mtimeSeconds: 3, mtimeNanoseconds: 0, xattrs: [] };
  const contentOf = (path: string): string => {
    const text = entries.get(path)?.text ?? "";
    return text.startsWith("= ") ? contentOf(text.slice(2)) : text;
  };
  return {
    find: (path): LowerFile | undefined => {
      if (path === "") return { ...attributes, mode: S_IFDIR | 0o755, size: 0 };
      const entry = entries.get(path);
      if (entry === undefined) return undefined;
      const isSymlink = entry.text.startsWith("-> ");
      const mode = entry.path.endsWith("/") ? S_IFDIR | 0o755 : isSymlink ? S_IFLNK | 0o777 : S_IFREG | 0o644;
      return { ...attributes, mode, size: isSymlink ? 0 : contentOf(path).length };
    },
    names: (path) => {
      const prefix = path === "" ? "" : `${path}/`;
      const below = [...entries.keys()].filter((name) => name.startsWith(prefix) && name !== path);
      return below.map((name) => name.slice(prefix.length)).filter((name) => !name.includes("/"));
    },
    readLink: (path) => entries.get(path)?.text.replace("-> ", "") ?? "",
    read: (path) => streamOf(encodeUtf8(contentOf(path))),
    identity: (path) => {
      const text = entries.get(path)?.text ?? "";
      const isShared = [...entries.values()].some((other) => other.text === `= ${path}`);
      return text.startsWith("= ") ? text.slice(2) : isShared ? path : undefined;
    },
  };
}

it("a part of them is there as far as nothing above hides it", async () => {
  const lower = lowerOf({ "a/": "", "a/b/": "", "a/b/f": "lower", "gone/": "", "gone/f": "lower" });
  const guest = new FakeGuest();
  for (const [path, xattrs] of [
    ["/up", []],
    ["/up/gone", [OPAQUE]],
    ["/up/gone/new", []],
  ] as const)
    guest.files.put(path, { mode: S_IFDIR | 0o755, xattrs: [...xattrs] });
  const seen = async (top: string): Promise<readonly string[]> => {
    const paths: string[] = [];
    for await (const { path } of mergedFiles(guest, { upper: "/up", lower }, top)) paths.push(path);
    return paths;
  };
  expect(await seen("a")).toEqual(["", "b", "b/f"]);
  expect(await seen("a/b/f")).toEqual([""]);
  expect(await seen("gone")).toEqual(["", "new"]);
  expect(await seen("gone/f")).toEqual([]);
});

it("a container's own files are what it wrote, and what of the image it left", async () => {
  const lower = lowerOf({
    "bin/": "",
    "bin/sh": "shell",
    "bin/ls": "= bin/sh",
    "bin/vi": "gone",
    "etc/": "",
    "etc/link": "-> target",
    "etc/passwd": "old",
    "var/": "",
    "var/hidden": "below an opaque directory",
    kind: "a file before",
  });
  const guest = new FakeGuest();
  const put = (path: string, mode: number, text = "", xattrs: (readonly [string, Uint8Array])[] = []): unknown =>
    guest.files.put(path, { mode, data: encodeUtf8(text), xattrs });
  put("/up", S_IFDIR | 0o755);
  put("/up/bin", S_IFDIR | 0o700);
  put("/up/bin/vi", S_IFCHR);
  put("/up/etc", S_IFDIR | 0o755);
  put("/up/etc/passwd", S_IFREG | 0o600, "new");
  put("/up/etc/hosts", S_IFREG | 0o644);
  put("/up/kind", S_IFDIR | 0o755);
  put("/up/kind/x", S_IFREG | 0o644, "x");
  put("/up/var", S_IFDIR | 0o755, "", [OPAQUE]);
  const seen: string[] = [];
  for await (const { entry, content } of readTar(archiveRoot(guest, { upper: "/up", lower }))) {
    const text = await collectText(content);
    seen.push([entry.type, entry.path, entry.link && `-> ${entry.link}`, text].filter(Boolean).join(" "));
  }
  expect(seen).toEqual([
    "directory bin",
    "directory etc",
    "file etc/hosts",
    "file etc/passwd new",
    "directory kind",
    "file kind/x x",
    "directory var",
    "file bin/ls shell",
    "hard-link bin/sh -> bin/ls",
    "symlink etc/link -> target",
    "file .dockerenv",
    "directory dev",
    "file dev/console",
    "directory dev/pts",
    "directory dev/shm",
    "file etc/hostname",
    "file etc/resolv.conf",
    "directory proc",
    "directory sys",
  ]);
});

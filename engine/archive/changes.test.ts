import { S_IFDIR, S_IFREG, S_IFCHR } from "../base/file-types.ts";
import { beforeEach, describe, expect, it } from "vitest";
import { encodeUtf8, streamOf } from "../base/streams.ts";
import { FakeGuest } from "../guest/fake-guest.ts";
import { type TreeEntry, treeHeader } from "../guest/tree.ts";
import { listChanges } from "./changes.ts";
import { layerPieces } from "./layer-diff.ts";
import type { LowerFile, LowerFiles } from "./lower-files.ts";

const OPAQUE = ["trusted.overlay.opaque", encodeUtf8("y")] as const;

/** Layers: a directory ends with a slash. Everything is root's, from second 1. */
function lowerOf(...paths: readonly string[]): LowerFiles {
  const files = new Map<string, LowerFile>(
    paths.map((path) => {
      const isDirectory = path.endsWith("/");
      const mode = isDirectory ? S_IFDIR | 0o755 : S_IFREG | 0o644;
      const file = { mode, uid: 0, gid: 0, size: isDirectory ? 0 : 3, major: 0, minor: 0, xattrs: [] };
      return [path.replace(/\/$/, ""), { ...file, mtimeSeconds: 1, mtimeNanoseconds: 0 }];
    }),
  );
  return {
    find: (path) => files.get(path),
    names: (path) =>
      [...files.keys()]
        .filter((name) => name.startsWith(`${path}/`) && !name.slice(path.length + 1).includes("/"))
        .map((name) => name.slice(path.length + 1)),
  };
}

const LOWER = lowerOf("bin/", "bin/sh", "bin/vi", "etc/", "etc/passwd", "var/", "var/a", "var/b/", "var/b/c", "tmp/");

describe("docker diff", () => {
  let guest: FakeGuest;
  const lines = async (): Promise<readonly string[]> =>
    (await listChanges(guest, "/upper", LOWER)).map(({ kind, path }) => `${kind} ${path}`);
  const directory = (path: string, fields: object = {}): unknown =>
    guest.files.put(`/upper/${path}`, { mode: S_IFDIR | 0o755, mtimeSeconds: 50, ...fields });
  const put = (path: string, text: string, fields: object = {}): unknown =>
    guest.files.put(`/upper/${path}`, { data: encodeUtf8(text), mtimeSeconds: 1, ...fields });

  beforeEach(() => {
    guest = new FakeGuest();
    directory("");
    guest.files.put("/upper", { mode: S_IFDIR | 0o755 });
  });

  it("of a container that did nothing is empty, although the runtime made places to mount on", async () => {
    directory("etc");
    directory("dev");
    directory("proc");
    put(".dockerenv", "");
    put("etc/hosts", "");
    put("dev/console", "");
    expect(await lines()).toEqual([]);
  });

  it("tells what was added, modified and deleted, and the directories around it", async () => {
    directory("bin");
    guest.files.put("/upper/bin/vi", { mode: S_IFCHR });
    put("bin/sh", "abc", { mode: S_IFREG | 0o755 });
    directory("new");
    directory("new/sub");
    put("new/sub/f", "x");
    put("etc/passwd", "abcd");
    directory("etc");
    expect(await lines()).toEqual([
      "modified /bin",
      "modified /bin/sh",
      "deleted /bin/vi",
      "modified /etc",
      "modified /etc/passwd",
      "added /new",
      "added /new/sub",
      "added /new/sub/f",
    ]);
  });

  it("does not tell of a file that is as it was, nor of a directory for its time alone", async () => {
    directory("bin");
    put("bin/sh", "abc", { mode: S_IFREG | 0o644 });
    directory("tmp");
    expect(await lines()).toEqual([]);
    put("bin/sh", "abc", { mode: S_IFREG | 0o644, mtimeSeconds: 2 });
    directory("tmp", { mode: S_IFDIR | 0o700 });
    expect(await lines()).toEqual(["modified /bin", "modified /bin/sh", "modified /tmp"]);
  });

  it("sees a capability that a file was given", async () => {
    directory("bin");
    put("bin/sh", "abc", { mode: S_IFREG | 0o644, xattrs: [["security.capability", encodeUtf8("x")]] });
    expect(await lines()).toEqual(["modified /bin", "modified /bin/sh"]);
  });

  it("tells what a directory that was made anew does not have any more", async () => {
    directory("var", { xattrs: [OPAQUE] });
    put("var/new", "x");
    expect(await lines()).toEqual(["modified /var", "deleted /var/a", "deleted /var/b", "added /var/new"]);
  });

  it("tells a change of kind as a modification", async () => {
    put("var", "now a file");
    directory("bin");
    directory("bin/sh");
    put("bin/sh/x", "x");
    expect(await lines()).toEqual(["modified /bin", "modified /bin/sh", "added /bin/sh/x", "modified /var"]);
  });
});

describe("a container's own layer as one of an image", () => {
  const record = (path: string, mode: number, fields: Partial<TreeEntry> = {}): TreeEntry => ({
    ...treeHeader({ path, mode, mtimeSeconds: 5, ...fields }),
    content: streamOf(),
  });
  const names = async (...records: readonly TreeEntry[]): Promise<readonly string[]> => {
    const found: string[] = [];
    async function* all(): AsyncGenerator<TreeEntry, void, undefined> {
      yield record("", S_IFDIR | 0o755);
      yield* records;
    }
    for await (const { entry } of layerPieces(all(), LOWER)) found.push(entry.path);
    return found;
  };

  it("has whiteouts for what is gone, if the layers below have it", async () => {
    expect(
      await names(record("bin", S_IFDIR | 0o755), record("bin/nothing", S_IFCHR), record("bin/vi", S_IFCHR)),
    ).toEqual(["bin", "bin/.wh.vi"]);
  });

  it("hides a directory that was made anew only where there is something to hide", async () => {
    expect(
      await names(
        record("tmp", S_IFDIR | 0o755, { xattrs: [OPAQUE] }),
        record("tmp/f", S_IFREG | 0o644),
        record("var", S_IFDIR | 0o755, { xattrs: [OPAQUE] }),
        record("var/new", S_IFREG | 0o644),
      ),
    ).toEqual(["tmp", "tmp/f", "var", "var/.wh..wh..opq", "var/new"]);
  });

  it("leaves out what nobody changed: copied directories, and places to mount on", async () => {
    expect(
      await names(
        record(".dockerenv", S_IFREG | 0o755),
        record("bin", S_IFDIR | 0o755),
        record("dev", S_IFDIR | 0o755),
        record("dev/console", S_IFREG | 0o755),
        record("etc", S_IFDIR | 0o755),
        record("etc/hosts", S_IFREG | 0o755),
        record("proc", S_IFDIR | 0o755),
      ),
    ).toEqual([]);
    expect(
      await names(record("bin", S_IFDIR | 0o700), record("dev", S_IFDIR | 0o755), record("dev/x", S_IFREG)),
    ).toEqual(["bin", "dev", "dev/x"]);
  });

  it("leaves out places that this process was given to mount on, unless something is in them", async () => {
    const records = [
      record("bin", S_IFDIR | 0o755),
      record("run", S_IFDIR | 0o755),
      record("run/secret", S_IFREG | 0o755),
      record("src", S_IFDIR | 0o755),
      record("src/kept", S_IFREG | 0o644),
    ];
    const found: string[] = [];
    const places = new Set(["bin", "run", "run/secret", "src"]);
    for await (const { entry } of layerPieces(
      (async function* () {
        yield* records;
      })(),
      LOWER,
      places,
    ))
      found.push(entry.path);
    expect(found).toEqual(["src", "src/kept"]);
  });

  it("keeps no xattr of overlayfs", async () => {
    const pieces = layerPieces(
      (async function* () {
        yield record("x", S_IFDIR | 0o755, { xattrs: [OPAQUE, ["user.a", encodeUtf8("1")]] });
      })(),
      LOWER,
    );
    for await (const { entry } of pieces) expect(entry.xattrs?.map(([name]) => name)).toEqual(["user.a"]);
    expect.assertions(1);
  });
});

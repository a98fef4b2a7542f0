import { S_IFDIR, S_IFLNK } from "../base/file-types.ts";
import { beforeEach, describe, expect, it } from "vitest";
import { encodeUtf8, streamFrom, streamOf } from "../base/streams.ts";
import { FakeGuest } from "../guest/fake-guest.ts";
import { type TarEntryFields, writeTar } from "../oci/tar-writer.ts";
import { ContainerView } from "./container-view.ts";
import { NO_LAYERS } from "./testing.ts";
import { extractArchive, type ExtractOptions } from "./extract-archive.ts";

const file = (path: string, text = "x", fields: Partial<TarEntryFields> = {}) => ({
  entry: { path, size: text.length, ...fields },
  content: streamOf(encodeUtf8(text)),
});
const entry = (path: string, fields: Partial<TarEntryFields>) => ({ entry: { path, ...fields } });

describe("an archive that is put into a container", () => {
  let guest: FakeGuest;
  const extract = async (
    pieces: Parameters<typeof writeTar>[0],
    { target = "/d", ...options }: Partial<ExtractOptions> & { target?: string } = {},
  ): Promise<void> => {
    const view = await ContainerView.open(guest, {
      root: "/c",
      mounts: [{ source: "/vol", destination: "/d/vol", readWrite: true }],
      layers: { upper: "/c", lower: NO_LAYERS },
    });
    const found = await view.resolve(target, { follow: true });
    await extractArchive(view, found, writeTar(pieces), { keepKinds: false, ...options });
  };
  const text = (path: string): string => new TextDecoder().decode(guest.files.get(path).data);

  beforeEach(() => {
    guest = new FakeGuest();
    for (const path of ["/c", "/c/d", "/c/d/vol", "/c/d/old", "/c/etc", "/vol"])
      guest.files.put(path, { mode: S_IFDIR | 0o755 });
    guest.files.put("/c/d/file", { data: encodeUtf8("old") });
  });

  it("makes its files, with owner, mode and time", async () => {
    await extract([
      entry("./new/", { type: "directory", mode: 0o700, uid: 5, gid: 6 }),
      file("new/f", "hi", { mode: 0o4711, mtimeSeconds: 9, uid: 3 }),
      entry("new/l", { type: "symlink", link: "f" }),
      entry("new/h", { type: "hard-link", link: "new/f" }),
    ]);
    expect(guest.files.get("/c/d/new")).toMatchObject({ mode: S_IFDIR | 0o700, uid: 5, gid: 6 });
    expect(guest.files.get("/c/d/new/f")).toMatchObject({ mode: 0o104711, mtimeSeconds: 9, uid: 3 });
    expect(guest.files.get("/c/d/new/l")).toMatchObject({ mode: S_IFLNK | 0o644, target: "f" });
    expect(guest.files.get("/c/d/new/h")).toBe(guest.files.get("/c/d/new/f"));
  });

  it("may belong to another user altogether", async () => {
    await extract([file("f", "x", { uid: 3 })], { owner: { uid: 10, gid: 20 } });
    expect(guest.files.get("/c/d/f")).toMatchObject({ uid: 10, gid: 20 });
  });

  it("gets the directories that it only implies; those that are there stay as they are", async () => {
    guest.files.put("/c/d/old", { mode: S_IFDIR | 0o711, uid: 9 });
    await extract([file("a/b/f"), file("old/f")]);
    expect(guest.files.get("/c/d/a/b")).toMatchObject({ mode: S_IFDIR | 0o755, uid: 0 });
    expect(guest.files.get("/c/d/old")).toMatchObject({ mode: S_IFDIR | 0o711, uid: 9 });
  });

  it("goes onto volumes where they are", async () => {
    await extract([entry("vol", { type: "directory", mode: 0o700 }), file("vol/f", "v"), file("g", "own")]);
    expect(text("/vol/f")).toBe("v");
    expect(text("/c/d/g")).toBe("own");
    expect(guest.files.find("/c/d/vol/f")).toBeUndefined();
    await extract([file("below", "v")], { target: "/d/vol" });
    expect(text("/vol/below")).toBe("v");
  });

  it.each([
    ["a name that climbs out", [file("../../evil")], 'invalid entry name "../../evil"'],
    ["a name that climbs out later", [file("a/../../evil")], 'invalid entry name "a/../../evil"'],
    ["a hard link that climbs out", [entry("h", { type: "hard-link", link: "../etc/x" })], "invalid hardlink target"],
    [
      "a way through a symlink of its own",
      [entry("ln", { type: "symlink", link: "../../etc" }), file("ln/evil")],
      "statat ln: path escapes from parent",
    ],
    [
      "a way through an absolute symlink",
      [entry("ln", { type: "symlink", link: "/etc" }), file("ln/a/evil")],
      "path escapes from parent",
    ],
    ["a file in the place of a mount", [file("vol")], "RemoveAll vol: device or resource busy"],
    [
      "a hard link to another file system",
      [file("f"), entry("vol/h", { type: "hard-link", link: "f" })],
      "invalid cross-device link",
    ],
  ])("with %s is refused", async (_, pieces, message) => {
    await expect(extract(pieces)).rejects.toThrow(message);
    expect(guest.files.paths().filter((path) => path.includes("evil"))).toEqual([]);
  });

  it("takes an absolute name as one below the target", async () => {
    await extract([file("/etc/f", "in")]);
    expect(text("/c/d/etc/f")).toBe("in");
  });

  it("replaces what is there, but where it must not turn a directory into a file", async () => {
    await extract([file("old", "now a file")]);
    expect(text("/c/d/old")).toBe("now a file");
    await expect(extract([file("vol2"), file("old")], { keepKinds: true })).resolves.toBeUndefined();
    guest.files.put("/c/d/dir", { mode: S_IFDIR | 0o755 });
    await expect(extract([file("ok"), file("dir")], { keepKinds: true })).rejects.toThrow(
      'cannot overwrite directory "dir" with non-directory "/d"',
    );
    await expect(extract([entry("file", { type: "directory" })], { keepKinds: true })).rejects.toThrow(
      'cannot overwrite non-directory "file" with directory "/d"',
    );
  });

  it("that breaks off says so, and what came before is there", async () => {
    const view = await ContainerView.open(guest, { root: "/c", mounts: [], layers: { upper: "/c", lower: NO_LAYERS } });
    const found = await view.resolve("/d", { follow: true });
    const whole = new Uint8Array(await new Response(writeTar([file("a", "first"), file("b", "second")])).arrayBuffer());
    const broken = streamFrom([whole.slice(0, 1024 + 512 + 3)]);
    await expect(extractArchive(view, found, broken, { keepKinds: false })).rejects.toMatchObject({
      kind: "internal",
      message: "unexpected EOF",
    });
    expect(text("/c/d/a")).toBe("first");
  });
});

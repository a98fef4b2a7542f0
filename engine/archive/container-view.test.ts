import { S_IFDIR, S_IFLNK } from "../base/file-types.ts";
import { beforeEach, describe, expect, it } from "vitest";
import { encodeUtf8 } from "../base/streams.ts";
import { FakeGuest } from "../guest/fake-guest.ts";
import { ContainerView, type ViewMount } from "./container-view.ts";
import { NO_LAYERS } from "./testing.ts";
import { absolutePath, baseName, statPath } from "./path-stat.ts";

describe("a container's files", () => {
  let guest: FakeGuest;
  const put = (path: string, text: string): unknown => guest.files.put(path, { data: encodeUtf8(text) });
  const directory = (path: string): unknown => guest.files.put(path, { mode: S_IFDIR | 0o755 });
  const link = (path: string, target: string): unknown => guest.files.put(path, { mode: S_IFLNK | 0o777, target });
  const open = (...mounts: readonly ViewMount[]): Promise<ContainerView> =>
    ContainerView.open(guest, { root: "/c", mounts: mounts, layers: { upper: "/c", lower: NO_LAYERS } });
  const resolved = async (view: ContainerView, path: string, follow = true): Promise<string> =>
    (await view.resolve(path, { follow })).path;

  beforeEach(() => {
    guest = new FakeGuest();
    for (const path of ["/c", "/c/etc", "/c/d", "/c/d/sub", "/vol", "/vol/in"]) directory(path);
    put("/etc/passwd", "the machine's");
    put("/c/etc/passwd", "the container's");
    put("/vol/in/f", "on the volume");
    link("/c/abs", "/etc/passwd");
    link("/c/up", "../../../../etc/passwd");
    link("/c/d/here", "sub");
    link("/c/broken", "/nope/x");
    link("/c/loop", "loop");
    link("/c/var", "/d");
  });

  it("are found by the kernel's rules, symlinks staying inside", async () => {
    const view = await open();
    expect(await resolved(view, "/abs")).toBe("/etc/passwd");
    expect(await resolved(view, "/up")).toBe("/etc/passwd");
    expect(await resolved(view, "/d/here/../../etc/")).toBe("/etc");
    expect(await resolved(view, "/../..")).toBe("");
    expect(view.placeOf("/etc/passwd")).toEqual({ root: "/c", path: "/etc/passwd" });
  });

  it("leave a last symlink alone unless it is asked for, or something stands behind it", async () => {
    const view = await open();
    expect(await resolved(view, "/d/here", false)).toBe("/d/here");
    expect(await resolved(view, "/d/here/", false)).toBe("/d/sub");
    expect(await resolved(view, "/d/here/.", false)).toBe("/d/sub");
  });

  it("say what makes no sense in the kernel's words", async () => {
    const view = await open();
    await expect(view.resolve("/etc/passwd/", { follow: true })).rejects.toThrow("not a directory");
    await expect(view.resolve("/etc/passwd/x", { follow: true })).rejects.toThrow("not a directory");
    await expect(view.resolve("/loop", { follow: true })).rejects.toThrow("too many links");
    await expect(view.resolve("/no/such", { follow: true })).rejects.toMatchObject({ kind: "not-found" });
  });

  it("have volumes in their places, whatever symlinks lead there", async () => {
    const view = await open({ source: "/vol", destination: "/var/data", readWrite: false });
    expect(await resolved(view, "/var/data/in/f")).toBe("/d/data/in/f");
    expect(view.placeOf("/d/data/in/f")).toEqual({ root: "/vol", path: "/in/f" });
    expect(view.mountOf("/d/data/in")).toMatchObject({ source: "/vol", readWrite: false });
    expect(view.mountOf("/d")).toBeUndefined();
  });

  it("have parts of volumes, whose symlinks stay inside the volume", async () => {
    link("/vol/out", "/etc");
    const view = await open({ source: "/vol", subpath: "in", destination: "/d/part", readWrite: true });
    expect(await resolved(view, "/d/part/f")).toBe("/d/part/f");
    expect(view.placeOf("/d/part/f")).toEqual({ root: "/vol", path: "/in/f" });
    expect(view.placeOf("/d/part")).toEqual({ root: "/vol", path: "/in" });
    expect((await open({ source: "/vol", subpath: "none", destination: "/x", readWrite: true })).mountOf("/x")).toBe(
      undefined,
    );
  });

  it("have bound files, which are no way into the directory around them", async () => {
    const view = await open({ source: "/etc/passwd", destination: "/etc/hosts", readWrite: true });
    expect(view.placeOf("/etc/hosts")).toEqual({ root: "/etc", path: "/passwd" });
    await expect(view.resolve("/etc/hosts/../passwd", { follow: true })).rejects.toThrow("not a directory");
  });

  it("have no mounts whose source is gone, and directories for those that nobody made yet", async () => {
    const gone = await open({ source: "/gone", destination: "/x", readWrite: true });
    await expect(gone.resolve("/x", { follow: true })).rejects.toThrow("no such file");
    const view = await open({ source: "/vol", destination: "/new/place", readWrite: true });
    expect(await resolved(view, "/new")).toBe("/new");
    expect(await resolved(view, "/new/place/in")).toBe("/new/place/in");
  });

  it("are told of as Docker does", async () => {
    const view = await open();
    expect((await statPath(view, "/etc/passwd")).stat).toMatchObject({ name: "passwd", size: 15, linkTarget: "" });
    expect((await statPath(view, "/d/.")).stat).toMatchObject({ name: ".", size: 4096, mode: S_IFDIR | 0o755 });
    expect((await statPath(view, "/abs")).stat).toMatchObject({ size: 11, linkTarget: "/etc/passwd" });
    expect((await statPath(view, "/broken")).stat.linkTarget).toBe("/nope/x");
    await expect(statPath(view, "/loop")).rejects.toThrow("evalSymlinksInScope: too many links in /loop");
    await expect(statPath(view, "/abs/x")).rejects.toThrow("lstat /abs/x: not a directory");
  });
});

describe("paths of docker cp", () => {
  it.each([
    ["etc", "/etc", "etc"],
    ["/a/../b/", "/b/", "b"],
    ["/a/b/.", "/a/b/.", "."],
    ["/", "/", "/"],
    ["..", "/", "/"],
  ])("%s is %s, whose last element is %s", (path, absolute, base) => {
    expect(absolutePath(path)).toBe(absolute);
    expect(baseName(absolute)).toBe(base);
  });
});

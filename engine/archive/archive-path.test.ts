import { S_IFDIR, S_IFLNK, S_IFIFO, S_IFSOCK } from "../base/file-types.ts";
import { beforeEach, describe, expect, it } from "vitest";
import { type ByteStream, collectText, encodeUtf8 } from "../base/streams.ts";
import { FakeGuest } from "../guest/fake-guest.ts";
import { readTar, type TarEntry } from "../oci/layer-tar.ts";
import { archivePath } from "./archive-path.ts";
import { ContainerView } from "./container-view.ts";
import { NO_LAYERS } from "./testing.ts";

interface Seen {
  readonly entry: TarEntry;
  readonly text: string;
}

async function entriesOf(tar: ByteStream): Promise<readonly Seen[]> {
  const seen: Seen[] = [];
  for await (const { entry, content } of readTar(tar)) seen.push({ entry, text: await collectText(content) });
  return seen;
}

/** Names as they stand in the tar: the reader cleans them. */
async function rawNames(tar: ByteStream): Promise<readonly string[]> {
  const bytes = new Uint8Array(await new Response(tar).arrayBuffer());
  const names: string[] = [];
  for (let at = 0; at < bytes.length && bytes[at] !== 0;) {
    const text = (from: number, length: number): string =>
      new TextDecoder().decode(bytes.subarray(at + from, at + from + length)).replace(/\0.*$/s, "");
    names.push(text(0, 100));
    at += 512 + Math.ceil(Number.parseInt(text(124, 11), 8) / 512) * 512;
  }
  return names;
}

describe("an archive of a container's files", () => {
  let guest: FakeGuest;
  let view: ContainerView;

  beforeEach(async () => {
    guest = new FakeGuest();
    for (const path of ["/c", "/c/d", "/c/d/sub", "/c/d/vol", "/vol", "/vol/deep"])
      guest.files.put(path, { mode: S_IFDIR | 0o750, uid: 7 });
    guest.files.put("/c/d/f", { data: encodeUtf8("hi"), mode: 0o104755, mtimeSeconds: 12 });
    guest.files.link("/c/d/f", "/c/d/h");
    guest.files.put("/c/d/l", { mode: S_IFLNK | 0o777, target: "/f" });
    guest.files.put("/c/d/p", { mode: S_IFIFO | 0o600 });
    guest.files.put("/c/d/s", { mode: S_IFSOCK | 0o600 });
    guest.files.put("/c/d/vol/hidden", { data: encodeUtf8("below the mount") });
    guest.files.put("/vol/v", { data: encodeUtf8("on the volume") });
    view = await ContainerView.open(guest, {
      root: "/c",
      mounts: [{ source: "/vol", destination: "/d/vol", readWrite: true }],
      layers: { upper: "/c", lower: NO_LAYERS },
    });
  });

  it("has everything, named by the last element of the path", async () => {
    const seen = await entriesOf(archivePath(view, "/d", "/d"));
    expect(seen.map(({ entry: { path, type, link } }) => `${type} ${path}${link && ` -> ${link}`}`)).toEqual([
      "directory d",
      "file d/f",
      "hard-link d/h -> d/f",
      "symlink d/l -> /f",
      "fifo d/p",
      "directory d/sub",
      "directory d/vol",
      "directory d/vol/deep",
      "file d/vol/v",
    ]);
    expect(seen[1]).toMatchObject({ entry: { mode: 0o4755, mtimeSeconds: 12 }, text: "hi" });
    expect(seen[0]).toMatchObject({ entry: { mode: 0o750, uid: 7 } });
  });

  it.each([
    ["/d/sub", "/d/sub/.", ["./"]],
    ["/d/f", "/d/f", ["f"]],
    ["/d/sub", "/elsewhere/", ["elsewhere/"]],
  ])("of %s, asked for as %s, is %j", async (path, asked, names) => {
    expect(await rawNames(archivePath(view, path, asked))).toEqual(names);
  });

  it("names what is in the root as Docker does: with a slash", async () => {
    expect((await rawNames(archivePath(view, "", "/"))).slice(0, 3)).toEqual(["/", "/d/", "/d/f"]);
  });

  it("of a volume leaves out nothing, and of the root has the places to mount on", async () => {
    expect((await entriesOf(archivePath(view, "/d/vol", "/d/vol"))).map(({ entry }) => entry.path)).toEqual([
      "vol",
      "vol/deep",
      "vol/v",
    ]);
    const own = await ContainerView.open(guest, { root: "/c", mounts: [], layers: { upper: "/c", lower: NO_LAYERS } });
    const whole = (await entriesOf(archivePath(own, "", "/"))).map(({ entry }) => entry.path);
    expect(whole).toContain("d/vol/hidden");
    expect(whole).toContain("dev/console");
  });
});

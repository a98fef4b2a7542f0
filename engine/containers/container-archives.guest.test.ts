/** Files of containers as the real kernel's overlayfs has them. Needs the artifacts of `public/guest/`. */
import { S_IFDIR, S_IFREG, S_IFLNK, S_IFCHR, S_IFIFO } from "../base/file-types.ts";
import * as fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { diffLayer } from "../archive/layer-diff.ts";
import { treeHeaderOf } from "../archive/tree-tar.ts";
import { collect, emptyStream, encodeUtf8, streamOf } from "../base/streams.ts";
import { MemoryRecordStore } from "../content/memory-record-store.ts";
import { decodeTree, encodeTree, type TreeEntry, treeHeader } from "../guest/tree.ts";
import { digestOf, type Digest } from "../oci/digest.ts";
import { readTar } from "../oci/layer-tar.ts";
import { type TarEntryFields, writeTar } from "../oci/tar-writer.ts";
import { LayerStack } from "../snapshots/layer-stack.ts";
import { OverlaySnapshotter } from "../snapshots/overlay-snapshotter.ts";
import { ContainerArchives } from "./container-archives.ts";
import { bootGuestEngine, type GuestEngine } from "./guest-engine.suite.ts";

/** A file of a random tree; hard links come from equal numbers. */
interface Leaf {
  readonly kind: "file" | "symlink" | "fifo" | "device" | "hard";
  readonly text: string;
}
type Tree = { readonly [name: string]: Tree | Leaf };

const isLeaf = (node: Tree | Leaf): node is Leaf => typeof (node as Leaf).kind === "string";

const name = fc.constantFrom("a", "b", "c.txt", "x y", "ü", "long".repeat(40), "-", "=", "usr");
const leaf = fc.record({
  kind: fc.constantFrom<Leaf["kind"][]>("file", "file", "symlink", "fifo", "device", "hard"),
  text: fc.string({ minLength: 1, maxLength: 20, unit: "grapheme-ascii" }),
});
const { tree } = fc.letrec<{ tree: Tree; node: Tree | Leaf }>((tie) => ({
  node: fc.oneof({ depthSize: "small", withCrossShrink: true }, leaf, tie("tree")),
  tree: fc.dictionary(name, tie("node"), { maxKeys: 5 }) as fc.Arbitrary<Tree>,
}));

/** The tree as records, parents first, with owners, modes, times and attributes that its names decide. */
function recordsOf(top: Tree): TreeEntry[] {
  const entries: TreeEntry[] = [];
  let firstFile: string | undefined;
  const walk = (node: Tree | Leaf, path: string): void => {
    const common = { path, uid: path.length, gid: 7, mtimeSeconds: 1_000_000 + path.length };
    if (!isLeaf(node)) {
      if (path !== "") entries.push({ ...treeHeader({ ...common, mode: S_IFDIR | 0o751 }), content: emptyStream() });
      for (const key of Object.keys(node).toSorted())
        walk(node[key] as Tree | Leaf, path === "" ? key : `${path}/${key}`);
      return;
    }
    const bytes = encodeUtf8(node.text);
    const push = (fields: Partial<TreeEntry> & { mode: number }): void =>
      void entries.push({ ...treeHeader({ ...common, ...fields }), content: fields.content ?? emptyStream() });
    if (node.kind === "symlink") push({ mode: S_IFLNK | 0o777, link: node.text });
    else if (node.kind === "fifo") push({ mode: S_IFIFO | 0o600 });
    else if (node.kind === "device") push({ mode: S_IFCHR | 0o620, major: 5, minor: 300 });
    else if (node.kind === "hard" && firstFile !== undefined) push({ mode: S_IFREG, hard: true, link: firstFile });
    else {
      firstFile ??= path;
      const xattrs = [["trusted.t", bytes] as const];
      push({ mode: S_IFREG | 0o4755, size: bytes.length, content: streamOf(bytes), xattrs });
    }
  };
  walk(top, "");
  return entries;
}

interface Seen {
  readonly path: string;
  readonly text: string;
}

/** What there is to compare of a tree: everything but which of its names a file has first. */
async function seenIn(entries: AsyncIterable<TreeEntry> | Iterable<TreeEntry>): Promise<readonly Seen[]> {
  const seen: Seen[] = [];
  const bodies = new Map<string, string>();
  for await (const entry of entries) {
    const { path, mode, uid, gid, size, mtimeSeconds, major, minor, link, hard } = entry;
    const content = new TextDecoder().decode(await collect(entry.content));
    const xattrs = entry.xattrs.filter(([key]) => !key.startsWith("trusted.overlay.")).map(([k, v]) => [k, String(v)]);
    const isSymlink = (mode & 0o170000) === S_IFLNK;
    const text = hard
      ? (bodies.get(link) ?? `hard link to ${link}, which was not there before`)
      : JSON.stringify({
          mode,
          uid,
          gid,
          size,
          mtimeSeconds,
          major,
          minor,
          link: isSymlink ? link : "",
          content,
          xattrs,
        });
    bodies.set(path, text);
    if (path !== "") seen.push({ path, text });
  }
  return seen.toSorted((a, b) => (a.path < b.path ? -1 : 1));
}

describe("a container's files in a real guest", () => {
  let engine: GuestEngine;
  let archives: ContainerArchives;

  beforeAll(async () => {
    engine = await bootGuestEngine();
    const { containers, guest, layers } = engine;
    const lower = async (digests: readonly Digest[]): Promise<LayerStack> =>
      new LayerStack(await Promise.all(digests.map((diffId) => layers.openTree(diffId))));
    archives = new ContainerArchives({ containers, guest, lower });
  });
  afterAll(async () => engine[Symbol.asyncDispose]());

  const run = async (script: string): Promise<string> => {
    const cmd = ["sh", "-c", `${script}; touch /ready; sleep 1000`];
    const { container } = await engine.containers.create({ image: "busybox", config: { cmd }, host: {} });
    await engine.containers.start(container.id);
    for (;;) {
      const isReady = await archives.stat(container.id, "/ready").catch(() => undefined);
      if (isReady !== undefined) return container.id;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };
  const tarOf = async (...entries: readonly (readonly [TarEntryFields, string?])[]): Promise<Uint8Array> =>
    collect(
      writeTar(
        entries.map(([entry, text = ""]) => ({
          entry: { ...entry, size: text.length },
          content: streamOf(encodeUtf8(text)),
        })),
      ),
    );
  const put = async (id: string, path: string, bytes: Uint8Array): Promise<void> =>
    archives.write(id, path, streamOf(bytes), { keepKinds: true, copyOwner: false });
  const got = async (id: string, path: string): Promise<readonly string[]> => {
    const { tar } = await archives.read(id, path);
    const names: string[] = [];
    for await (const { entry, content } of readTar(tar)) {
      const text = new TextDecoder().decode(await collect(content));
      names.push(`${entry.type} ${entry.path}${entry.link && ` -> ${entry.link}`}${text && `: ${text}`}`);
    }
    return names;
  };

  it("go in and out, running and stopped", async () => {
    const id = await run("mkdir /d; ln -s /d /dl; ln -s /etc /d/out");
    await put(id, "/dl", await tarOf([{ path: "f" }, "in"], [{ path: "h", type: "hard-link", link: "f" }]));
    const expected = ["directory d", "file d/f: in", "hard-link d/h -> d/f", "symlink d/out -> /etc"];
    expect(await got(id, "/d")).toEqual(expected);
    await engine.containers.kill(id, "KILL");
    await engine.containers.wait(id, "not-running");
    expect(await got(id, "/d")).toEqual(expected);
    await put(id, "/d", await tarOf([{ path: "g" }, "later"]));
    expect(await got(id, "/d/g")).toEqual(["file g: later"]);
    await engine.containers.remove(id, { force: true, volumes: false });
  });

  it("stay in their place while somebody looks, also when the container ends meanwhile", async () => {
    const { container } = await engine.containers.create({ image: "busybox", config: { cmd: ["true"] }, host: {} });
    await put(container.id, "/", await tarOf([{ path: "kept" }, "in"]));
    for (let time = 0; time < 4; time += 1) {
      await engine.containers.start(container.id);
      for (let look = 0; look < 12; look += 1) expect(await got(container.id, "/kept")).toEqual(["file kept: in"]);
      await engine.containers.wait(container.id, "not-running");
    }
    await engine.containers.remove(container.id, { force: true, volumes: false });
  });

  it("stay inside, whatever an archive or the container's symlinks say", async () => {
    const id = await run("mkdir /d; ln -s /etc /d/out; ln -s ../../../../../../.. /d/up");
    await put(id, "/d", await tarOf([{ path: "out/evil" }, "x"], [{ path: "up/evil2" }, "x"]));
    await expect(put(id, "/d", await tarOf([{ path: "../../evil3" }, "x"]))).rejects.toThrow("invalid entry name");
    expect(await got(id, "/etc/evil")).toEqual(["file evil: x"]);
    expect(await got(id, "/evil2")).toEqual(["file evil2: x"]);
    const names = await engine.guest.run([
      { op: "readdir", path: "/etc" },
      { op: "readdir", path: "/" },
    ]);
    for (const list of names) expect(new TextDecoder().decode(list)).not.toContain("evil");
    await engine.containers.remove(id, { force: true, volumes: false });
  });

  it("say what they are and why not, as Docker does", async () => {
    const id = await run("ln -s /nope /broken; ln -s loop /loop; mkdir /dir; echo x >/file");
    expect(await archives.stat(id, "/broken")).toMatchObject({ name: "broken", linkTarget: "/nope", mode: 0o120777 });
    await expect(archives.stat(id, "/nope")).rejects.toThrow(`Could not find the file /nope in container ${id}`);
    await expect(archives.stat(id, "/file/x")).rejects.toThrow("lstat /file/x: not a directory");
    await expect(archives.read(id, "/loop")).rejects.toThrow("evalSymlinksInScope: too many links in /loop");
    await expect(put(id, "/file", new Uint8Array(1024))).rejects.toThrow("extraction point is not a directory");
    await expect(put(id, "/", await tarOf([{ path: "dir" }, "x"]))).rejects.toThrow(
      'cannot overwrite directory "dir" with non-directory "/"',
    );
    expect(await got(id, "/etc/hostname")).toEqual([`file hostname: ${id.slice(0, 12)}\n`]);
    await engine.containers.remove(id, { force: true, volumes: false });
  });

  it("are compared with the image as docker diff does", async () => {
    const id = await run(
      "mkdir -p /d/s; echo hi >/d/f; rm /bin/vi; rm -rf /var; mkdir /var; touch /var/new; chmod 700 /tmp; touch /etc/passwd",
    );
    const changes = (await archives.changes(id)).map(({ kind, path }) => `${kind[0]} ${path}`);
    expect(changes.filter((line) => !line.startsWith("d /var"))).toEqual([
      "m /bin",
      "d /bin/vi",
      "a /d",
      "a /d/f",
      "a /d/s",
      "m /etc",
      "m /etc/passwd",
      "a /ready",
      "m /tmp",
      "m /var",
      "a /var/new",
    ]);
    expect(changes.filter((line) => line.startsWith("d /var")).length).toBeGreaterThan(0);
    const layer = await collect(await archives.diff(id));
    expect(await digestOf(await collect(await archives.diff(id)))).toBe(await digestOf(layer));
    await engine.containers.remove(id, { force: true, volumes: false });
  });

  it("are exported as the kernel shows them, although most of them come from the layers", async () => {
    const id = await run("rm /bin/vi; rm -rf /var; mkdir /var; echo x >/var/new; echo y >>/etc/passwd; chmod 700 /tmp");
    // What a start mounts over, and what an export has although nobody made it.
    const places = /^(?:etc\/(?:hosts|hostname|resolv.conf)|dev\/.*)$/;
    const own = ({ path }: Seen): boolean => !places.test(path);
    const shown = await engine.containers.withFiles(id, async ({ root }) =>
      (await seenIn(decodeTree(await engine.guest.readTree("/", { root })))).filter(own),
    );
    const exported = await collect(await archives.export(id));
    expect((await seenIn(entriesOf(exported))).filter(own)).toEqual(shown);
    const usr = (seen: readonly Seen[]): readonly Seen[] => seen.filter(({ path }) => /^(?:usr|etc)\//.test(path));
    const copied = [];
    for (const path of ["/usr", "/etc"])
      copied.push(...(await seenIn(entriesOf(await collect((await archives.read(id, path)).tar)))));
    const sorted = copied.filter(own).toSorted((a, b) => (a.path < b.path ? -1 : 1));
    expect(usr(sorted)).toEqual(usr(shown));
    expect(shown.some(({ path }) => path === "bin/vi")).toBe(false);
    await engine.containers.remove(id, { force: true, volumes: false });
  });

  it("survive tar, layer, overlay and diff, whatever they are", async () => {
    const { guest, layers } = engine;
    const snapshots = await OverlaySnapshotter.open({ records: new MemoryRecordStore(), layers, guest });
    let count = 0;
    await fc.assert(
      fc.asyncProperty(tree, async (random) => {
        const expected = await seenIn(recordsOf(random));
        // Written through an overlay on nothing, read as a layer.
        const write = `write${(count += 1)}`;
        await snapshots.prepare(write, []);
        const { target, data, upper } = snapshots.mounts(write);
        await guest.run([{ op: "mount", source: "overlay", target, type: "overlay", data }]);
        await guest.writeTree(target, encodeTree([top(), ...recordsOf(random)]));
        const layer = await collect(diffLayer(guest, upper, new LayerStack([])));
        await guest.run([{ op: "umount", target }]);
        await snapshots.remove(write);
        expect(await seenIn(entriesOf(layer))).toEqual(expected);
        // The layer below another overlay.
        const diffId = await digestOf(layer);
        await layers.unpack(diffId, streamOf(layer));
        const read = `read${count}`;
        await snapshots.prepare(read, [diffId]);
        const shown = snapshots.mounts(read);
        await guest.run([{ op: "mount", source: "overlay", target: shown.target, type: "overlay", data: shown.data }]);
        expect(await seenIn(decodeTree(await guest.readTree(shown.target)))).toEqual(expected);
        // All of it deleted there, the layer says so.
        await guest.writeTree(shown.target, encodeTree([top()]));
        for (const name of Object.keys(random)) await guest.run([{ op: "remove", path: `${shown.target}/${name}` }]);
        const stack = new LayerStack([await layers.openTree(diffId)]);
        const gone = await collect(diffLayer(guest, shown.upper, stack));
        await guest.run([{ op: "umount", target: shown.target }]);
        await snapshots.remove(read);
        const whiteouts = (await seenIn(entriesOf(gone))).map(({ path }) => path);
        expect(whiteouts).toEqual(
          Object.keys(random)
            .map((name) => `.wh.${name}`)
            .toSorted(),
        );
      }),
      { numRuns: 25 },
    );
  });
});

const top = (): TreeEntry => ({ ...treeHeader({ path: "", mode: S_IFDIR | 0o755 }), content: emptyStream() });

/** A layer's entries as records. */
async function* entriesOf(layer: Uint8Array): AsyncGenerator<TreeEntry, void, undefined> {
  for await (const { entry, content } of readTar(streamOf(layer)))
    yield { ...treeHeaderOf(entry, { path: entry.path }), content };
}

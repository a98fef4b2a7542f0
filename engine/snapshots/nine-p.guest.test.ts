/** The 9p server as Linux sees it: layers mounted by a real kernel. Needs the artifacts of `public/guest/`. */
import { createHash } from "node:crypto";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { collect, collectText, encodeUtf8, streamOf } from "../base/streams.ts";
import { sampleBytes } from "../content/blob-store.suite.ts";
import { MemoryBlobStore } from "../content/memory-blob-store.ts";
import { MemoryRecordStore } from "../content/memory-record-store.ts";
import { decodeTree } from "../guest/tree.ts";
import { bootGuest, restoreGuest, type V86Guest } from "../guest/v86-guest.ts";
import { createFileAssets } from "../node/file-assets.ts";
import { digestOf, hexOf, type Digest } from "../oci/digest.ts";
import { readTar, type TarEntry } from "../oci/layer-tar.ts";
import { writeTar, type TarEntryFields } from "../oci/tar-writer.ts";
import { createRootTree } from "./memory-tree.ts";
import { FileTreeServer } from "./nine-p-server.ts";
import { OverlaySnapshotter } from "./overlay-snapshotter.ts";
import { StoredLayers } from "./stored-layers.ts";

const assets = createFileAssets(join(dirname(fileURLToPath(import.meta.url)), "..", "..", "public"));
/** Read once: the artifacts may be built anew while this runs. */
const artifacts = new Map<string, Promise<Uint8Array<ArrayBuffer>>>();
const artifact = async (name: string): Promise<Uint8Array<ArrayBuffer>> => {
  const known = artifacts.get(name) ?? assets.read(`guest/${name}`);
  artifacts.set(name, known);
  return known;
};
const blobs = new MemoryBlobStore();
const records = new MemoryRecordStore();

interface Session {
  readonly guest: V86Guest;
  readonly server: FileTreeServer;
  readonly layers: StoredLayers;
}

/** A server on the same storage. The cache is small, so that most reads are answered later. */
function createServer(): Omit<Session, "guest"> {
  const server = new FileTreeServer();
  server.add("rootfs", createRootTree(artifact("rootfs.tar.gz"), "rootfs"));
  return { server, layers: new StoredLayers({ blobs, records, exports: server, cacheBytes: 2 << 20 }) };
}

type Item = TarEntryFields & { readonly content?: Uint8Array };

async function unpack(layers: StoredLayers, items: readonly Item[]): Promise<Digest> {
  const tar = await collect(
    writeTar(
      items.map(({ content = new Uint8Array(0), ...fields }) => ({
        entry: { ...fields, size: content.length },
        ...(content.length > 0 && { content: streamOf(content) }),
      })),
    ),
  );
  const diffId = await digestOf(tar);
  await layers.unpack(diffId, streamOf(tar));
  return diffId;
}

async function shell(guest: V86Guest, command: string): Promise<string> {
  const exec = { op: "exec", argv: ["/bin/sh", "-c", command], env: ["PATH=/bin:/sbin:/usr/bin:/usr/sbin"] } as const;
  const process = await guest.start({
    childOps: [exec],
    stdio: { mode: "pipes", stdin: false, stdout: true, stderr: true },
  });
  const [out, err] = await Promise.all(
    [process.stdout, process.stderr].map(async (stream) => (stream ? collectText(stream) : "")),
  );
  const { code } = await process.exited;
  if (code !== 0) throw new Error(`${command}: exit ${code}: ${err}`);
  return out ?? "";
}

async function mountOverlay({ guest, layers }: Session, key: string, list: readonly Digest[]): Promise<string> {
  const snapshotter = await OverlaySnapshotter.open({ records: new MemoryRecordStore(), layers, guest });
  await snapshotter.prepare(key, list);
  const mount = snapshotter.mounts(key);
  await guest.run([{ op: "mount", source: "overlay", target: mount.target, type: "overlay", data: mount.data }]);
  return mount.target;
}

const text = (content: string): Uint8Array => encodeUtf8(content);
const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");
const big = sampleBytes(5_000_000, 11);

const base: readonly Item[] = [
  { path: "", type: "directory", mode: 0o755, mtimeSeconds: 1_600_000_000 },
  { path: "bin", type: "directory" },
  {
    path: "bin/tool",
    mode: 0o4755,
    uid: 1000,
    gid: 100,
    mtimeSeconds: 1_650_000_000,
    mtimeNanoseconds: 987_654_321,
    content: text("#!/bin/sh\necho tool\n"),
    xattrs: [
      ["security.capability", Uint8Array.of(1, 0, 0, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)],
      ["user.note", text("hello")],
    ],
  },
  { path: "bin/again", type: "hard-link", link: "bin/tool" },
  { path: "bin/third", type: "hard-link", link: "bin/tool" },
  { path: "bin/link", type: "symlink", link: "../etc/passwd", mode: 0o777 },
  { path: "etc", type: "directory", mode: 0o750 },
  { path: "etc/passwd", content: text("root\n") },
  { path: "etc/shadow", mode: 0, content: text("secret\n") },
  { path: "etc/conf/a", content: text("a\n") },
  { path: "etc/conf/b", content: text("b\n") },
  { path: "cache", type: "directory", mode: 0o1777 },
  { path: "cache/old1", content: text("1") },
  { path: "cache/old2/deep", content: text("2") },
  { path: "dev/null", type: "character-device", major: 1, minor: 3, mode: 0o666 },
  { path: "dev/large", type: "block-device", major: 259, minor: 70_000, mode: 0o660 },
  { path: "dev/pipe", type: "fifo", mode: 0o600 },
  { path: "big", content: big },
  { path: "empty" },
  { path: `${"long-".repeat(50)}name`, content: text("long") },
  { path: "ünïcödé/😀", content: text("smile") },
  ...Array.from({ length: 700 }, (_, index) => ({
    path: `many/file-${index}`,
    content: text(`content of ${index}\n`),
  })),
];

const upper: readonly Item[] = [
  { path: "etc/.wh.shadow" },
  { path: "etc", type: "directory", mode: 0o755 },
  { path: "etc/passwd", content: text("changed\n") },
  { path: "etc/.wh.conf" },
  { path: "etc/conf", type: "directory" },
  { path: "etc/conf/c", content: text("c\n") },
  { path: "cache", type: "directory", mode: 0o755 },
  { path: "cache/.wh..wh..opq" },
  { path: "cache/new", content: text("new") },
  { path: ".wh.many" },
  { path: "bin/.wh.third" },
];

describe("layers in Linux", () => {
  let session: Session;
  let lower: Digest;
  let top: Digest;

  beforeAll(async () => {
    const { server, layers } = createServer();
    lower = await unpack(layers, base);
    top = await unpack(layers, upper);
    const guest = await bootGuest({
      emulator: await assets.emulator(),
      bios: await artifact("bios.bin"),
      vgaBios: await artifact("vgabios.bin"),
      bzImage: await artifact("bzImage"),
      initramfs: await artifact("initramfs.cpio.gz"),
      ninePServer: server,
    });
    session = { guest, server, layers };
  });

  afterAll(async () => {
    await session?.guest[Symbol.asyncDispose]();
  });

  test("the guest's root is served byte for byte", async () => {
    const expected = new Map<string, string>();
    for await (const { entry, content } of readTar(streamOf(await gunzip(await artifact("rootfs.tar.gz"))))) {
      if (entry.type === "file") expected.set(entry.path, sha256(await collect(content)));
    }
    const sums = await shell(session.guest, "cd /run/9p/rootfs && find . -type f -exec sha256sum {} +");
    const actual = new Map(
      sums
        .trim()
        .split("\n")
        .map((line) => [line.slice(68), line.slice(0, 64)]),
    );
    for (const [path, sum] of expected) expect(actual.get(path), path).toBe(sum);
    expect(expected.size).toBeGreaterThan(50);
  });

  test("a layer has exactly the files of its tar: types, modes, owners, times, devices, links, attributes, content", async () => {
    const path = await session.layers.export(lower);
    const expected = new Map<string, TarEntry & { sum: string }>();
    for await (const { entry, content } of readTar(await session.layers.openTar(lower)))
      expected.set(entry.path, { ...entry, sum: sha256(await collect(content)) });
    const firstNames = new Map<string, string>();
    const seen = new Set<string>();
    for await (const entry of decodeTree(await session.guest.readTree(path))) {
      seen.add(entry.path);
      const wanted = expected.get(entry.path);
      const content = await collect(entry.content);
      if (!wanted) {
        expect(["etc/conf", "cache/old2", "dev", "ünïcödé", "many"], entry.path).toContain(entry.path);
        continue;
      }
      const source = wanted.type === "hard-link" ? (expected.get(wanted.link) as typeof wanted) : wanted;
      expect(
        {
          mode: entry.mode & 0o7777,
          uid: entry.uid,
          gid: entry.gid,
          time: [entry.mtimeSeconds, entry.mtimeNanoseconds],
          dev: [entry.major, entry.minor],
        },
        entry.path,
      ).toEqual({
        mode: source.mode,
        uid: source.uid,
        gid: source.gid,
        time: [source.mtimeSeconds, source.mtimeNanoseconds],
        dev: [source.major, source.minor],
      });
      expect(entry.xattrs, entry.path).toEqual(source.xattrs);
      if (wanted.type === "symlink") expect(entry.link).toBe(wanted.link);
      else if (entry.hard) expect(firstNames.get(entry.link), "the same content as the first name").toBe(source.sum);
      else expect(sha256(content), entry.path).toBe(source.sum);
      if (source.type === "file" && !entry.hard) firstNames.set(entry.path, source.sum);
    }
    for (const name of expected.keys()) expect(seen.has(name), name).toBe(true);
  });

  test("hard links are counted and share an inode", async () => {
    const path = await session.layers.export(lower);
    const [tool, again, link] = (
      await shell(session.guest, `cd ${path}/bin && stat -c '%h %i %a %u:%g' tool again link`)
    )
      .trim()
      .split("\n");
    expect(tool).toBe(again);
    expect(tool).toMatch(/^3 \d+ 4755 1000:100$/);
    expect(link).toMatch(/^1 /);
    expect(await shell(session.guest, `find ${path} -samefile ${path}/bin/tool | wc -l`)).toBe("3\n");
  });

  test("a layer that is not there is not there, and appears once it is", async () => {
    const diffId = await unpack(session.layers, [{ path: "late", content: text("late\n") }]);
    const path = `/run/9p/l/${hexOf(diffId).slice(0, 16)}`;
    expect(await shell(session.guest, `ls ${path} 2>/dev/null || echo missing`)).toBe("missing\n");
    await session.layers.export(diffId);
    expect(await shell(session.guest, `cat ${path}/late`)).toBe("late\n");
    expect((await shell(session.guest, "ls /run/9p/l")).split("\n")).toContain(hexOf(diffId).slice(0, 16));
  });

  describe("under an overlay", () => {
    let merged: string;

    beforeAll(async () => {
      merged = await mountOverlay(session, "test", [lower, top]);
    });

    test("whiteouts and opaque directories hide what they say, and nothing else", async () => {
      const files = await shell(session.guest, `cd ${merged} && find . ! -name 'file-*' | sort`);
      expect(
        files
          .trim()
          .split("\n")
          .filter((path) => /^.\/(etc|cache|bin|many)/.test(path)),
      ).toEqual([
        "./bin",
        "./bin/again",
        "./bin/link",
        "./bin/tool",
        "./cache",
        "./cache/new",
        "./etc",
        "./etc/conf",
        "./etc/conf/c",
        "./etc/passwd",
      ]);
      expect(
        await shell(
          session.guest,
          `cd ${merged} && cat etc/passwd bin/link cache/new; stat -c %a etc cache; sha256sum < big`,
        ),
      ).toBe(`changed\nchanged\nnew755\n755\n${sha256(big)}  -\n`);
      expect(await shell(session.guest, `ls ${merged}/etc/shadow 2>&1 || true`)).toContain("No such file");
    });

    test("files are written, copied up, removed and made again, and the layers do not change", async () => {
      const script = `cd ${merged} && echo more >> etc/passwd && rm bin/tool && mkdir many && echo x > many/new && rm -r cache && mkdir cache && mv etc/conf/c etc/conf/d && chmod 600 big && ln bin/again bin/tool`;
      await shell(session.guest, script);
      expect(
        await shell(
          session.guest,
          `cd ${merged} && cat etc/passwd; ls many cache etc/conf; stat -c %a big; sha256sum < big; stat -c %h bin/tool`,
        ),
      ).toBe(`changed\nmore\ncache:\n\netc/conf:\nd\n\nmany:\nnew\n600\n${sha256(big)}  -\n2\n`);
      const path = await session.layers.export(top);
      expect(await shell(session.guest, `cat ${path}/etc/passwd; touch ${path}/x 2>&1 || true`)).toMatch(
        /^changed\ntouch: .*Read-only file system/,
      );
    });
  });

  test("everything is there again after a snapshot of the machine was restored", async () => {
    const { guest, layers } = session;
    const path = await layers.export(lower);
    const merged = await mountOverlay(session, "restored", [lower, top]);
    await shell(guest, `echo more >> ${merged}/etc/passwd`);
    const command = `cd ${path} && find . -type f -exec sha256sum {} + | sort | sha256sum; stat -c '%i %h' bin/tool`;
    const before = await shell(guest, command);
    const snapshot = await guest.saveSnapshot();
    const later = createServer();
    const restored = await restoreGuest(snapshot, { emulator: await assets.emulator(), ninePServer: later.server });
    try {
      await later.layers.export(lower);
      await later.layers.export(top);
      expect(await shell(restored, command)).toBe(before);
      expect(await shell(restored, `cat ${merged}/etc/passwd`)).toBe("changed\nmore\n");
      expect(later.server.pendingCount).toBe(0);
    } finally {
      await restored[Symbol.asyncDispose]();
    }
  });
});

async function gunzip(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(
    await new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"))).arrayBuffer(),
  );
}

/** Instructions whose result a real Docker has told (`testdata/copies.json`, written by `record-copies.ts`). */
import { encodeUtf8, streamOf } from "../../base/streams.ts";
import { type TarEntryFields, writeTar } from "../../oci/tar-writer.ts";

export type Piece = { readonly entry: TarEntryFields; readonly content?: ReturnType<typeof streamOf> };

type Fields = Omit<TarEntryFields, "path" | "type" | "link" | "size">;

export const TIME = 1_600_000_000;

export function directory(path: string, fields: Fields = {}): Piece {
  return { entry: { mtimeSeconds: TIME, mode: 0o755, ...fields, path, type: "directory" } };
}

export function file(path: string, content = `${path}\n`, fields: Fields = {}): Piece {
  const bytes = encodeUtf8(content);
  return {
    entry: { mtimeSeconds: TIME, mode: 0o644, ...fields, path, type: "file", size: bytes.length },
    ...(bytes.length > 0 && { content: streamOf(bytes) }),
  };
}

export function symlink(path: string, link: string, fields: Fields = {}): Piece {
  return { entry: { mtimeSeconds: TIME, mode: 0o777, ...fields, path, type: "symlink", link } };
}

export function hardLink(path: string, link: string, fields: Fields = {}): Piece {
  return { entry: { mtimeSeconds: TIME, mode: 0o644, ...fields, path, type: "hard-link", link } };
}

/** The build context: what a directory of the client can hold. */
export function contextPieces(): readonly Piece[] {
  return [
    file("a", "a\n"),
    file("b", "b\n", { mode: 0o600, mtimeSeconds: TIME + 1 }),
    file("empty", ""),
    file("run.sh", "#!/bin/sh\n", { mode: 0o755 }),
    file("with space", "s\n"),
    file("[odd]", "o\n"),
    directory("dir", { mode: 0o750, mtimeSeconds: TIME + 2 }),
    file("dir/c", "c\n", { mode: 0o4755 }),
    file("dir/d.txt", "d\n"),
    directory("dir/sub", { mode: 0o700 }),
    file("dir/sub/e.txt", "e\n"),
    file("dir/sub/f", "f\n"),
    directory("dir/void", { mode: 0o1777 }),
    directory("links"),
    symlink("links/to-a", "../a"),
    symlink("links/to-dir", "../dir"),
    symlink("links/dangling", "nowhere"),
    symlink("links/outside", "../../../etc/passwd"),
    symlink("links/absolute", "/a"),
    symlink("top-link", "dir"),
    symlink("file-link", "dir/d.txt"),
    directory("hard"),
    file("hard/1", "h\n"),
    hardLink("hard/2", "hard/1"),
    directory("x"),
    directory("x/y"),
    directory("x/y/z"),
    file("x/y/z/deep.txt", "deep\n"),
    file("x/y/top.txt", "top\n"),
    file("x/other.txt", "other\n"),
  ];
}

/** What the layer goes on. */
export function basePieces(): readonly Piece[] {
  return [
    directory("etc"),
    file("etc/passwd", "root:x:0:0:root:/root:/bin/sh\nweb:x:33:44:web:/:/bin/sh\nodd:x:7:8\n"),
    file("etc/group", "root:x:0:\nstaff:x:50:web\n"),
    directory("there", { mode: 0o711, uid: 5, gid: 6 }),
    file("there/a", "old a\n", { mode: 0o400, uid: 5 }),
    file("there/keep", "keep\n"),
    directory("there/sub", { mode: 0o700, uid: 9 }),
    file("there/sub/old", "old\n"),
    directory("there/c"),
    symlink("link-there", "there"),
    symlink("link-abs", "/there"),
    symlink("link-up", "../../../there"),
    symlink("link-new", "made-by-link"),
    symlink("link-loop", "link-loop"),
    symlink("link-file", "there/keep"),
    directory("var"),
    symlink("var/run", "/run"),
    directory("run"),
    directory("x", { mode: 0o700, uid: 3 }),
    file("file", "file\n"),
  ];
}

/** Another image: `--from=src`. */
export function sourcePieces(): readonly Piece[] {
  return [
    directory("out", { uid: 11, gid: 12, mode: 0o2755 }),
    file("out/bin", "bin\n", { uid: 13, gid: 14, mode: 0o4711, mtimeSeconds: TIME + 9 }),
    file("out/cap", "cap\n", { xattrs: [["user.note", encodeUtf8("hi")]] }),
    symlink("out/ln", "bin", { uid: 15, gid: 16 }),
    { entry: { path: "out/fifo", type: "fifo", mode: 0o640, uid: 1, mtimeSeconds: TIME } },
    {
      entry: { path: "out/null", type: "character-device", mode: 0o666, major: 1, minor: 3, mtimeSeconds: TIME },
    },
    file("out/h1", "h\n", { uid: 21 }),
    hardLink("out/h2", "out/h1", { uid: 21 }),
    symlink("current", "out"),
    symlink("abs", "/out/bin"),
    directory("nested"),
    directory("nested/out2", { uid: 30 }),
    file("nested/out2/f", "f\n", { uid: 31 }),
  ];
}

/** In the context as `pack.tar` and `pack.tar.gz`. */
function archivePieces(): readonly Piece[] {
  return [
    directory("p", { uid: 70, gid: 71, mode: 0o711 }),
    file("p/f", "pf\n", { uid: 72, gid: 73, mode: 0o640 }),
    hardLink("p/g", "p/f", { uid: 72, gid: 73, mode: 0o640 }),
    symlink("p/abs", "/p/f", { uid: 74 }),
    file("implied/parent/f", "i\n", { uid: 75 }),
    file("a", "from tar\n", { uid: 76 }),
    file("sub", "a file over a directory\n"),
    directory("keep"),
    file("keep/x", "x\n"),
    symlink("s", "p"),
    file("s/through", "through\n"),
    file("there/a", "inner\n"),
  ];
}

async function gzip(bytes: Uint8Array): Promise<Uint8Array> {
  const packed = streamOf(bytes).pipeThrough(
    new CompressionStream("gzip") as ReadableWritablePair<Uint8Array, Uint8Array>,
  );
  return new Uint8Array(await new Response(packed as ReadableStream<Uint8Array<ArrayBuffer>>).arrayBuffer());
}

export async function tarOf(pieces: readonly Piece[]): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await new Response(writeTar(pieces) as ReadableStream<Uint8Array<ArrayBuffer>>).arrayBuffer());
}

/** {@link contextPieces} and archives. */
export async function contextTar(): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = (path: string, content: Uint8Array): Piece => ({
    entry: { path, type: "file", size: content.length, mode: 0o644, mtimeSeconds: TIME },
    content: streamOf(content),
  });
  const archive = await tarOf(archivePieces());
  const archives = [
    bytes("pack/pack.tar", archive),
    bytes("pack/pack.tar.gz", await gzip(archive)),
    bytes("pack/text.gz", await gzip(encodeUtf8("only text\n".repeat(100)))),
    bytes("pack/no.tar", encodeUtf8("no archive\n".repeat(100))),
    bytes("pack/zeros.tar", new Uint8Array(1024)),
    bytes("bad/up.tar", await tarOf([file("ok"), file("../up")])),
    bytes("bad/link.tar", await tarOf([file("ok"), hardLink("link", "../../etc/passwd")])),
    bytes("bad/cut.tar", archive.subarray(0, 2100)),
  ];
  return await tarOf([...contextPieces(), directory("pack"), directory("bad"), ...archives]);
}

export interface CopyCase {
  /** After `FROM base`, one after another. */
  readonly steps: readonly string[];
  readonly workingDirectory?: string;
}

const one = (...steps: readonly string[]): CopyCase => ({ steps });

export const CASES: readonly CopyCase[] = [
  // One file.
  one("COPY a /new"),
  one("COPY a /new/"),
  one("COPY a /new/deep/er/"),
  one("COPY a /new/deep/er"),
  one("COPY a /there"),
  one("COPY a /there/"),
  one("COPY a /there/."),
  one("COPY a /new/."),
  one("COPY a /file"),
  one("COPY a /file/"),
  one("COPY a /file/x"),
  one("COPY a /"),
  one("COPY a ."),
  one("COPY ./a ./"),
  one("COPY /a /new"),
  one("COPY ../../a /new"),
  one("COPY a /new/../other"),
  one("COPY run.sh empty b /new/"),
  one("COPY a b /new"),
  one("COPY a dir /there"),
  one("COPY a /there/c"),
  one("COPY a dir/c /there/"),
  one('COPY ["with space", "/new dir/"]'),
  one("COPY [[]odd] /new/"),
  one("COPY missing /new/"),
  one("COPY a missing/x /new/"),
  one("COPY missing/*.txt /new/"),
  one("COPY a/ /new"),
  one("COPY a/x /new"),
  { steps: ["COPY a rel"], workingDirectory: "/there" },
  { steps: ["COPY a rel/"], workingDirectory: "/not/there" },
  { steps: ["COPY dir ."], workingDirectory: "/there/sub" },
  { steps: ["COPY a ../up"], workingDirectory: "/there/sub" },
  { steps: ["COPY a /"], workingDirectory: "/there/sub" },
  // Directories.
  one("COPY dir /new"),
  one("COPY dir /new/"),
  one("COPY dir/ /new"),
  one("COPY dir/. /new/"),
  one("COPY dir /there"),
  one("COPY dir /there/"),
  one("COPY dir /file"),
  one("COPY dir dir/sub /new/"),
  one("COPY x y /new/"),
  one("COPY . /new"),
  one("COPY . ."),
  one("COPY . /there"),
  one("COPY dir /"),
  one("COPY x /x"),
  one("COPY hard /new"),
  one("COPY hard/1 hard/2 /new/"),
  one("COPY links /new"),
  one("COPY dir/void /new"),
  one("COPY dir/void /there"),
  // Links in sources.
  one("COPY top-link /new"),
  one("COPY top-link/ /new"),
  one("COPY top-link/sub /new"),
  one("COPY file-link /new/"),
  one("COPY links/to-a /new/"),
  one("COPY links/dangling /new/"),
  one("COPY links/outside /new/"),
  one("COPY links/absolute /new/"),
  one("COPY links/to-dir/c /new/"),
  one("COPY top-l* /new/"),
  one("COPY links/* /new/"),
  // Links in the destination.
  one("COPY a /link-there"),
  one("COPY a /link-there/"),
  one("COPY a /link-there/sub/n"),
  one("COPY a /link-abs/"),
  one("COPY a /link-up/"),
  one("COPY a /link-new"),
  one("COPY a /link-new/"),
  one("COPY a /link-file"),
  one("COPY a /link-file/"),
  one("COPY a /link-loop"),
  one("COPY dir /link-there"),
  one("COPY dir /link-new"),
  one("COPY a /var/run/new"),
  one("COPY x /var/run/x"),
  // Wildcards.
  one("COPY * /new/"),
  one("COPY ? /new/"),
  one("COPY [ab] /new/"),
  one("COPY [^a] /new/"),
  one("COPY [a-c] /new/"),
  one("COPY nomatch* /new/"),
  one("COPY nomatch* a /new/"),
  one("COPY d* /new/"),
  one("COPY dir/* /new/"),
  one("COPY dir/*.txt /new/"),
  one("COPY dir/*.txt /new"),
  one("COPY d*/*/*.txt /new/"),
  one("COPY */ /new/"),
  one("COPY **/*.txt /new/"),
  one("COPY x/** /new/"),
  one("COPY [a /new/"),
  one("COPY dir/s* /there"),
  // Replacing.
  one("COPY a /there/sub"),
  one("COPY dir/c /there/c"),
  one("COPY dir /there", "COPY x /there"),
  one("COPY a /new", "COPY b /new"),
  one("COPY dir/sub /new/a", "COPY a /new/"),
  one("COPY x /there/keep"),
  one("COPY top-link/sub /link-there/sub"),
  // Owners and permissions.
  one("COPY --chown=1000 a /new/"),
  one("COPY --chown=1000:2000 dir /new/x"),
  one("COPY --chown=web dir /new/x"),
  one("COPY --chown=web:staff a /new/"),
  one("COPY --chown=:staff a /new/"),
  one("COPY --chown=web: a /new/"),
  one("COPY --chown=web:77 a /new/"),
  one("COPY --chown=33:staff a /new/"),
  one("COPY --chown=nosuch a /new/"),
  one("COPY --chown=0:nosuch a /new/"),
  one("COPY --chown=root:root a /new/"),
  one("COPY --chown=web a /there/"),
  one("COPY --chown=web dir /there"),
  one("COPY --chown=odd a /new"),
  one("COPY --chmod=600 a /new/"),
  one("COPY --chmod=0755 dir /new/x"),
  one("COPY --chmod=4711 a /new/"),
  one("COPY --chmod=640 dir /there"),
  one("COPY --chmod=u=rwX,go=rX dir /new/"),
  one("COPY --chmod=+x a /new"),
  one("COPY --chmod=g+s,o= dir /new/d"),
  one("COPY --chmod=a=r,u+w run.sh /new/"),
  one("COPY --chmod=go=u run.sh b /new/"),
  one("COPY --chmod=u-x,+t run.sh /new/"),
  one("COPY --chmod=ug=rw,o-r+X dir /new/d"),
  one("COPY --chmod=8 a /new"),
  one("COPY --chmod=10000 a /new"),
  one("COPY --chmod=zz a /new"),
  one("COPY --chmod=u a /new"),
  one("COPY --chmod=u+rwx, a /new"),
  one("COPY --chmod=644 links /new"),
  one("COPY --chown=5 --chmod=444 links/to-a links/dangling /new/"),
  // From another image.
  one("COPY --from=src /out /new"),
  one("COPY --from=src out /new/"),
  one("COPY --from=src /out/ /there"),
  one("COPY --from=src /out/bin /new/"),
  one("COPY --from=src /out/h1 /out/h2 /new/"),
  one("COPY --from=src /current /new"),
  one("COPY --from=src /abs /new/"),
  one("COPY --from=src --chown=1:2 /out /new"),
  one("COPY --from=src / /"),
  one("COPY --from=src / /new"),
  one("COPY --from=src /nested/out* /new/"),
  one("COPY --from=src --chmod=700 /out /new"),
  one("COPY --from=src /missing /new"),
  // Excluded.
  one("COPY --exclude=*.txt dir /new"),
  one("COPY --exclude=sub dir /new"),
  one("COPY --exclude=**/*.txt --exclude=c dir /new"),
  one("COPY --exclude=sub --exclude=!sub/f dir /new"),
  one("COPY --exclude=dir . /new"),
  one("COPY --exclude=a a b /new/"),
  one("COPY --exclude=* dir /new"),
  one("COPY --exclude=[a dir /new"),
  one("COPY --exclude=d* * /new/"),
  // Here-documents.
  one("COPY <<EOF /new\nhello\nEOF"),
  one("COPY <<one <<two /new/\n1\none\n2\ntwo"),
  one("COPY --chmod=755 --chown=web <<EOF /new/run.sh\n#!/bin/sh\nEOF"),
  one("COPY a <<EOF /new/\nhello\nEOF"),
  one("COPY <<EOF /there\nEOF"),
  // Archives.
  one("ADD a /new/"),
  one("ADD dir /new"),
  one("ADD pack/pack.tar /new"),
  one("ADD pack/pack.tar /new/"),
  one("ADD pack/pack.tar.gz /new"),
  one("ADD pack/pack.tar /there"),
  one("ADD pack/pack.tar /link-there"),
  one("ADD pack/pack.tar /file"),
  one("ADD --chown=web pack/pack.tar /new"),
  one("ADD --chmod=700 pack/pack.tar /new"),
  one("ADD pack/text.gz /new/"),
  one("ADD pack/no.tar pack/zeros.tar /new/"),
  one("ADD pack /new/"),
  one("ADD pack/*.tar /new/"),
  one("ADD --unpack=false pack/pack.tar /new/"),
  one("ADD --unpack=true pack/pack.tar /new/"),
  one("ADD pack/pack.tar /"),
  one("COPY pack/pack.tar /new/"),
  one("ADD bad/up.tar /new"),
  one("ADD bad/link.tar /new"),
  one("ADD bad/cut.tar /new"),
  // What is refused.
  one("COPY https://example.invalid/x /new"),
  one("COPY https://example.invalid/x.git /new"),
  one("COPY git@example.invalid:a/b.git /new"),
  one("ADD --checksum=sha256:1 a /new"),
  one("ADD --checksum=sha256:1 https://example.invalid/x /new"),
  one("ADD --checksum=x https://example.invalid/x /new"),
  one("ADD --checksum=sha256:1 https://example.invalid/x https://example.invalid/y /new/"),
];

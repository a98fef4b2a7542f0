import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isKind } from "../base/errors.ts";
import { collect, collectText, concat, encodeUtf8, streamFrom, streamOf } from "../base/streams.ts";
import { readTar, TarParser, type TarEntry } from "./layer-tar.ts";
import { encodePath } from "./path-bytes.ts";
import { encodePax } from "./pax.ts";
import { encodeTarHeader, type TarHeader } from "./tar-header.ts";
import { encodeTarEntry, TAR_END, tarPadding, writeTar, type TarEntryFields } from "./tar-writer.ts";

const plain: TarHeader = {
  flag: "0",
  name: "f",
  link: "",
  mode: 0o644,
  uid: 0,
  gid: 0,
  size: 0,
  mtimeSeconds: 0,
  major: 0,
  minor: 0,
};

/** A header with bytes put in by hand, and the checksum made right again. */
function rawHeader(
  fields: Partial<TarHeader>,
  patches: Readonly<Record<number, readonly number[]>> = {},
): Uint8Array<ArrayBuffer> {
  const block = encodeTarHeader({ ...plain, ...fields });
  for (const [at, bytes] of Object.entries(patches)) block.set(bytes, Number(at));
  block.fill(0x20, 148, 156);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.set(encodeUtf8(`${sum.toString(8).padStart(6, "0")}\0 `), 148);
  return block;
}

const repeated = (count: number, byte: number): number[] => Array.from({ length: count }, () => byte);

function extension(flag: "x" | "g" | "L" | "K", payload: Uint8Array): Uint8Array<ArrayBuffer> {
  return concat([
    rawHeader({ flag, name: flag === "L" || flag === "K" ? "././@LongLink" : "PaxHeaders/f", size: payload.length }),
    payload,
    tarPadding(payload.length),
  ]);
}

const pax = (records: Readonly<Record<string, string | Uint8Array>>, flag: "x" | "g" = "x"): Uint8Array<ArrayBuffer> =>
  extension(
    flag,
    encodePax(
      new Map(
        Object.entries(records).map(([key, value]) => [key, typeof value === "string" ? encodePath(value) : value]),
      ),
    ),
  );

function parse(tar: Uint8Array, pieceBytes = tar.length): { entries: TarEntry[]; contents: string[] } {
  const entries: TarEntry[] = [];
  const contents: string[] = [];
  const parser = new TarParser({
    entry: (entry) => {
      entries.push(entry);
      contents.push("");
    },
    content: (bytes) => (contents[contents.length - 1] += Buffer.from(bytes).toString("latin1")),
  });
  for (let at = 0; at < tar.length; at += pieceBytes) parser.push(tar.subarray(at, at + pieceBytes));
  parser.end();
  return { entries, contents };
}

const only = (...blocks: readonly Uint8Array[]): TarEntry => {
  const { entries } = parse(concat([...blocks, TAR_END]));
  expect(entries.length).toBe(1);
  return entries[0] as TarEntry;
};

function refusal(tar: Uint8Array): string {
  try {
    parse(tar);
  } catch (error) {
    expect(isKind(error, "invalid-argument"), String(error)).toBe(true);
    return String(error);
  }
  throw new Error("was accepted");
}

describe("reading a tar file", () => {
  test("every type of entry comes with all of its fields", () => {
    const tar = concat([
      rawHeader({ flag: "5", name: "etc/", mode: 0o1755, uid: 1, gid: 2, mtimeSeconds: 1_700_000_000 }),
      rawHeader({ name: "etc/hostname", size: 5 }),
      encodeUtf8("dock\n"),
      tarPadding(5),
      rawHeader({ flag: "1", name: "etc/again", link: "./etc//hostname", size: 5 }),
      rawHeader({ flag: "2", name: "link", link: "../a//b" }),
      rawHeader({ flag: "3", name: "null", major: 1, minor: 3 }),
      rawHeader({ flag: "4", name: "sda", major: 8, minor: 0 }),
      rawHeader({ flag: "6", name: "pipe" }),
      rawHeader({ flag: "7", name: "contiguous", size: 1 }),
      encodeUtf8("x"),
      tarPadding(1),
      TAR_END,
    ]);
    const { entries, contents } = parse(tar);
    expect(entries.map(({ type, path, link, size, contentOffset }) => [type, path, link, size, contentOffset])).toEqual(
      [
        ["directory", "etc", "", 0, 512],
        ["file", "etc/hostname", "", 5, 1024],
        ["hard-link", "etc/again", "etc/hostname", 0, 2048],
        ["symlink", "link", "../a//b", 0, 2560],
        ["character-device", "null", "", 0, 3072],
        ["block-device", "sda", "", 0, 3584],
        ["fifo", "pipe", "", 0, 4096],
        ["file", "contiguous", "", 1, 4608],
      ],
    );
    expect(entries[0]).toMatchObject({
      mode: 0o1755,
      uid: 1,
      gid: 2,
      mtimeSeconds: 1_700_000_000,
      mtimeNanoseconds: 0,
      xattrs: [],
    });
    expect(entries[4]).toMatchObject({ major: 1, minor: 3 });
    expect(contents[1]).toBe("dock\n");
  });

  test.each([1, 7, 511, 512, 513, 1000])("chunks of %i bytes make no difference", (pieceBytes) => {
    const tar = concat([
      pax({ path: "ü/file" }),
      rawHeader({ size: 1300 }),
      new Uint8Array(1300).fill(0x61),
      tarPadding(1300),
      extension("L", encodeUtf8(`${"long/".repeat(40)}\0`)),
      rawHeader({ flag: "5" }),
      extension("x", new Uint8Array(0)),
      rawHeader({ name: "last" }),
      TAR_END,
      new Uint8Array(5000),
    ]);
    expect(parse(tar, pieceBytes)).toEqual(parse(tar));
    expect(parse(tar).entries.map(({ path }) => path)).toEqual(["ü/file", "long/".repeat(40).slice(0, -1), "last"]);
  });

  test("an empty file, two zero blocks and a missing end are all fine; what follows the end is ignored", () => {
    expect(parse(new Uint8Array(0)).entries).toEqual([]);
    expect(parse(TAR_END).entries).toEqual([]);
    expect(parse(rawHeader({})).entries.length).toBe(1);
    expect(parse(concat([rawHeader({}), new Uint8Array(512)])).entries.length).toBe(1);
    expect(parse(concat([rawHeader({}), TAR_END, encodeUtf8("rubbish")])).entries.length).toBe(1);
  });

  test("names are cleaned and stay inside the root", () => {
    const cleaned = (name: string): string => only(pax({ path: name }), rawHeader({})).path;
    expect(
      [
        "./a",
        "a//b",
        "/etc/passwd",
        "../../etc/passwd",
        "a/../../../b",
        "a/./b/.",
        "./",
        "/",
        "..",
        "a/b/../../..",
      ].map(cleaned),
    ).toEqual(["a", "a/b", "etc/passwd", "etc/passwd", "b", "a/b", "", "", "", ""]);
    expect(cleaned("..a/...b/c..")).toBe("..a/...b/c..");
    expect(only(rawHeader({ flag: "1", link: "/../x" })).link).toBe("x");
  });

  test("names that are not UTF-8 keep their bytes", () => {
    const { path } = only(rawHeader({}, { 0: [0x61, 0xff, 0xc3, 0xa4, 0xc3] }));
    expect([...encodePath(path)]).toEqual([0x61, 0xff, 0xc3, 0xa4, 0xc3]);
    expect(path.slice(2, 3)).toBe("ä");
  });

  test("ustar's prefix, GNU's long names and PAX's path all give long names", () => {
    const long = `${"d".repeat(90)}/${"e".repeat(90)}`;
    expect(only(rawHeader({ name: long })).path).toBe(long);
    expect(only(extension("L", encodeUtf8(`${long}x\0`)), rawHeader({})).path).toBe(`${long}x`);
    expect(only(extension("K", encodeUtf8(`${long}\0`)), rawHeader({ flag: "2" })).link).toBe(long);
    expect(only(pax({ path: `${long}y`, linkpath: long }), rawHeader({ flag: "2" }))).toMatchObject({
      path: `${long}y`,
      link: long,
    });
    const gnu = rawHeader({ name: long }, { 257: [...encodeUtf8("ustar  \0")], 345: repeated(12, 0x31) });
    expect(only(gnu).path, "GNU has times where ustar has the prefix").toBe("e".repeat(90));
  });

  test("PAX replaces size, owner, time and names, and brings extended attributes", () => {
    const binary = Uint8Array.of(0, 0x0a, 0xff, 0x3d, 0);
    const entry = only(
      pax({
        size: "3",
        uid: "4000000000",
        gid: "70000",
        mtime: "-1.5",
        "SCHILY.xattr.security.capability": binary,
        "SCHILY.xattr.user.a": "b",
        comment: "ignored",
        "LIBARCHIVE.xattr.x": "y",
      }),
      rawHeader({ size: 0 }),
      encodeUtf8("abc"),
      tarPadding(3),
    );
    expect(entry).toMatchObject({
      size: 3,
      uid: 4_000_000_000,
      gid: 70_000,
      mtimeSeconds: -2,
      mtimeNanoseconds: 500_000_000,
    });
    expect(entry.xattrs).toEqual([
      ["security.capability", binary],
      ["user.a", encodeUtf8("b")],
    ]);
  });

  test("an empty PAX value means the header's field, a global header changes nothing", () => {
    expect(only(pax({ path: "" }), rawHeader({ name: "kept" })).path).toBe("kept");
    expect(only(pax({ path: "other", uid: "7" }, "g"), rawHeader({ name: "kept" }))).toMatchObject({
      path: "kept",
      uid: 0,
    });
  });

  test("base-256 numbers are read, also negative ones", () => {
    const size = [0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2];
    expect(only(rawHeader({}, { 124: size }), encodeUtf8("ab"), tarPadding(2)).size).toBe(2);
    expect(only(rawHeader({}, { 136: repeated(12, 0xff) })).mtimeSeconds).toBe(-1);
    expect(only(rawHeader({}, { 108: [0x80, 0, 0, 0, 0xee, 0x6b, 0x28, 0] })).uid).toBe(4_000_000_000);
    expect(refusal(rawHeader({}, { 124: [0x80, 0, 0, 0, 0xff, 0, 0, 0, 0, 0, 0, 2] }))).toContain("size");
    expect(refusal(rawHeader({}, { 124: repeated(12, 0xff) }))).toContain("negative size");
  });

  test("numbers padded with spaces or nothing, V7 directories and signed checksums are read", () => {
    expect(only(rawHeader({}, { 100: [...encodeUtf8("   755 \0")], 108: repeated(8, 0) }))).toMatchObject({
      mode: 0o755,
      uid: 0,
    });
    expect(only(rawHeader({ name: "dir/" }, { 156: [0], 257: repeated(8, 0) }))).toMatchObject({
      type: "directory",
      path: "dir",
    });
    const signed = rawHeader({}, { 0: [0xc3, 0xa4] });
    const sum = signed.reduce((total, byte, at) => total + (at >= 148 && at < 156 ? 0x20 : (byte << 24) >> 24), 0);
    signed.set(encodeUtf8(`${sum.toString(8).padStart(6, "0")}\0 `), 148);
    expect(only(signed).path).toBe("ä");
  });

  test("sparse files and unknown types are named, not misread", () => {
    expect(refusal(rawHeader({ flag: "S", name: "holes" }))).toContain("sparse files are not supported: holes");
    expect(refusal(concat([pax({ "GNU.sparse.major": "1" }), rawHeader({ name: "holes" })]))).toContain("sparse");
    expect(refusal(rawHeader({ flag: "D", name: "dump" }))).toContain("unhandled tar header type 68: dump");
  });

  test("damaged files are refused", () => {
    const tar = concat([rawHeader({ size: 600 }), new Uint8Array(600), tarPadding(600), TAR_END]);
    for (const length of [1, 511, 513, 600, 1111])
      expect(refusal(tar.subarray(0, length)), `${length} bytes`).toContain("unexpected EOF");
    const flipped = tar.slice();
    flipped[3] = 0x41;
    expect(refusal(flipped)).toContain("invalid tar header");
    expect(refusal(concat([new Uint8Array(512), rawHeader({})]))).toContain("invalid tar header");
    expect(refusal(encodeUtf8("this is no tar file, whatever its name says".repeat(40)))).toContain(
      "invalid tar header",
    );
    expect(refusal(pax({ path: "x" })), "an extended header for nothing").toContain("unexpected EOF");
    for (const records of ["5 a=b\n", "100 path=x\n", "path=x\n", "6 =ab\n", "0 a=b\n", "7 path\n\n", "9 path=xy"]) {
      expect(refusal(concat([extension("x", encodeUtf8(records)), rawHeader({})])), records).toContain("PAX");
    }
    for (const [key, value] of [
      ["size", "1e3"],
      ["size", "-"],
      ["mtime", "now"],
      ["uid", "99999999999999999999"],
    ] as const) {
      expect(refusal(concat([pax({ [key]: value }), rawHeader({})])), `${key}=${value}`).toContain("PAX");
    }
    expect(refusal(concat([pax({ path: "a\0b" }), rawHeader({})]))).toContain("NUL");
    expect(refusal(rawHeader({ flag: "x", size: 2 << 20 }))).toContain("too large");
    expect(refusal(rawHeader({}, { 100: [...encodeUtf8("0000999\0")] }))).toContain("mode");
  });

  test("any bytes either parse or are refused, whatever the chunks", () => {
    const block = fc.oneof(
      fc.uint8Array({ minLength: 512, maxLength: 512 }),
      fc
        .record({
          flag: fc.constantFrom("0", "1", "2", "5", "x", "g", "L", "K", "S"),
          size: fc.nat(2000),
          at: fc.nat(511),
          byte: fc.nat(255),
        })
        .map(({ flag, size, at, byte }) => {
          return rawHeader({ flag, size }, { [at]: [byte] });
        }),
      fc.constant(new Uint8Array(512)),
    );
    fc.assert(
      fc.property(fc.array(block, { maxLength: 8 }), fc.integer({ min: 1, max: 1500 }), (blocks, pieceBytes) => {
        const outcome = (bytes: number): unknown => {
          try {
            return parse(concat(blocks), bytes);
          } catch (error) {
            if (!isKind(error, "invalid-argument")) throw error;
            return String(error);
          }
        };
        expect(outcome(pieceBytes)).toEqual(outcome(1 << 20));
      }),
      { numRuns: 200 },
    );
  });
});

describe("readTar", () => {
  const tar = concat([
    rawHeader({ name: "a", size: 2000 }),
    new Uint8Array(2000).fill(0x61),
    tarPadding(2000),
    rawHeader({ name: "b", size: 3 }),
    encodeUtf8("bbb"),
    tarPadding(3),
    rawHeader({ flag: "5", name: "c/" }),
    TAR_END,
  ]);

  test("content is read, or skipped when nobody reads it", async () => {
    const texts: [string, number][] = [];
    for await (const { entry, content } of readTar(streamFrom([tar.subarray(0, 700), tar.subarray(700)]))) {
      texts.push([entry.path, entry.path === "b" ? 0 : (await collectText(content)).length]);
    }
    expect(texts).toEqual([
      ["a", 2000],
      ["b", 0],
      ["c", 0],
    ]);
  });

  test("leaving the loop cancels the stream; content asked for too late fails", async () => {
    let isCancelled = false;
    const stream = new ReadableStream<Uint8Array>({
      start: (controller) => controller.enqueue(tar),
      cancel: () => void (isCancelled = true),
    });
    for await (const { entry } of readTar(stream)) if (entry.path === "b") break;
    expect(isCancelled).toBe(true);
    let late: Promise<string> | undefined;
    for await (const { content } of readTar(streamOf(tar))) {
      if (late) await expect(late).rejects.toThrow("the next entry");
      else late = (async () => (await new Promise((resolve) => setTimeout(resolve, 5)), collectText(content)))();
    }
  });

  test("content that breaks off fails where it is read", async () => {
    const read = async (): Promise<void> => {
      for await (const { content } of readTar(streamOf(tar.subarray(0, 1000)))) await collect(content);
    };
    await expect(read()).rejects.toThrow("unexpected EOF");
  });
});

describe("writing a tar file", () => {
  const roundTrip = (fields: TarEntryFields): TarEntry =>
    only(encodeTarEntry(fields), new Uint8Array(Math.ceil((fields.size ?? 0) / 512) * 512));

  test("what was written is read again, whatever its names and numbers", () => {
    const name = fc
      .string({ unit: "grapheme", minLength: 1, maxLength: 120 })
      .filter((text) => !/[/\0]/.test(text) && text !== "." && text !== "..");
    const entry = fc.record({
      path: fc.array(name, { minLength: 1, maxLength: 4 }).map((parts) => parts.join("/")),
      type: fc.constantFrom("file", "directory", "symlink", "hard-link", "character-device", "block-device", "fifo"),
      mode: fc.nat(0o7777),
      uid: fc.nat(2 ** 32 - 2),
      gid: fc.nat(2 ** 32 - 2),
      mtimeSeconds: fc.integer({ min: -1e10, max: 1e12 }),
      mtimeNanoseconds: fc.nat(999_999_999),
      major: fc.nat(4095),
      minor: fc.nat(1_048_575),
      link: fc.array(name, { minLength: 1, maxLength: 4 }).map((parts) => parts.join("/")),
      xattrs: fc.uniqueArray(
        fc.tuple(
          fc.constantFrom("user.a", "user.b", "security.capability"),
          fc.uint8Array({ minLength: 1, maxLength: 200 }),
        ),
        { selector: ([key]) => key },
      ),
    } as const);
    fc.assert(
      fc.property(entry, (fields) => {
        const isLink = fields.type === "symlink" || fields.type === "hard-link";
        const expected = {
          ...fields,
          size: 0,
          link: isLink ? fields.link : "",
          xattrs: fields.xattrs.toSorted(([a], [b]) => (a < b ? -1 : 1)),
        };
        expect(roundTrip(fields)).toMatchObject(expected);
      }),
      { numRuns: 200 },
    );
  });

  test("plain entries are one ustar block, and equal entries equal bytes", () => {
    const fields: TarEntryFields = { path: "etc/hostname", mode: 0o644, mtimeSeconds: 1 };
    expect(encodeTarEntry(fields).length).toBe(512);
    expect(encodeTarEntry({ ...fields, path: `${"d".repeat(120)}/${"e".repeat(90)}` }).length).toBe(512);
    const xattrs = [
      ["user.b", encodeUtf8("2")],
      ["user.a", encodeUtf8("1")],
    ] as const;
    expect(encodeTarEntry({ ...fields, xattrs })).toEqual(encodeTarEntry({ ...fields, xattrs: xattrs.toReversed() }));
  });

  test("a whole file has its content, its padding and its end", async () => {
    const bytes = await collect(
      writeTar([
        { entry: { path: "", type: "directory" } },
        { entry: { path: "a", size: 3 }, content: streamOf(encodeUtf8("abc")) },
        { entry: { path: "b" } },
      ]),
    );
    expect(bytes.length).toBe(512 * 6);
    expect(parse(bytes)).toMatchObject({
      entries: [{ path: "" }, { path: "a" }, { path: "b" }],
      contents: ["", "abc", ""],
    });
  });

  test("content of another length than announced fails", async () => {
    for (const size of [2, 4]) {
      await expect(
        collect(writeTar([{ entry: { path: "a", size }, content: streamOf(encodeUtf8("abc")) }])),
      ).rejects.toThrow(`is not ${size} bytes long`);
    }
  });
});

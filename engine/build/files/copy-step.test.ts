import { EMPTY_FILES } from "../../archive/empty-files.ts";
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import type { ReadableLowerFiles } from "../../archive/lower-files.ts";
import { messageOf } from "../../base/errors.ts";
import { collect, collectText, encodeUtf8, streamOf } from "../../base/streams.ts";
import type { CopyInstruction } from "../../dockerfile/dockerfile.ts";
import { parseInstruction } from "../../dockerfile/parse-instruction.ts";
import { writeTar } from "../../oci/tar-writer.ts";
import type { FileTree } from "../../snapshots/file-tree.ts";
import { LayerStack } from "../../snapshots/layer-stack.ts";
import { createMemoryTree } from "../../snapshots/memory-tree.ts";
import { receiveContext } from "../context/receive-context.ts";
import {
  basePieces,
  CASES,
  contextTar,
  type CopyCase,
  directory,
  file,
  type Piece,
  sourcePieces,
  tarOf,
} from "./copy-cases.ts";
import type { CopyPorts, CopyRequest, FetchedUrl } from "./copy-request.ts";
import { planCopy } from "./copy-step.ts";
import { listTree } from "./tree-listing.ts";

const MADE = 1_700_000_000;
const recorded = JSON.parse(readFileSync(new URL("testdata/copies.json", import.meta.url), "utf8")) as Record<
  string,
  Record<string, string>
>;

async function open(tar: Uint8Array): Promise<ReadableLowerFiles> {
  return (await receiveContext(streamOf(tar), { owners: "keep" })).files;
}

const context = (await receiveContext(streamOf(await contextTar()))).files;
const source = await open(await tarOf(sourcePieces()));
const base = await createMemoryTree(await tarOf(basePieces()));

/** What a case changes, or why it fails, as `record-copies.ts` writes it down. */
async function run({ steps, workingDirectory = "" }: CopyCase): Promise<Record<string, string>> {
  const trees: FileTree[] = [base];
  try {
    for (const step of steps) {
      const { from, ...request } = parseInstruction(step) as CopyInstruction;
      const instruction = request.name;
      const files = from === undefined ? context : source;
      await using plan = planCopy(
        { ...request, instruction, from: files, fromId: "ID", workingDirectory },
        { times: { madeSeconds: MADE } },
      );
      await plan.contentDigest();
      trees.push(await createMemoryTree(writeTar(plan.pieces(new LayerStack(trees)))));
    }
  } catch (error) {
    return { error: messageOf(error) };
  }
  const before = new Map(Object.entries(await listTree(new LayerStack([base]))));
  const changes: Record<string, string> = {};
  for (const [path, line] of Object.entries(await listTree(new LayerStack(trees)))) {
    const masked = line.replace(`@${MADE}`, "@made");
    if (before.get(path) !== masked) changes[path] = masked;
    before.delete(path);
  }
  for (const path of before.keys()) changes[path] = "gone";
  return changes;
}

function comparable(result: Record<string, string>): Record<string, string> {
  const { error } = result;
  if (error === undefined) return result;
  const text = error
    .replace(/^failed to compute cache key: /, "")
    // Said by the client, which sends only what is asked for.
    .replace(/^rpc error: code = Unknown desc = /, "")
    .replace(/(?<=checksum of ref )\S*(?=:)/, "ID")
    .replace(/\/var\/lib\/docker\/overlay2\/\w+\/merged/, "");
  return { error: text };
}

describe("COPY and ADD give what Docker gives", () => {
  test.each(CASES.map((step) => [nameOf(step), step] as const))("%s", async (name, step) => {
    expect(comparable(await run(step))).toEqual(comparable(recorded[name] ?? {}));
  });
});

function nameOf({ steps, workingDirectory }: CopyCase): string {
  return [...(workingDirectory === undefined ? [] : [`WORKDIR ${workingDirectory}`]), ...steps].join("\n");
}

// BuildKit's frontend of the recordings does not have it yet; these follow its code.
describe("--parents", () => {
  test.each<[string, Record<string, string>]>([
    [
      "COPY --parents a x/y/top.txt /new/",
      { new: "d0755", "new/a": "f", "new/x": "d0755", "new/x/y": "d0755", "new/x/y/top.txt": "f" },
    ],
    ["COPY --parents x/*/*.txt /new/", { new: "d0755", "new/x": "d0755", "new/x/y": "d0755", "new/x/y/top.txt": "f" }],
    [
      "COPY --parents **/e.txt /new/",
      { new: "d0755", "new/dir": "d0750", "new/dir/sub": "d0700", "new/dir/sub/e.txt": "f" },
    ],
    ["COPY --parents x/./y/z /new/", { new: "d0755", "new/y": "d0755", "new/y/z": "d0755", "new/y/z/deep.txt": "f" }],
    ["COPY --parents ./x/./y/*.txt /new/", { new: "d0755", "new/y": "d0755", "new/y/top.txt": "f" }],
    ["COPY --parents dir/void /there/", { "there/dir": "d0750", "there/dir/void": "d1777" }],
    [
      "COPY --parents --chmod=700 x/y/top.txt /new/",
      { new: "d0700", "new/x": "d0700", "new/x/y": "d0700", "new/x/y/top.txt": "f" },
    ],
    ["COPY --parents --exclude=**/y x /new/", { new: "d0755", "new/x": "d0755", "new/x/other.txt": "f" }],
    ["COPY --parents x/y/top.txt /", { x: "d0755", "x/y": "d0755", "x/y/top.txt": "f" }],
    ["COPY --parents x/miss* /new/", { new: "d0755" }],
    ["COPY --from=src --parents /nested/./out2 /new/", { new: "d0755", "new/out2": "d0755", "new/out2/f": "f" }],
    ["COPY --parents missing /new/", { error: 'failed to calculate checksum of ref ID: "/missing": not found' }],
    ["COPY --parents x/missing /new/", { error: 'failed to calculate checksum of ref ID: "/x/missing": not found' }],
  ])("%s", async (step, expected) => {
    const changes = await run({ steps: [step] });
    const short = (line: string): string => line.replace(/^directory (\d+) .*$/, "d$1").replace(/^file .*$/, "f");
    expect(
      Object.fromEntries(Object.entries(changes).map(([path, line]) => [path, path === "error" ? line : short(line)])),
    ).toEqual(expected);
  });
});

async function openContext(pieces: readonly Piece[]): Promise<ReadableLowerFiles> {
  return (await receiveContext(streamOf(await tarOf(pieces)))).files;
}

function copyOf(from: ReadableLowerFiles, fields: Partial<CopyRequest> = {}): CopyRequest {
  return {
    instruction: "COPY",
    from,
    sources: ["."],
    heredocs: [],
    destination: "/to/",
    workingDirectory: "",
    ...fields,
  };
}

const ports: CopyPorts = { times: { madeSeconds: MADE } };

async function layerOf(request: CopyRequest, lower = EMPTY_FILES, withPorts = ports): Promise<Uint8Array> {
  await using plan = planCopy(request, withPorts);
  return await collect(writeTar(plan.pieces(lower)));
}

async function keyOf(request: CopyRequest): Promise<string> {
  await using plan = planCopy(request, ports);
  return await plan.contentDigest();
}

describe("the layer of a COPY", () => {
  test("is the same bytes for the same input, whatever the order in which the context came", async () => {
    const pieces = (): Piece[] => [directory("d"), file("d/a"), file("d/b"), file("c")];
    const first = await layerOf(copyOf(await openContext(pieces())));
    const second = await layerOf(copyOf(await openContext(pieces().toReversed())));
    expect(Buffer.from(second).equals(Buffer.from(first))).toBe(true);
  });

  test("is nothing but the end of a tar file when nothing matched", async () => {
    expect(await layerOf(copyOf(await openContext([file("a")]), { sources: ["none*"] }))).toEqual(new Uint8Array(1024));
  });

  test("tells directories above with the attributes that they have below, which would otherwise be root's", async () => {
    const lower = new LayerStack([base]);
    const tree = await createMemoryTree(
      await layerOf(copyOf(context, { sources: ["a"], destination: "/there/sub/" }), lower),
    );
    expect(await listTree(new LayerStack([tree]))).toEqual({
      there: "directory 0711 5:6",
      "there/sub": "directory 0700 9:0",
      "there/sub/a": 'file 0644 0:0 @1600000000 "a\\n"',
    });
  });

  test("has no time after SOURCE_DATE_EPOCH", async () => {
    const clamped: CopyPorts = { times: { madeSeconds: MADE, latestSeconds: 1000 } };
    const from = await openContext([file("old", "", { mtimeSeconds: 7 }), file("young", "")]);
    const tree = await createMemoryTree(await layerOf(copyOf(from), EMPTY_FILES, clamped));
    const times = ["to", "to/old", "to/young"].map((path) => new LayerStack([tree]).find(path)?.mtimeSeconds);
    expect(times).toEqual([1000, 7, 1000]);
  });

  test("from a stage of scratch is a directory at most", async () => {
    const nothing = new LayerStack([]);
    await keyOf(copyOf(nothing, { sources: ["/"] }));
    expect(await layerOf(copyOf(nothing, { sources: ["/"], destination: "/" }))).toEqual(new Uint8Array(1024));
    await expect(keyOf(copyOf(nothing, { sources: ["/x"] }))).rejects.toThrow('"/x": not found');
  });

  test("cannot hold a file whose name would be a whiteout", async () => {
    await expect(layerOf(copyOf(await openContext([file(".wh.etc")])))).rejects.toThrow(".wh.etc");
  });

  test("of --link does not depend on what it goes on, and cannot look up names", async () => {
    const linked = copyOf(context, { sources: ["a"], destination: "/link-there/", link: true });
    expect(await layerOf(linked, new LayerStack([base]))).toEqual(await layerOf(linked, EMPTY_FILES));
    expect(planCopy(linked, ports).isIndependent).toBe(true);
    await expect(layerOf({ ...linked, chown: "web" })).rejects.toThrow("invalid user index: -1");
    await layerOf({ ...linked, chown: "1000:1000" });
  });
});

describe("the key of a COPY in the cache", () => {
  const pieces = (fields: Parameters<typeof file>[2] = {}, content = "1"): Piece[] => [
    directory("d", { mode: 0o755 }),
    file("d/a", content, fields),
  ];

  test("is the same for other times, and for the same file from another directory", async () => {
    const key = await keyOf(copyOf(await openContext(pieces())));
    expect(await keyOf(copyOf(await openContext(pieces({ mtimeSeconds: 5 }))))).toBe(key);
    const moved = await openContext([...pieces(), directory("e"), file("e/a", "1")]);
    expect(await keyOf(copyOf(moved, { sources: ["e/a"] }))).toBe(await keyOf(copyOf(moved, { sources: ["d/a"] })));
  });

  test.each<[string, Piece[], Partial<CopyRequest>]>([
    ["content", pieces({}, "2"), {}],
    ["permissions", pieces({ mode: 0o600 }), {}],
    ["an extended attribute", pieces({ xattrs: [["user.a", encodeUtf8("b")]] }), {}],
    ["another file", [...pieces(), file("d/b")], {}],
    ["another name", [directory("d"), file("d/b", "1")], {}],
    ["the destination", pieces(), { destination: "/other/" }],
    ["a slash behind the destination", pieces(), { destination: "/to" }],
    ["the owner", pieces(), { chown: "1" }],
    ["--chmod", pieces(), { chmod: "700" }],
    ["--exclude", pieces(), { exclude: ["x"] }],
    ["--link", pieces(), { link: true }],
    ["ADD", pieces(), { instruction: "ADD" }],
  ])("changes with %s", async (_, changed, fields) => {
    expect(await keyOf(copyOf(await openContext(changed), fields))).not.toBe(
      await keyOf(copyOf(await openContext(pieces()))),
    );
  });

  test("does not change with a file that is not copied", async () => {
    const fields = { sources: ["d"] };
    expect(await keyOf(copyOf(await openContext([...pieces(), file("else")]), fields))).toBe(
      await keyOf(copyOf(await openContext(pieces()), fields)),
    );
  });
});

describe("ADD of a URL", () => {
  const answer = (fields: Partial<FetchedUrl> = {}): CopyPorts => ({
    ...ports,
    fetcher: { get: async () => ({ status: 200, headers: new Map(), body: streamOf(encodeUtf8("hello")), ...fields }) },
  });
  const add = (source: string, fields: Partial<CopyRequest> = {}): CopyRequest =>
    copyOf(EMPTY_FILES, { instruction: "ADD", sources: [source], ...fields });
  const listed = async (request: CopyRequest, withPorts: CopyPorts): Promise<Record<string, string>> =>
    await listTree(new LayerStack([await createMemoryTree(await layerOf(request, EMPTY_FILES, withPorts))]));

  test("is a file with the URL's last name, for root alone, with the time that the server tells", async () => {
    const headers = new Map([["last-modified", "Wed, 21 Oct 2015 07:28:00 GMT"]]);
    expect(await listed(add("https://example.com/a/b%20c.txt?x=1#y"), answer({ headers }))).toEqual({
      to: "directory 0755 0:0",
      "to/b c.txt": 'file 0600 0:0 @1445412480 "hello"',
    });
    expect(await listed(add("https://example.com/"), answer())).toMatchObject({
      "to/__unnamed__": 'file 0600 0:0 @0 "hello"',
    });
    expect(await listed(add("https://example.com/x", { destination: "/f", chmod: "755" }), answer())).toEqual({
      f: 'file 0755 0:0 @0 "hello"',
    });
  });

  test("is not unpacked unless that is asked for", async () => {
    const body = async () => streamOf(await tarOf([file("in")]));
    expect(Object.keys(await listed(add("http://h/x.tar"), answer({ body: await body() })))).toEqual([
      "to",
      "to/x.tar",
    ]);
    const unpacked = await listed(add("http://h/x.tar", { unpack: true }), answer({ body: await body() }));
    expect(Object.keys(unpacked)).toEqual(["to", "to/in"]);
  });

  test("must have the checksum that was asked for", async () => {
    const good = "sha256:2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";
    await layerOf(add("https://h/x", { checksum: good }), EMPTY_FILES, answer());
    const bad = `sha256:${"0".repeat(64)}`;
    await expect(layerOf(add("https://h/x", { checksum: bad }), EMPTY_FILES, answer())).rejects.toThrow(
      `digest mismatch for https://h/x: ${good} (expected: ${bad})`,
    );
  });

  test("fails when the server refuses, when it is too large, and when there is no way out", async () => {
    await expect(layerOf(add("https://h/x"), EMPTY_FILES, answer({ status: 404 }))).rejects.toThrow(
      "invalid response status 404",
    );
    await expect(layerOf(add("https://h/x"), EMPTY_FILES, { ...answer(), maxBytes: 4 })).rejects.toThrow(
      "larger than 4 bytes",
    );
    await expect(layerOf(add("https://h/x"))).rejects.toThrow("no way to other machines");
    expect(() => planCopy(add("https://h/x.git#main:sub"), ports)).toThrow(
      "failed to fetch remote https://h/x.git: git repositories",
    );
  });

  test("of a git repository is its files, when there is a relay", async () => {
    const git: CopyPorts["git"] = {
      fetch: async () => streamOf(await tarOf([directory("sub"), file("sub/f", "f"), file("g", "g")])),
    };
    const source = "https://h/r.git#main:sub";
    expect(await listed(add(source, { chown: "5:6" }), { ...ports, git })).toEqual({
      to: "directory 0755 5:6",
      "to/f": 'file 0644 5:6 @1600000000 "f"',
    });
    expect(Object.keys(await listed(add("https://h/r.git"), { ...ports, git }))).toEqual([
      "to",
      "to/g",
      "to/sub",
      "to/sub/f",
    ]);
    const other = add("https://h/r.git?checksum=a", { checksum: "b" });
    expect(() => planCopy(other, { ...ports, git })).toThrow('checksum mismatch "b" != "a"');
  });

  test("is downloaded once for the key and the layer, and its key is its content", async () => {
    let count = 0;
    const counting: CopyPorts = {
      ...ports,
      fetcher: {
        get: async () => {
          count += 1;
          return { status: 200, headers: new Map(), body: streamOf(encodeUtf8("hello")) };
        },
      },
    };
    await using plan = planCopy(add("https://h/x"), counting);
    const key = await plan.contentDigest();
    await collectText(writeTar(plan.pieces(EMPTY_FILES)));
    expect(count).toBe(1);
    await using other = planCopy(add("https://h/x"), answer({ body: streamOf(encodeUtf8("other")) }));
    expect(await other.contentDigest()).not.toBe(key);
  });
});

test.each(["xz", "bzip2"])("ADD names %s, which cannot be unpacked here", async (name) => {
  const head = { xz: "\xfd7zXZ\0", bzip2: "BZh9" }[name] ?? "";
  const content = Uint8Array.from(Array.from({ length: 600 }, (_, index) => head.charCodeAt(index) || 1));
  const from = await openContext([{ entry: { path: "a.tar.x", size: content.length }, content: streamOf(content) }]);
  const request = copyOf(from, { instruction: "ADD", sources: ["a.tar.x"] });
  await expect(layerOf(request)).rejects.toThrow(`archives compressed with ${name} cannot be unpacked here`);
  await layerOf({ ...request, unpack: false });
});

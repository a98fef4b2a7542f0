import { describe, expect, test } from "vitest";
import { collect, collectText, encodeUtf8, streamOf } from "../base/streams.ts";
import { type TarEntryFields, writeTar } from "../oci/tar-writer.ts";
import { LayerStack } from "./layer-stack.ts";
import { createMemoryTree } from "./memory-tree.ts";

async function stackOf(...layers: readonly (readonly TarEntryFields[])[]): Promise<LayerStack> {
  const trees = layers.map(async (entries) => {
    const pieces = entries.map((entry) => ({ entry, content: streamOf(encodeUtf8("x".repeat(entry.size ?? 0))) }));
    return createMemoryTree(await collect(writeTar(pieces)));
  });
  return new LayerStack(await Promise.all(trees));
}

const directory = (path: string, mode = 0o755): TarEntryFields => ({ path, type: "directory", mode });
const file = (path: string, size: number): TarEntryFields => ({ path, size, mode: 0o640, uid: 3, mtimeSeconds: 7 });

describe("a stack of layers", () => {
  test("shows each file as the uppermost layer has it", async () => {
    const stack = await stackOf(
      [directory("etc", 0o700), file("etc/a", 1), file("etc/b", 1)],
      [directory("etc", 0o711), file("etc/b", 2)],
    );
    expect(stack.find("etc")?.mode).toBe(0o040711);
    expect(stack.find("etc/a")).toMatchObject({ size: 1, mode: 0o100640, uid: 3, mtimeSeconds: 7 });
    expect(stack.find("etc/b")?.size).toBe(2);
    expect(stack.find("etc/c")).toBeUndefined();
    expect(stack.find("etc/a/x")).toBeUndefined();
    expect([...stack.names("etc")].toSorted()).toEqual(["a", "b"]);
    expect(stack.find("")?.mode).toBe(0o040755);
  });

  test("does not show what a whiteout hides, nor below an opaque directory", async () => {
    const stack = await stackOf(
      [directory("a"), file("a/x", 1), directory("b"), file("b/x", 1), directory("c"), file("c/x", 1)],
      [{ path: "a/.wh.x" }, { path: ".wh.b" }, directory("c"), { path: "c/.wh..wh..opq" }, file("c/y", 1)],
      [directory("b"), file("b/new", 1)],
    );
    expect(stack.find("a/x")).toBeUndefined();
    expect([...stack.names("a")]).toEqual([]);
    expect(stack.find("b/x")).toBeUndefined();
    expect([...stack.names("b")]).toEqual(["new"]);
    expect(stack.find("c/x")).toBeUndefined();
    expect([...stack.names("c")]).toEqual(["y"]);
  });

  test("lets a file hide a directory, and a directory a file", async () => {
    const stack = await stackOf(
      [directory("a"), file("a/x", 1), file("b", 1)],
      [file("a", 5), directory("b"), file("b/y", 1)],
    );
    expect(stack.find("a")?.size).toBe(5);
    expect(stack.find("a/x")).toBeUndefined();
    expect(stack.find("b/y")).toBeDefined();
  });

  test("tells devices and attributes", async () => {
    const attribute = ["security.capability", encodeUtf8("c")] as const;
    const stack = await stackOf([
      { path: "sda", type: "block-device", major: 300, minor: 70_000 },
      { ...file("ping", 1), xattrs: [attribute] },
    ]);
    expect(stack.find("sda")).toMatchObject({ major: 300, minor: 70_000 });
    expect(stack.find("ping")?.xattrs).toEqual([attribute]);
  });

  test("gives content, targets of links, and which names are one file", async () => {
    const stack = await stackOf(
      [file("a", 300_000), { path: "b", type: "hard-link", link: "a" }, { path: "l", type: "symlink", link: "../x" }],
      [file("c", 3), { path: "d", type: "hard-link", link: "c" }],
    );
    expect(await collectText(stack.read("b"))).toBe("x".repeat(300_000));
    expect(await collectText(stack.read("none"))).toBe("");
    expect(stack.readLink("l")).toBe("../x");
    expect(stack.identity("a")).toBe(stack.identity("b"));
    expect(stack.identity("c")).toBe(stack.identity("d"));
    expect(stack.identity("c")).not.toBe(stack.identity("a"));
    expect(stack.identity("l")).toBeUndefined();
  });

  test("of no layers is empty", () => {
    expect(new LayerStack([]).find("x")).toBeUndefined();
  });
});

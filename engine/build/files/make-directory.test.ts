import { describe, expect, test } from "vitest";
import { writeTar } from "../../oci/tar-writer.ts";
import { LayerStack } from "../../snapshots/layer-stack.ts";
import { createMemoryTree } from "../../snapshots/memory-tree.ts";
import { basePieces, tarOf } from "./copy-cases.ts";
import { makeDirectory } from "./make-directory.ts";
import { listTree } from "./tree-listing.ts";

const lower = new LayerStack([await createMemoryTree(await tarOf(basePieces()))]);

async function layerOf(path: string, user = ""): Promise<Record<string, string>> {
  const pieces = await makeDirectory({ path, user, lower, times: { madeSeconds: 5 } });
  return await listTree(new LayerStack([await createMemoryTree(writeTar(pieces))]));
}

describe("the layer of a WORKDIR", () => {
  test.each<[string, string, Record<string, string>]>([
    ["/new/deep", "", { new: "directory 0755 0:0", "new/deep": "directory 0755 0:0" }],
    ["/there", "", {}],
    ["/", "", {}],
    ["/there/new", "", { there: "directory 0711 5:6", "there/new": "directory 0755 0:0" }],
    ["/link-there/new", "", { there: "directory 0711 5:6", "there/new": "directory 0755 0:0" }],
    ["/link-up/new", "", { there: "directory 0711 5:6", "there/new": "directory 0755 0:0" }],
    ["/link-new", "", { "made-by-link": "directory 0755 0:0" }],
    ["/new/../other", "", { other: "directory 0755 0:0" }],
    ["/new", "web", { new: "directory 0755 33:44" }],
    ["/new", "web:staff", { new: "directory 0755 33:50" }],
    ["/new", "1000", { new: "directory 0755 1000:1000" }],
  ])("%s by %j", async (path, user, expected) => {
    expect(await layerOf(path, user)).toEqual(expected);
  });

  test("cannot be below a file", async () => {
    await expect(layerOf("/file/x")).rejects.toThrow("mkdir /file: not a directory");
    await expect(layerOf("/file")).rejects.toThrow("mkdir /file: not a directory");
  });
});

import { expect, it } from "vitest";
import { systemClock } from "../base/clock.ts";
import { MemoryBlobStore } from "../content/memory-blob-store.ts";
import { MemoryRecordStore } from "../content/memory-record-store.ts";
import { readTar } from "../oci/layer-tar.ts";
import { collectText } from "../base/streams.ts";
import { Workspace } from "./workspace.ts";
import { workspaceTar } from "./workspace-tar.ts";

it("leaves out what a build context excludes, and keeps the directories of exceptions", async () => {
  const sample = { Dockerfile: "FROM x\n", "big/one": "1", "big/keep/two": "22", "logs/a": "a" };
  await using workspace = await Workspace.open({
    records: new MemoryRecordStore(),
    blobs: new MemoryBlobStore(),
    clock: systemClock,
    saveDelayMs: 1e9,
    sample,
  });
  const ignores = (path: string): boolean => /^(big|logs)(\/|$)/.test(path) && path !== "big/keep/two";
  const found: string[] = [];
  for await (const { entry, content } of readTar(workspaceTar(workspace, workspace.tree.root, "", { ignores })))
    found.push(`${entry.type} ${entry.path} ${(await collectText(content)).length}`);
  expect(found).toEqual([
    "directory  0",
    "file Dockerfile 7",
    "directory big 0",
    "directory big/keep 0",
    "file big/keep/two 2",
  ]);
});

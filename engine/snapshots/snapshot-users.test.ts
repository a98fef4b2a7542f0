import { expect, it } from "vitest";
import { MemoryRecordStore } from "../content/memory-record-store.ts";
import { layersBelowSnapshots } from "./snapshot-users.ts";

it("names the layers below the snapshots of all machines, once each", async () => {
  const records = new MemoryRecordStore();
  const [a, b] = ["a", "b"].map((digit) => `sha256:${digit.repeat(64)}`);
  await records.set("machines/1/snapshots/x", { layers: [a, b] });
  await records.set("machines/2/snapshots/y", { layers: [b] });
  await records.set("machines/2/containers/y", { layers: ["not a snapshot"] });
  expect((await layersBelowSnapshots(records)).toSorted()).toEqual([a, b]);
});

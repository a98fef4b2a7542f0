import { expect, it } from "vitest";
import type { CacheEntry } from "../build-service.ts";
import { toPrune } from "./prune-cache.ts";

function entry(id: string, fields: Partial<CacheEntry> = {}): CacheEntry {
  return {
    id,
    parents: [],
    type: "regular",
    description: id,
    inUse: false,
    shared: false,
    sizeBytes: 10,
    createdMs: 0,
    usageCount: 1,
    ...fields,
  };
}

it("takes all but what is in use, and without `all` not what an image has too", () => {
  const entries = [entry("used", { inUse: true }), entry("shared", { shared: true }), entry("own")];
  expect(toPrune(entries, { all: false }, 0)).toEqual(["own"]);
  expect(toPrune(entries, { all: true }, 0)).toEqual(["shared", "own"]);
});

it("leaves what was used within the time that is asked for", () => {
  const entries = [
    entry("old", { lastUsedMs: 100 }),
    entry("new", { lastUsedMs: 900 }),
    entry("never", { createdMs: 950 }),
  ];
  expect(toPrune(entries, { all: true, unusedForMs: 500 }, 1000)).toEqual(["old"]);
});

it("takes the longest unused until the rest fits", () => {
  const entries = [entry("b", { lastUsedMs: 2 }), entry("a", { lastUsedMs: 1 }), entry("c", { lastUsedMs: 3 })];
  expect(toPrune(entries, { all: true, keepBytes: 15 }, 10)).toEqual(["a", "b"]);
  expect(toPrune(entries, { all: true, keepBytes: 30 }, 10)).toEqual([]);
});

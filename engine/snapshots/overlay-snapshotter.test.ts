import { beforeEach, describe, expect, test } from "vitest";
import { EngineError, isKind } from "../base/errors.ts";
import { MemoryRecordStore } from "../content/memory-record-store.ts";
import type { Guest } from "../guest/guest.ts";
import type { Op } from "../guest/ops.ts";
import type { Digest } from "../oci/digest.ts";
import { OverlaySnapshotter } from "./overlay-snapshotter.ts";
import type { LayerStore } from "./snapshotter.ts";

const digest = (digits: string): Digest => `sha256:${digits.repeat(64).slice(0, 64)}` as Digest;

describe("OverlaySnapshotter", () => {
  let ops: Op[];
  let missing: Set<Digest>;
  let failure: Error | undefined;
  let records: MemoryRecordStore;
  let snapshotter: OverlaySnapshotter;

  const open = async (): Promise<OverlaySnapshotter> => {
    const layers = {
      export: async (layer: Digest) => {
        if (missing.has(layer)) throw new EngineError("not-found", `layer ${layer} does not exist`);
        return `/run/9p/l/${layer.slice(7, 23)}`;
      },
    } as unknown as LayerStore;
    const guest = {
      run: async (list: readonly Op[]) => {
        if (failure) throw failure;
        ops.push(...list);
        return list.map(() => new Uint8Array(0));
      },
    } as unknown as Guest;
    return OverlaySnapshotter.open({ records, layers, guest });
  };

  beforeEach(async () => {
    ops = [];
    missing = new Set();
    failure = undefined;
    records = new MemoryRecordStore();
    snapshotter = await open();
  });

  test("a prepared snapshot is an overlay of its layers, the last one on top", async () => {
    await snapshotter.prepare("abc", [digest("1"), digest("2")]);
    expect(snapshotter.mounts("abc")).toEqual({
      target: "/var/lib/docker/overlay2/abc/merged",
      upper: "/var/lib/docker/overlay2/abc/diff",
      work: "/var/lib/docker/overlay2/abc/work",
      lower: ["/run/9p/l/2222222222222222", "/run/9p/l/1111111111111111"],
      data: "lowerdir=/run/9p/l/2222222222222222:/run/9p/l/1111111111111111,upperdir=/var/lib/docker/overlay2/abc/diff,workdir=/var/lib/docker/overlay2/abc/work",
    });
    expect(ops.map((op) => `${op.op} ${"path" in op ? op.path : ""}`)).toEqual([
      "mkdir /var/lib/docker/overlay2/abc/diff",
      "mkdir /var/lib/docker/overlay2/abc/work",
      "mkdir /var/lib/docker/overlay2/abc/merged",
    ]);
  });

  test("a layer that comes twice is mounted once, where it is uppermost", async () => {
    await snapshotter.prepare("abc", [digest("1"), digest("2"), digest("1")]);
    expect(snapshotter.mounts("abc").lower).toEqual(["/run/9p/l/1111111111111111", "/run/9p/l/2222222222222222"]);
  });

  test("an image without layers stands on an empty directory", async () => {
    await snapshotter.prepare("abc", []);
    expect(snapshotter.mounts("abc").lower).toEqual(["/var/lib/docker/overlay2/abc/lower"]);
    expect(ops).toContainEqual({ op: "mkdir", path: "/var/lib/docker/overlay2/abc/lower", mode: 0o755, parents: true });
  });

  test("a key is used once at a time, and names no other directory", async () => {
    const both = await Promise.allSettled([snapshotter.prepare("abc", []), snapshotter.prepare("abc", [])]);
    expect(both.map(({ status }) => status).toSorted()).toEqual(["fulfilled", "rejected"]);
    await expect(snapshotter.prepare("abc", [])).rejects.toSatisfy((error) => isKind(error, "conflict"));
    for (const key of ["", "..", "a/b", "a,b", "a:b", ".a"]) {
      await expect(snapshotter.prepare(key, []), key).rejects.toSatisfy((error) => isKind(error, "invalid-argument"));
    }
  });

  test("what cannot be prepared leaves nothing", async () => {
    missing.add(digest("2"));
    await expect(snapshotter.prepare("abc", [digest("1"), digest("2")])).rejects.toSatisfy((error) =>
      isKind(error, "not-found"),
    );
    missing.clear();
    failure = new EngineError("unavailable", "the guest is gone");
    await expect(snapshotter.prepare("abc", [])).rejects.toThrow("the guest is gone");
    expect(() => snapshotter.mounts("abc")).toThrow("does not exist");
    expect(await records.entries("")).toEqual([]);
    failure = undefined;
    await snapshotter.prepare("abc", [digest("1"), digest("2")]);
  });

  test("more layers than one page of mount options holds are refused", async () => {
    const many = (count: number): Digest[] =>
      Array.from({ length: count }, (_, index) => digest(index.toString(16).padStart(16, "0")));
    await snapshotter.prepare("f".repeat(64), many(127));
    await expect(snapshotter.prepare("e".repeat(64), many(200))).rejects.toThrow("max depth exceeded");
  });

  test("a removed snapshot is gone, its directories too; removing it again is fine", async () => {
    await snapshotter.prepare("abc", []);
    await snapshotter.remove("abc");
    await snapshotter.remove("abc");
    expect(ops.filter(({ op }) => op === "remove")).toEqual([{ op: "remove", path: "/var/lib/docker/overlay2/abc" }]);
    expect(() => snapshotter.mounts("abc")).toThrow("does not exist");
    await snapshotter.prepare("abc", []);
  });

  test("a snapshot that the guest does not let go stays, one of a guest that died goes", async () => {
    await snapshotter.prepare("abc", []);
    failure = new Error("remove: Device or resource busy");
    await expect(snapshotter.remove("abc")).rejects.toThrow("busy");
    snapshotter.mounts("abc");
    failure = new EngineError("unavailable", "the guest is gone");
    await snapshotter.remove("abc");
    expect(() => snapshotter.mounts("abc")).toThrow("does not exist");
  });

  test("the next session has the snapshots again; one whose layer is gone says so", async () => {
    await snapshotter.prepare("abc", [digest("1")]);
    await snapshotter.prepare("def", [digest("2")]);
    const before = snapshotter.mounts("abc");
    missing.add(digest("2"));
    ops = [];
    const later = await open();
    expect(later.mounts("abc")).toEqual(before);
    expect(ops.length).toBe(3);
    expect(() => later.mounts("def")).toThrow(`layer ${digest("2")} does not exist`);
    await later.remove("def");
    expect((await records.entries("")).map(([key]) => key)).toEqual(["snapshots/abc"]);
  });
});

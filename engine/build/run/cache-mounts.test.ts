import { beforeEach, describe, expect, it } from "vitest";
import { Disposals } from "../../base/disposal.ts";
import { systemClock } from "../../base/clock.ts";
import { testVolumes } from "../../volumes/testing.ts";
import { CacheMounts } from "./cache-mounts.ts";

describe("cache mounts", () => {
  let mounts: CacheMounts;
  let fills: string[];

  beforeEach(() => {
    fills = [];
    mounts = new CacheMounts({ volumes: testVolumes(), clock: systemClock, run: async () => undefined });
  });

  const acquire = async (
    sharing: "shared" | "private" | "locked",
    signal = new AbortController().signal,
  ): Promise<{ readonly path: string; readonly owned: Disposals }> => {
    const owned = new Disposals();
    const fill = async (directory: string): Promise<void> => void fills.push(directory);
    const path = await mounts.acquire({ id: "/c", sharing, mode: 0o755, uid: 0, gid: 0, fill }, { owned, signal });
    return { path, owned };
  };

  it("are the same directory for all who share it", async () => {
    const [one, two] = [await acquire("shared"), await acquire("shared")];
    expect(two.path).toBe(one.path);
  });

  it("are another directory while a private one is in use, and the same afterwards", async () => {
    const one = await acquire("private");
    const two = await acquire("private");
    expect(two.path).not.toBe(one.path);
    await one.owned[Symbol.asyncDispose]();
    expect((await acquire("private")).path).toBe(one.path);
  });

  it("wait for a locked one until it is let go of, or they are cancelled", async () => {
    const one = await acquire("locked");
    const order: string[] = [];
    const two = acquire("locked").then((got) => {
      order.push("two");
      return got;
    });
    const abort = new AbortController();
    const three = acquire("locked", abort.signal);
    abort.abort(new Error("enough"));
    await expect(three).rejects.toThrow("enough");
    order.push("one ends");
    await one.owned[Symbol.asyncDispose]();
    expect((await two).path).toBe(one.path);
    expect(order).toEqual(["one ends", "two"]);
  });

  it("are listed and pruned, but not while they are in use", async () => {
    const one = await acquire("shared");
    expect(await mounts.usage()).toMatchObject([
      { type: "exec.cachemount", description: "cached mount /c from exec", inUse: true },
    ]);
    expect((await mounts.prune({ all: true })).entries).toEqual([]);
    await one.owned[Symbol.asyncDispose]();
    expect((await mounts.prune({ all: true })).entries).toHaveLength(1);
    expect(await mounts.usage()).toEqual([]);
  });
});

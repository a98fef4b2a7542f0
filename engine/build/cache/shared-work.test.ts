import { describe, expect, it } from "vitest";
import { SharedWork } from "./shared-work.ts";

const never = new AbortController().signal;

describe("SharedWork", () => {
  it("does equal work once while it goes on, and again afterwards", async () => {
    const work = new SharedWork<number>();
    let runs = 0;
    const run = () => work.run("key", async () => ++runs, { signal: never });
    expect(await Promise.all([run(), run()])).toEqual([
      { value: 1, isOwn: true },
      { value: 1, isOwn: false },
    ]);
    expect(await run()).toEqual({ value: 2, isOwn: true });
  });

  it("is done by whoever waits when the one who did it fails", async () => {
    const work = new SharedWork<number>();
    const first = work.run("key", () => Promise.reject(new Error("gone")), { signal: never });
    const second = work.run("key", async () => 2, { signal: never });
    await expect(first).rejects.toThrow("gone");
    expect(await second).toEqual({ value: 2, isOwn: true });
  });

  it("is not waited for by one who was cancelled", async () => {
    const work = new SharedWork<number>();
    const first = work.run("key", () => new Promise<number>(() => undefined), { signal: never });
    first.catch(() => undefined);
    const abort = new AbortController();
    const second = work.run("key", async () => 2, { signal: abort.signal });
    abort.abort(new Error("enough"));
    await expect(second).rejects.toThrow("enough");
  });
});

import { describe, expect, it } from "vitest";
import { Disposals } from "./disposal.ts";

const recorder = () => {
  const log: string[] = [];
  const make = (name: string, fails = false): AsyncDisposable => ({
    [Symbol.asyncDispose]: async () => {
      log.push(name);
      if (fails) throw new Error(name);
    },
  });
  return { log, make };
};

describe("disposals", () => {
  it("gives back in reverse order, once", async () => {
    const { log, make } = recorder();
    const disposals = new Disposals();
    disposals.use(make("a"));
    disposals.use({ [Symbol.dispose]: () => void log.push("b") });
    await disposals[Symbol.asyncDispose]();
    await disposals[Symbol.asyncDispose]();
    expect(log).toEqual(["b", "a"]);
  });

  it("gives everything back even when something throws", async () => {
    const { log, make } = recorder();
    const disposals = new Disposals();
    disposals.use(make("a"));
    disposals.use(make("b", true));
    await expect(disposals[Symbol.asyncDispose]()).rejects.toThrow("b");
    expect(log).toEqual(["b", "a"]);
  });

  it("leaves nothing behind when what it owns has moved", async () => {
    const { log, make } = recorder();
    const first = new Disposals();
    first.use(make("a"));
    const second = first.move();
    await first[Symbol.asyncDispose]();
    expect(log).toEqual([]);
    await second[Symbol.asyncDispose]();
    expect(log).toEqual(["a"]);
  });
});

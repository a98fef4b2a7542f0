import { describe, expect, it } from "vitest";
import { claimMachine } from "./machine.ts";

/** A lock manager with the one mode the claim uses. */
function fakeLocks(): LockManager {
  const held = new Set<string>();
  const request = async (name: string, _options: LockOptions, callback: (lock: Lock | null) => unknown) => {
    if (held.has(name)) return callback(null);
    held.add(name);
    await callback({ name, mode: "exclusive" } as Lock);
    held.delete(name);
    return undefined;
  };
  return { request, query: async () => ({}) } as unknown as LockManager;
}

describe("machine claims", () => {
  it("gives each tab its own number, and a closed tab's number to the next", async () => {
    const locks = fakeLocks();
    const first = await claimMachine(locks);
    const second = await claimMachine(locks);
    expect([first.number, second.number]).toEqual([1, 2]);
    first[Symbol.dispose]();
    await Promise.resolve();
    await new Promise((resolve) => setTimeout(resolve));
    expect((await claimMachine(locks)).number).toBe(1);
  });

  it("works where there are no locks", async () => {
    expect((await claimMachine(undefined)).number).toBe(1);
  });
});

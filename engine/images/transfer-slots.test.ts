import { expect, it } from "vitest";
import { TransferSlots } from "./transfer-slots.ts";

const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0));

it("lets so many through at a time, first come first served", async () => {
  const slots = new TransferSlots(2);
  const order: number[] = [];
  let running = 0;
  const work = async (n: number): Promise<void> => {
    using _slot = await slots.acquire();
    running += 1;
    expect(running).toBeLessThanOrEqual(2);
    order.push(n);
    await settled();
    running -= 1;
  };
  await Promise.all([1, 2, 3, 4, 5, 6, 7].map(work));
  await Promise.all([8, 9, 10, 11].map(work));
  expect(order).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
});

it("says when it has to wait, and only then", async () => {
  const slots = new TransferSlots(1);
  const waits: string[] = [];
  const first = await slots.acquire({ onWait: () => waits.push("first") });
  const second = slots.acquire({ onWait: () => waits.push("second") });
  expect(waits).toEqual(["second"]);
  first[Symbol.dispose]();
  first[Symbol.dispose]();
  (await second)[Symbol.dispose]();
});

it("gives no slot to those who left the line", async () => {
  const slots = new TransferSlots(1);
  const first = await slots.acquire();
  const abort = new AbortController();
  const left = slots.acquire({ signal: abort.signal });
  const stayed = slots.acquire();
  abort.abort(new Error("enough"));
  await expect(left).rejects.toThrow("enough");
  first[Symbol.dispose]();
  (await stayed)[Symbol.dispose]();
  await expect(slots.acquire({ signal: abort.signal })).rejects.toThrow("enough");
});

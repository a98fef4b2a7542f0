import { expect, it } from "vitest";
import { chainIds } from "./chain-id.ts";
import type { Digest } from "./digest.ts";

it("hashes each layer onto the chain below it", async () => {
  const [a, b] = ["1", "2"].map((digit) => `sha256:${digit.repeat(64)}` as Digest) as [Digest, Digest];
  // printf 'sha256:111… sha256:222…' | sha256sum
  const second = "sha256:9932074217c35353d2e03a3f5a86549f7c67bfeb0ba53e23d69f4d4c8f7958f5" as Digest;
  const chain = await chainIds([a, b]);
  expect(chain[0]).toBe(a);
  expect(chain[1]).toBe(second);
  expect(await chainIds([])).toEqual([]);
});

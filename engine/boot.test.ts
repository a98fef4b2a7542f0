import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { expect, it } from "vitest";
import { EMULATOR_VERSION, fingerprintOf } from "./boot.ts";

it("names the emulator that is installed", () => {
  const main = createRequire(import.meta.url).resolve("v86/build/v86.wasm");
  const { version } = JSON.parse(readFileSync(main.replace(/build\/v86\.wasm$/, "package.json"), "utf8")) as {
    version: string;
  };
  expect(EMULATOR_VERSION).toBe(`v86-${version}`);
});

it("tells snapshots of different kernels and memory sizes apart", () => {
  const manifest = (sha256: string) => ({ artifacts: { bzImage: { sha256: sha256.repeat(64), size: 1 } } });
  const prints = [fingerprintOf(manifest("a")), fingerprintOf(manifest("b")), fingerprintOf(manifest("a"), 1 << 20)];
  expect(new Set(prints).size).toBe(3);
});

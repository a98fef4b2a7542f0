import { expect, it } from "vitest";
import { formatPlatform } from "./platform.ts";
import { parsePlatform } from "./parse-platform.ts";

it.each([
  ["linux/386", "linux/386"],
  ["linux/i386", "linux/386"],
  ["Linux/AMD64", "linux/amd64"],
  ["linux", "linux/386"],
  ["386", "linux/386"],
  ["x86_64", "linux/amd64"],
  ["linux/arm/v7", "linux/arm/v7"],
  ["linux/armhf", "linux/arm/v7"],
  ["wasi/wasm", "wasi/wasm"],
])("reads %s as %s", (text, platform) => {
  expect(formatPlatform(parsePlatform(text))).toBe(platform);
});

it.each([
  ["foo/bar/baz/x", '"foo/bar/baz/x": cannot parse platform specifier: invalid argument'],
  ["vax", '"vax": unknown operating system or architecture: invalid argument'],
  [
    "linux/",
    '"linux/": "" is an invalid component of "linux/": platform specifier component must match "^[A-Za-z0-9_-]+$": invalid argument',
  ],
])("refuses %s as containerd does", (text, message) => {
  expect(() => parsePlatform(text)).toThrow(expect.objectContaining({ kind: "invalid-argument", message }) as Error);
});

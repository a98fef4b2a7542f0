/** `linux/amd64`, `arm64`: `Parse` of github.com/containerd/platforms, as far as its names go. */
import type { PlatformParts } from "./predefined-args.ts";

const SYSTEMS: ReadonlySet<string> = new Set(
  "aix android darwin dragonfly freebsd hurd illumos ios js linux nacl netbsd openbsd plan9 solaris windows zos".split(
    " ",
  ),
);
const ARCHITECTURES: ReadonlySet<string> = new Set(
  (
    "386 amd64 amd64p32 arm armbe arm64 arm64be ppc64 ppc64le loong64 mips mipsle mips64 mips64le mips64p32 mips64p32le " +
    "ppc riscv riscv64 s390 s390x sparc sparc64 wasm"
  ).split(" "),
);
const PART = /^[A-Za-z0-9_.-]+$/;
const SYSTEM = /^([A-Za-z0-9_-]+)(?:\([A-Za-z0-9_.-]*\))?$/;

/** Undefined for what is no platform. What is left out is `linux`, or whatever runs here. */
export function parsePlatform(text: string, here: PlatformParts): PlatformParts | undefined {
  const [first = "", second, variant, ...more] = text.toLowerCase().split("/");
  const system = SYSTEM.exec(first)?.[1];
  if (system === undefined || more.length > 0) return undefined;
  if ([second, variant].some((part) => part !== undefined && !PART.test(part))) return undefined;
  if (second !== undefined) {
    const parts = { os: systemOf(system), ...architectureOf(second) };
    return variant === undefined ? parts : { ...parts, variant };
  }
  if (SYSTEMS.has(systemOf(system))) return { ...here, os: systemOf(system) };
  const only = architectureOf(system);
  return ARCHITECTURES.has(only.architecture) ? { os: here.os, ...only } : undefined;
}

function systemOf(name: string): string {
  return name === "macos" ? "darwin" : name;
}

function architectureOf(name: string): Pick<PlatformParts, "architecture" | "variant"> {
  switch (name) {
    case "i386":
      return { architecture: "386" };
    case "x86_64":
    case "x86-64":
      return { architecture: "amd64" };
    case "aarch64":
      return { architecture: "arm64" };
    case "armhf":
      return { architecture: "arm", variant: "v7" };
    case "armel":
      return { architecture: "arm", variant: "v6" };
    default:
      return { architecture: name };
  }
}

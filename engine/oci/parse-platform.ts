import { EngineError } from "../base/errors.ts";
import { GUEST_PLATFORM, type Platform } from "./platform.ts";

const COMPONENT = /^[A-Za-z0-9_.-]+$/;
/** containerd `platforms/database.go`: other names that people use. */
const ARCHITECTURES: Readonly<Record<string, Omit<Platform, "os">>> = {
  i386: { architecture: "386" },
  x86_64: { architecture: "amd64" },
  "x86-64": { architecture: "amd64" },
  aarch64: { architecture: "arm64" },
  armhf: { architecture: "arm", variant: "v7" },
  armel: { architecture: "arm", variant: "v6" },
};
const SYSTEMS = new Set(["linux", "windows", "darwin", "freebsd", "wasi", "wasip1"]);
const KNOWN_ARCHITECTURES = new Set([
  "386",
  "amd64",
  "arm",
  "arm64",
  "ppc64le",
  "s390x",
  "riscv64",
  "mips64le",
  "wasm",
]);

/**
 * `--platform`: `os`, `arch`, `os/arch` or `os/arch/variant`; what is missing is the guest's.
 * https://github.com/containerd/platforms `Parse`
 * @throws EngineError invalid-argument, in containerd's words
 */
export function parsePlatform(text: string): Platform {
  const parts = text.split("/").map((part) => part.toLowerCase());
  const fail = (reason: string): never => {
    throw new EngineError("invalid-argument", `"${text}": ${reason}: invalid argument`);
  };
  if (parts.length > 3) fail("cannot parse platform specifier");
  const bad = parts.find((part) => !COMPONENT.test(part));
  if (bad !== undefined)
    fail(`"${bad}" is an invalid component of "${text}": platform specifier component must match "^[A-Za-z0-9_-]+$"`);
  const [first = "", second, variant] = parts;
  if (second === undefined) {
    if (SYSTEMS.has(first)) return { os: first, architecture: GUEST_PLATFORM.architecture };
    const architecture = ARCHITECTURES[first] ?? { architecture: first };
    if (!KNOWN_ARCHITECTURES.has(architecture.architecture)) fail("unknown operating system or architecture");
    return { os: GUEST_PLATFORM.os, ...architecture };
  }
  const architecture = ARCHITECTURES[second] ?? { architecture: second };
  return { os: first, ...architecture, ...(variant !== undefined && { variant }) };
}

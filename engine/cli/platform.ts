import { CommandError } from "./command.ts";

/** A platform of an image. */
interface Platform {
  readonly architecture: string;
  readonly os: string;
  readonly variant?: string;
}

const ARCHITECTURES: Readonly<Record<string, string>> = {
  i386: "386",
  x86_64: "amd64",
  "x86-64": "amd64",
  aarch64: "arm64",
  armhf: "arm",
  armel: "arm",
};

/** The query's form of `--platform os[/arch[/variant]]`: JSON; undefined when it is not given. @throws CommandError */
export function platformQuery(text: string): string | undefined {
  if (text === "") return undefined;
  const parts = text.toLowerCase().split("/");
  const problem = problemOf(parts, text);
  if (problem !== undefined) throw new CommandError(`invalid platform: ${problem}: invalid argument`);
  const [os = "", architecture, variant] = parts;
  if (architecture === undefined) return JSON.stringify(ofOneWord(os, text));
  return JSON.stringify({
    architecture: ARCHITECTURES[architecture] ?? architecture,
    os,
    ...(variant !== undefined && { variant }),
  } satisfies Platform);
}

/** `linux` is this machine's architecture, `amd64` is Linux on it. */
function ofOneWord(word: string, text: string): Platform {
  if (["linux", "windows", "darwin", "freebsd"].includes(word)) return { architecture: "386", os: word };
  const architecture = ARCHITECTURES[word] ?? word;
  if (["386", "amd64", "arm", "arm64", "ppc64le", "riscv64", "s390x"].includes(architecture))
    return { architecture, os: "linux" };
  throw new CommandError(`invalid platform: "${text}": unknown operating system or architecture: invalid argument`);
}

function problemOf(parts: readonly string[], text: string): string | undefined {
  const [os = "", ...others] = parts;
  const invalid = (part: string, what: string): string => `"${part}" is an invalid ${what} of "${text}"`;
  if (!/^[a-z0-9_-]+(?:\([a-z0-9_.-]*\))?$/.test(os))
    return `${invalid(os, "OS component")}: OSAndVersion specifier component must match "^([A-Za-z0-9_-]+)(?:\\\\(([A-Za-z0-9_.-]*)\\\\))?$"`;
  const wrong = others.find((part) => !/^[a-z0-9_-]+$/.test(part));
  if (wrong !== undefined)
    return `${invalid(wrong, "component")}: platform specifier component must match "^[A-Za-z0-9_-]+$"`;
  return parts.length > 3 ? `"${text}": cannot parse platform specifier` : undefined;
}

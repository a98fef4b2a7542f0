import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import { join, relative } from "node:path";
import { promisify } from "node:util";
import { CACHE_DIRECTORY } from "../debian-packages.ts";
import { type BuiltImage, DEFAULT_PATH, IMAGES_DIRECTORY, instruction, type Recipe } from "../recipe.ts";
import { Tree } from "../tree.ts";

const ROOT = join(IMAGES_DIRECTORY, "../..");

/** No C library, no unwind tables, no notes; text and data in one segment (`-n`). */
const FLAGS = [
  ..."-Os -static -nostdlib -ffreestanding -fno-pie -no-pie -fno-ident -fno-stack-protector -fcf-protection=none".split(
    " ",
  ),
  "-fno-asynchronous-unwind-tables",
  "-Wl,-n,-s,-z,noseparate-code,-z,noexecstack,--build-id=none",
];

export const helloWorld: Recipe = {
  repository: "library/hello-world",
  tags: ["latest", "linux"],
  committed: true,
  sources: ["hello-world"],
  annotations: {
    "org.opencontainers.image.title": "hello-world",
    "org.opencontainers.image.description": "One file that says hello and explains what just happened",
  },
  async build(): Promise<BuiltImage> {
    return {
      config: { Env: [DEFAULT_PATH], Cmd: ["/hello"], WorkingDir: "/" },
      steps: [
        instruction("COPY hello / # buildkit", new Tree().file("hello", await compile(), { mode: 0o755 }).toTar()),
        instruction('CMD ["/hello"]'),
      ],
      packages: [],
      licence: "MIT",
    };
  },
};

async function compile(): Promise<Uint8Array> {
  await mkdir(CACHE_DIRECTORY, { recursive: true });
  const directory = await mkdtemp(join(CACHE_DIRECTORY, "hello-"));
  try {
    const inside = (path: string): string => join("/src", relative(ROOT, path));
    const source = inside(join(IMAGES_DIRECTORY, "hello-world/hello.c"));
    const build = join(IMAGES_DIRECTORY, "../build");
    await promisify(execFile)(join(build, "toolchain.sh"));
    const program = join(directory, "hello");
    await promisify(execFile)(join(build, "in-toolchain.sh"), ["gcc", ...FLAGS, source, "-o", inside(program)]);
    return await readFile(program);
  } finally {
    await rm(directory, { recursive: true });
  }
}

import { describe, expect, test } from "vitest";
import type { ReadableLowerFiles } from "../../archive/lower-files.ts";
import { streamOf } from "../../base/streams.ts";
import { directory, file, type Piece, symlink, tarOf } from "../files/copy-cases.ts";
import { listTree } from "../files/tree-listing.ts";
import { filterContext, readContextFile } from "./filter-context.ts";
import { receiveContext } from "./receive-context.ts";

const pieces = (): Piece[] => [
  file("Dockerfile", "FROM x\n"),
  file("a.txt"),
  directory("node_modules"),
  file("node_modules/m.js"),
  directory("node_modules/keep"),
  file("node_modules/keep/k.js"),
  directory("src"),
  file("src/a.txt"),
  file("src/b.ts"),
];

async function context(...more: readonly Piece[]): Promise<ReadableLowerFiles> {
  return (await receiveContext(streamOf(await tarOf([...pieces(), ...more])))).files;
}

async function kept(ignore: string, dockerfile = "Dockerfile"): Promise<readonly string[]> {
  const files = await filterContext(await context(file(".dockerignore", ignore)), dockerfile);
  return Object.keys(await listTree(files)).filter((path) => path !== ".dockerignore");
}

const all = [
  "Dockerfile",
  "a.txt",
  "node_modules",
  "node_modules/keep",
  "node_modules/keep/k.js",
  "node_modules/m.js",
  "src",
  "src/a.txt",
  "src/b.ts",
];

describe(".dockerignore", () => {
  test.each<[string, readonly string[]]>([
    ["", all],
    ["# nothing", all],
    ["*.txt", all.filter((path) => path !== "a.txt")],
    ["**/*.txt", all.filter((path) => !path.endsWith(".txt"))],
    ["node_modules", all.filter((path) => !path.startsWith("node_modules"))],
    ["node_modules\n!node_modules/keep", all.filter((path) => path !== "node_modules/m.js")],
    ["*\n!src", ["src", "src/a.txt", "src/b.ts"]],
    ["*\n!**/*.ts", ["src", "src/b.ts"]],
    ["*\n!none", []],
    ["Dockerfile", all.filter((path) => path !== "Dockerfile")],
  ])("%j", async (ignore, expected) => {
    expect(await kept(ignore)).toEqual(expected);
  });

  test("what is ignored cannot be reached by name either", async () => {
    const files = await filterContext(await context(file(".dockerignore", "src\n")), "Dockerfile");
    expect(files.find("src/b.ts")).toBeUndefined();
    expect([...files.names("src")]).toEqual([]);
    expect(files.readLink("src")).toBe("");
  });

  test("one of the Dockerfile's own counts before the common one", async () => {
    const files = await context(file(".dockerignore", "*"), file("Dockerfile.dockerignore", "src"));
    expect((await filterContext(files, "Dockerfile")).find("a.txt")).toBeDefined();
    expect((await filterContext(files, "Dockerfile")).find("src")).toBeUndefined();
    expect((await filterContext(files, "other/Dockerfile")).find("a.txt")).toBeUndefined();
  });

  test("a context without one is itself", async () => {
    const files = await context();
    expect(await filterContext(files, "Dockerfile")).toBe(files);
  });

  test("a malformed pattern is an error", async () => {
    await expect(filterContext(await context(file(".dockerignore", "[a")), "Dockerfile")).rejects.toThrow(
      "syntax error in pattern",
    );
  });
});

describe("a text file of a context", () => {
  test("is read through symlinks, which stay inside", async () => {
    const files = await context(symlink("link", "../../../Dockerfile"), symlink("gone", "/etc/hostname"));
    expect(await readContextFile(files, "link")).toBe("FROM x\n");
    expect(await readContextFile(files, "./src/../Dockerfile")).toBe("FROM x\n");
    expect(await readContextFile(files, "gone")).toBeUndefined();
  });

  test("must be a file", async () => {
    await expect(readContextFile(await context(), "src")).rejects.toThrow("read /src: is a directory");
  });
});

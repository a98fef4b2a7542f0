import { expect, test } from "vitest";
import { latestBuild, stepLines } from "./build-lines.ts";
import { buildRecord, type BuildRecord } from "./build-records.ts";

function record(text: string, ranges: readonly (readonly [number, number])[], more: object = {}): BuildRecord {
  const made = buildRecord({
    Id: "one",
    Status: "completed",
    StartedMs: 1,
    Dockerfile: { Name: "Dockerfile", Text: text },
    Steps: ranges.map(([Start, End], Index) => ({ Index, Range: { Start, End }, Status: "done" })),
    ...more,
  });
  if (!made) throw new Error("no record");
  return made;
}

const FILE = "FROM busybox\nRUN a\nRUN b\nCMD c\n";
const places = (of: BuildRecord, text: string): unknown[] =>
  stepLines(of, text).map(({ startLine, isStale }) => `${startLine}${isStale ? " stale" : ""}`);

test("steps of an unchanged file are beside their lines", () => {
  const one = record(FILE, [
    [1, 1],
    [2, 2],
    [3, 3],
    [4, 4],
  ]);
  expect(places(one, FILE)).toEqual(["1", "2", "3", "4"]);
});

test("below an edited line everything is stale, the line itself included", () => {
  const one = record(FILE, [
    [1, 1],
    [2, 2],
    [3, 3],
    [4, 4],
  ]);
  expect(places(one, FILE.replace("RUN b", "RUN bb"))).toEqual(["1", "2", "3 stale", "4 stale"]);
});

test("a new line moves what is below it, a deleted one takes its step along", () => {
  const one = record(FILE, [
    [1, 1],
    [2, 2],
    [3, 3],
    [4, 4],
  ]);
  expect(places(one, FILE.replace("RUN b", "RUN new\nRUN b"))).toEqual(["1", "2", "4 stale", "5 stale"]);
  expect(places(one, FILE.replace("RUN a\n", ""))).toEqual(["1", "2 stale", "3 stale"]);
});

test("text added after the last instruction makes nothing stale", () => {
  const one = record(FILE, [
    [1, 1],
    [4, 4],
  ]);
  expect(places(one, `${FILE}\n# the end\n`)).toEqual(["1", "4"]);
});

test("an instruction of several lines goes when one of them does", () => {
  const one = record("FROM a\nRUN b \\\n  c\nRUN d\n", [
    [1, 1],
    [2, 3],
    [4, 4],
  ]);
  expect(places(one, "FROM a\nRUN b\nRUN d\n")).toEqual(["1", "3 stale"]);
});

test("a file's build is the latest one of that very path", () => {
  const other = record(FILE, [[1, 1]], { Id: "other", ContextPath: "/root/workspace/web" });
  const here = record(FILE, [[1, 1]], { Id: "here", ContextPath: "/root/workspace/." });
  expect(latestBuild([other, here], "Dockerfile", FILE)?.id).toBe("here");
  expect(latestBuild([other, here], "web/Dockerfile", FILE)?.id).toBe("other");
  expect(latestBuild([other], "Dockerfile", FILE)).toBeUndefined();
});

test("a build that does not tell its directory belongs to a file with the same first instruction", () => {
  const stdin = record(FILE, [[1, 1]]);
  expect(latestBuild([stdin], "web/Dockerfile", `# x\n${FILE}`)?.id).toBe("one");
  expect(latestBuild([stdin], "Dockerfile", "FROM debian\n")).toBeUndefined();
});

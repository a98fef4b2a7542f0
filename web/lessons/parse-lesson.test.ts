import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parseClaim } from "./claim.ts";
import { parseLesson } from "./parse-lesson.ts";

const LESSONS = join(import.meta.dirname, "../../lessons");
const slugs = readdirSync(LESSONS, { withFileTypes: true }).flatMap((entry) =>
  entry.isDirectory() ? [entry.name] : [],
);

const HEAD = "---\ntitle: T\ndescription: D\nminutes: 3\nlayout: terminal\n---\n";

describe("a lesson's text", () => {
  it("is an introduction and steps with commands, files, hints and claims", () => {
    const lesson = parseLesson(
      "00-x",
      `${HEAD.replace("minutes: 3", "minutes: 3\nimages: busybox, nginx\nnext: 01-y")}
Hello **you**.

## First {#first}

Do it.

\`\`\`sh run
docker ps
docker images
\`\`\`

\`\`\`sh type
docker rm x
\`\`\`

\`\`\`dockerfile save=Dockerfile
FROM busybox
\`\`\`

\`\`\`check
container web is running
image busybox has at least 2 layers
\`\`\`

> Hint: look **there**.

> Try: another.

> A quote.
`,
    );
    expect(lesson).toMatchObject({
      title: "T",
      minutes: 3,
      images: ["busybox", "nginx"],
      layout: "terminal",
      next: "01-y",
    });
    expect(lesson.introduction).toMatchObject([{ type: "text", token: { type: "paragraph" } }]);
    const [step] = lesson.steps;
    expect(step).toMatchObject({
      id: "first",
      title: "First",
      claims: [
        { about: "container", subject: { name: "web" }, is: "running" },
        { about: "layers", image: "busybox", count: 2, atLeast: true },
      ],
    });
    expect(step?.blocks).toMatchObject([
      { type: "text" },
      { type: "command", lines: ["docker ps", "docker images"], enter: true },
      { type: "command", lines: ["docker rm x"], enter: false },
      { type: "code", language: "dockerfile", text: "FROM busybox", save: "Dockerfile" },
      { type: "hint", tokens: [{ type: "paragraph", text: "look **there**." }] },
      { type: "try" },
      { type: "text", token: { type: "blockquote" } },
    ]);
  });

  it.each([
    ["x", "lesson 00-x: it has no front matter"],
    ["---\ntitle: T\n---\n## A {#a}", "lesson 00-x: front matter lacks layout"],
    [HEAD, "lesson 00-x: it has no step"],
    [`${HEAD}## A\n`, 'lesson 00-x: the step "A" has no {#id}'],
    [`${HEAD}## A {#a}\n\ntext\n`, "lesson 00-x: step a checks nothing"],
    [`${HEAD}## A {#a}\n\n\`\`\`check\nimage busybox is blue\n\`\`\`\n`, "image busybox is blue"],
    [`${HEAD}## A {#a}\n## B {#a}\n`, "lesson 00-x: there are two steps a"],
  ])("says what is wrong: %j", (text, message) => {
    expect(() => parseLesson("00-x", text)).toThrow(message);
  });
});

describe("a claim", () => {
  it.each([
    ["no containers", { about: "no-containers" }],
    ["image hello:1 is gone", { about: "image", image: "hello:1", is: "gone" }],
    ["image notes has 1 layer", { about: "layers", image: "notes", count: 1, atLeast: false }],
    ['image a/b:c has command "echo \\"x\\""', { about: "command", image: "a/b:c", text: 'echo "x"' }],
    ['image x has label a.b "c d"', { about: "label", image: "x", key: "a.b", value: "c d" }],
    ["container of hello-world exited with 0", { about: "exit", subject: { image: "hello-world" }, code: 0 }],
    [
      "container box has no file /etc/passwd",
      { about: "container-file", name: "box", path: "/etc/passwd", is: "gone" },
    ],
    ['container box logs "a b"', { about: "logs", name: "box", text: "a b" }],
    ["container web publishes 8080", { about: "port", name: "web", port: 8080 }],
    ["file .dockerignore exists", { about: "file", path: ".dockerignore", text: undefined }],
    ['port 8080 answers "x"', { about: "answer", port: 8080, text: "x" }],
  ])("%s", (line, claim) => expect(parseClaim(line)).toEqual(claim));
});

describe.each(slugs)("lessons/%s", (slug) => {
  const read = (file: string): string => readFileSync(join(LESSONS, slug, file), "utf8");
  const english = parseLesson(slug, read("lesson.md"));
  const korean = parseLesson(slug, read("lesson.ko.md"));

  it("has the same steps, commands, files and checks in both languages", () => {
    const shape = ({ steps, images, layout, next, minutes }: typeof english) => ({
      images,
      layout,
      next,
      minutes,
      steps: steps.map(({ id, claims, blocks }) => ({
        id,
        claims,
        blocks: blocks.filter(({ type }) => type === "command" || type === "code"),
      })),
    });
    expect(shape(korean)).toEqual(shape(english));
    expect(korean.title).not.toBe(english.title);
  });

  it("has a solution for each step and no other", () => {
    expect(readdirSync(join(LESSONS, slug, "solution")).toSorted()).toEqual(
      english.steps.map(({ id }) => `${id}.sh`).toSorted(),
    );
  });

  it("goes on to a lesson that is there", () => {
    if (english.next !== undefined) expect(existsSync(join(LESSONS, english.next))).toBe(true);
  });
});

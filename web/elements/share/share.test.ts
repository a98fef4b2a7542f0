import { expect, test } from "vitest";
import { decodeFragment, fragmentOf } from "../../embed/document-codec.ts";
import type { SharedWorkspace } from "../../embed/share-workspace.ts";
import { useElementPage } from "../../testing/element-page.ts";
import type { DrydockShare } from "./share.ts";

const opened = useElementPage();

/** Puts the element on the page with these files. */
async function show(files: Record<string, string>, leftOut: SharedWorkspace["leftOut"] = []): Promise<void> {
  await opened.page.evaluate(
    ([files, leftOut]) => {
      const element = document.createElement("dd-share") as DrydockShare;
      const encoded = Object.entries(files).map(([path, text]) => {
        return { path, bytes: new TextEncoder().encode(text), isExecutable: false };
      });
      const sizeBytes = encoded.reduce((sum, { bytes }) => sum + bytes.length, 0);
      element.workspace = Promise.resolve({ files: encoded, sizeBytes, leftOut });
      element.parts = { layout: "editor+terminal", title: "", commands: [] };
      element.base = "https://drydock.example/";
      document.body.append(element);
    },
    [files, leftOut] as const,
  );
  await snippet().waitFor();
}

const snippet = () => opened.page.getByRole("textbox", { name: /^(Link|iframe|Element|Markdown badge)$/ });
const choose = (name: string) => opened.page.getByRole("radio", { name }).check();
const documentIn = async (text: string) => decodeFragment(fragmentOf(/#[^")]+/.exec(text)?.[0] ?? "") ?? "");

test("the link holds the files, the title and the command", async () => {
  await show({ Dockerfile: "FROM busybox\n" });
  await opened.page.getByLabel("Title").fill("Shared");
  await opened.page.getByLabel("Command").fill("docker build .");
  await expect.poll(async () => (await documentIn(await snippet().inputValue())).commands).toEqual(["docker build ."]);
  const link = await snippet().inputValue();
  expect(link).toMatch(/^https:\/\/drydock\.example\/#doc=1\.[\w-]+$/);
  expect(await documentIn(link)).toMatchObject({
    title: "Shared",
    layout: "editor+terminal",
    files: [{ path: "Dockerfile" }],
  });
});

test("there is an iframe, an element and a badge of the same document", async () => {
  await show({ "a.html": "</script><b>&" });
  await opened.page.getByLabel("Title").fill('A "quoted" <title>');
  await choose("iframe");
  await expect.poll(() => snippet().inputValue()).toContain('title="A &quot;quoted&quot; &lt;title>"');
  expect((await documentIn(await snippet().inputValue())).files).toHaveLength(1);
  await choose("Element");
  const element = await snippet().inputValue();
  expect(element).toContain('<script type="module" src="https://drydock.example/embed.js"></script>');
  expect(element.match(/<\/script>/g)).toHaveLength(2);
  expect(element).toContain(String.raw`"a.html": "\u003c/script>\u003cb>&"`);
  await choose("Markdown badge");
  const badge = await snippet().inputValue();
  expect(badge).toMatch(
    /^\[!\[Run in Drydock\]\(https:\/\/drydock\.example\/badge\.svg\)\]\(https:\/\/drydock\.example\/#doc=/,
  );
});

test("what does not fit is named with the reason", async () => {
  await show({ a: "x" }, [
    { path: "big.bin", reason: "too-large" },
    { path: "link", reason: "kind" },
  ]);
  const list = opened.page.getByRole("list", { name: "Left out:" });
  expect(await list.getByRole("listitem").allInnerTexts()).toEqual([
    "big.bin (too large for a link)",
    "link (no regular file)",
  ]);
  await opened.page.getByText("1 file, 1 B").waitFor();
});

test("copying puts the text into the clipboard, or selects it where that is forbidden", async () => {
  await show({ a: "x" });
  await opened.page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
  await opened.page.getByRole("button", { name: "Copy" }).click();
  await opened.page.getByText("Copied").waitFor();
  expect(await opened.page.evaluate(() => navigator.clipboard.readText())).toBe(await snippet().inputValue());
  await opened.page.evaluate(() => {
    Object.defineProperty(navigator, "clipboard", { value: { writeText: () => Promise.reject(new Error("no")) } });
  });
  await opened.page.getByRole("button", { name: "Copy" }).click();
  await expect
    .poll(() => snippet().evaluate((area: HTMLTextAreaElement) => area.selectionEnd - area.selectionStart))
    .toBe((await snippet().inputValue()).length);
});

test("a workspace that cannot be read is said", async () => {
  await opened.page.evaluate(() => {
    const element = document.createElement("dd-share") as DrydockShare;
    element.workspace = Promise.reject(new Error("the machine is not up"));
    document.body.append(element);
  });
  await opened.page.getByText("The link could not be made: the machine is not up").waitFor();
});

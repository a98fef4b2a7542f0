import { beforeEach, expect, test } from "vitest";
import { useElementPage } from "../../testing/element-page.ts";

const on = useElementPage();

beforeEach(async () => {
  await on.page.evaluate(async () => {
    const element = document.createElement("dd-files");
    element.style.cssText = "height: 320px; width: 260px";
    const file = (path: string, kind: "file" | "directory" = "file") => ({
      path,
      kind,
      sizeBytes: 3,
      modifiedMs: 0,
    });
    element.files = [file("Dockerfile"), file("web", "directory"), file("web/index.html"), file("web/app.js")];
    element.open = "Dockerfile";
    element.unsaved = new Set(["Dockerfile"]);
    const heard: unknown[] = [];
    const types = ["file-open", "file-create", "directory-create", "file-rename", "file-remove", "archive-download"];
    for (const type of types) {
      element.addEventListener(type, (event) => heard.push([type, (event as CustomEvent<unknown>).detail]));
    }
    element.addEventListener("files-upload", (event) => {
      const uploads = (event as CustomEvent<readonly { path: string; blob: Blob }[]>).detail;
      void Promise.all(uploads.map(async ({ path, blob }) => [path, await blob.text()])).then((all) =>
        heard.push(["files-upload", all]),
      );
    });
    Object.assign(window, { heard });
    document.body.replaceChildren(element);
    await element.updateComplete;
  });
});

const heard = () => on.page.evaluate(() => (window as unknown as { heard: unknown[] }).heard);
const item = (name: string) => on.page.getByRole("treeitem", { name });

test("a file that is not saved yet has a dot; the file in the editor is the selected one", async () => {
  await item("Dockerfile").getByRole("img", { name: "Not saved yet" }).waitFor();
  expect(await item("Dockerfile").getAttribute("aria-selected")).toBe("true");
});

test("a folder is unfolded and a file opened by a click", async () => {
  await item("web").click();
  await item("index.html").click();
  expect(await heard()).toEqual([["file-open", "web/index.html"]]);
});

test("a new file lies beside the selected one, with folders made from slashes", async () => {
  await item("web").click();
  await item("app.js").click();
  await on.page.getByRole("button", { name: "New file" }).click();
  await on.page.keyboard.type("css/style.css");
  await on.page.keyboard.press("Enter");
  expect((await heard()).at(-1)).toEqual(["file-create", "web/css/style.css"]);
});

test("F2 renames with the name selected but for its ending, and Escape does not", async () => {
  await item("web").click();
  await item("index.html").click();
  await on.page.keyboard.press("F2");
  await on.page.keyboard.type("start");
  await on.page.keyboard.press("Enter");
  expect((await heard()).at(-1)).toEqual(["file-rename", { from: "web/index.html", to: "web/start.html" }]);
  await on.page.keyboard.press("F2");
  await on.page.keyboard.press("Escape");
  expect((await heard()).filter((each) => (each as string[])[0] === "file-rename")).toHaveLength(1);
});

test("a name that leads out of the workspace is refused", async () => {
  await on.page.getByRole("button", { name: "New file" }).click();
  await on.page.keyboard.type("../evil");
  await on.page.keyboard.press("Enter");
  expect(await heard()).toEqual([]);
});

test("Delete asks first, and says how much would go", async () => {
  await item("web").click();
  const questions: string[] = [];
  on.page.on("dialog", (dialog) => {
    questions.push(dialog.message());
    void (questions.length === 1 ? dialog.dismiss() : dialog.accept());
  });
  await on.page.keyboard.press("Delete");
  await on.page.keyboard.press("Delete");
  await expect.poll(heard).toEqual([["file-remove", "web"]]);
  expect(questions[0]).toMatch(/“web” with 2 entries/);
});

test("dropped files go into the folder they are dropped on", async () => {
  await item("web").evaluate((row) => {
    const transfer = new DataTransfer();
    transfer.items.add(new File(["body {}"], "a.css"));
    transfer.items.add(new File(["x"], "b.txt"));
    for (const type of ["dragover", "drop"]) {
      row.dispatchEvent(
        new DragEvent(type, { dataTransfer: transfer, bubbles: true, composed: true, cancelable: true }),
      );
    }
  });
  await expect.poll(heard).toEqual([
    [
      "files-upload",
      [
        ["web/a.css", "body {}"],
        ["web/b.txt", "x"],
      ],
    ],
  ]);
});

test("a folder is downloaded as one file", async () => {
  await item("web").click();
  await on.page.getByRole("button", { name: "Download as tar" }).click();
  expect(await heard()).toEqual([["archive-download", "web"]]);
});

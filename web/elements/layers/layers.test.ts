import { expect, test } from "vitest";
import { useElementPage } from "../../testing/element-page.ts";

const on = useElementPage();

interface Sample {
  readonly path: string;
  readonly change: "added" | "changed" | "removed" | "unchanged";
  readonly sizeBytes: number;
}

async function show(files: readonly Sample[]): Promise<void> {
  await on.page.evaluate(async (samples) => {
    const element = document.createElement("dd-layer-files");
    element.style.cssText = "height: 500px; width: 520px";
    element.files = samples.map((sample) => ({ ...sample, kind: "file", mode: 0o644, owner: "0:0", target: "" }));
    const heard: boolean[] = [];
    element.addEventListener("cumulative-change", (event) => heard.push((event as CustomEvent<boolean>).detail));
    Object.assign(window, { heard });
    document.body.replaceChildren(element);
    await element.updateComplete;
  }, files);
}

const names = () =>
  on.page
    .getByRole("treeitem")
    .evaluateAll((rows) => rows.map((row) => row.querySelector(".label")?.textContent?.trim()));

const FILES: readonly Sample[] = [
  { path: "etc/passwd", change: "changed", sizeBytes: 340 },
  { path: "usr/bin/tool", change: "added", sizeBytes: 120_000 },
  { path: "usr/bin/other", change: "unchanged", sizeBytes: 1000 },
  { path: "tmp/old", change: "removed", sizeBytes: 900 },
];

test("a small layer is unfolded, with marks, sizes and sums of directories", async () => {
  await show(FILES);
  expect(await names()).toEqual(["etc", "passwd", "tmp", "old", "usr", "bin", "other", "tool"]);
  expect(await on.page.getByRole("treeitem", { name: "tool" }).innerText()).toMatch(/\+[^]*120 kB/);
  expect(await on.page.getByRole("treeitem", { name: "old" }).innerText()).toContain("removed");
  expect(await on.page.getByRole("treeitem", { name: "bin" }).innerText()).toMatch(/121 kB/);
  await on.page.getByRole("button", { name: "1 added" }).waitFor();
});

test("kinds of changes are left out, and a filter leaves what matches", async () => {
  await show(FILES);
  await on.page.getByRole("button", { name: "1 removed" }).click();
  expect(await names()).not.toContain("old");
  await on.page.getByRole("searchbox", { name: "Filter by path" }).fill("BIN/t");
  await expect.poll(names).toEqual(["usr", "bin", "tool"]);
  await on.page.getByRole("searchbox", { name: "Filter by path" }).fill("nothing like it");
  await on.page.getByText("No file matches.").waitFor();
});

test("everything up to a layer is asked for", async () => {
  await show(FILES);
  await on.page.getByRole("checkbox", { name: "Everything up to here" }).check();
  expect(await on.page.evaluate(() => (window as unknown as { heard: boolean[] }).heard)).toEqual([true]);
});

test("30,000 files stay quick to unfold, filter and scroll", async () => {
  await show([]);
  const milliseconds = await on.page.evaluate(async () => {
    const element = document.querySelector("dd-layer-files");
    const input = element?.shadowRoot?.querySelector<HTMLInputElement>("input[type=search]");
    if (!element || !input) throw new Error("no filter");
    element.files = Array.from({ length: 30_000 }, (_, index) => ({
      path: `usr/lib/node/d${index % 300}/file${index}.js`,
      change: "added" as const,
      kind: "file" as const,
      sizeBytes: 1000,
      mode: 0o644,
      owner: "0:0",
      target: "",
    }));
    await element.updateComplete;
    const start = performance.now();
    input.value = "file1";
    input.dispatchEvent(new InputEvent("input", { bubbles: true }));
    await element.updateComplete;
    const filtered = performance.now() - start;
    const tree = element.shadowRoot?.querySelector("dd-tree");
    const scroller = tree?.shadowRoot?.querySelector(".scroller");
    if (!tree || !scroller) throw new Error("no tree");
    await tree.updateComplete;
    const frames: number[] = [];
    for (let index = 0; index < 50; index++) {
      const frameStart = performance.now();
      scroller.scrollTop += 4000;
      scroller.dispatchEvent(new Event("scroll"));
      await tree.updateComplete;
      frames.push(performance.now() - frameStart);
    }
    return { filtered, frame: frames.toSorted((a, b) => a - b)[25] ?? 0, rows: tree.rows.length };
  });
  expect(milliseconds.filtered).toBeLessThan(1000);
  expect(milliseconds.rows).toBeGreaterThan(10_000);
  expect(milliseconds.frame).toBeLessThan(50);
  expect(await on.page.getByRole("treeitem").count()).toBeLessThan(60);
});

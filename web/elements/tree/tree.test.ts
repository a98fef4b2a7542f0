import { beforeEach, expect, test } from "vitest";
import { useElementPage } from "../../testing/element-page.ts";

const on = useElementPage();

/** `count` leaves below one folder, and two files after it. */
async function show(count: number): Promise<void> {
  await on.page.evaluate(async (leaves) => {
    const element = document.createElement("dd-tree");
    element.style.cssText = "height: 300px; width: 240px";
    const heard: string[] = [];
    const rows = (isExpanded: boolean) => [
      { id: "web", label: "web", level: 1, isExpanded, position: 1, siblings: 3 },
      ...Array.from({ length: isExpanded ? leaves : 0 }, (_, index) => ({
        id: `web/${index}`,
        label: `leaf ${index}`,
        level: 2,
        position: index + 1,
        siblings: leaves,
      })),
      { id: "alpha", label: "alpha", level: 1, position: 2, siblings: 3 },
      { id: "beta", label: "Beta", level: 1, position: 3, siblings: 3 },
    ];
    element.rows = rows(true);
    element.selected = "web";
    for (const type of ["tree-select", "tree-open", "tree-toggle", "tree-key"]) {
      element.addEventListener(type, (event) => {
        const { detail } = event as CustomEvent<string | { id: string; key: string }>;
        heard.push(typeof detail === "string" ? `${type} ${detail}` : `${type} ${detail.id} ${detail.key}`);
        if (type === "tree-select") element.selected = detail as string;
        if (type === "tree-toggle") element.rows = rows(element.rows.length <= 3);
      });
    }
    Object.assign(window, { heard });
    document.body.replaceChildren(element);
    await element.updateComplete;
  }, count);
  await on.page.getByRole("tree").focus();
}

const heard = () => on.page.evaluate(() => (window as unknown as { heard: string[] }).heard);
const selected = () => on.page.getByRole("treeitem", { selected: true }).innerText();

beforeEach(() => show(5));

test("arrows walk the rows, fold and unfold, and lead to the folder above", async () => {
  for (const key of ["ArrowDown", "ArrowDown", "ArrowLeft", "ArrowLeft"]) await on.page.keyboard.press(key);
  expect(await heard()).toEqual(["tree-select web/0", "tree-select web/1", "tree-select web", "tree-toggle web"]);
  expect(await on.page.getByRole("treeitem").count()).toBe(3);
  await on.page.keyboard.press("ArrowRight");
  await on.page.keyboard.press("ArrowRight");
  expect(await selected()).toBe("leaf 0");
});

test("the focused row is named to assistive technology, with level, place and state", async () => {
  await on.page.keyboard.press("ArrowDown");
  const active = await on.page.getByRole("tree").getAttribute("aria-activedescendant");
  const row = on.page.locator(`#${active}`);
  expect(await row.innerText()).toBe("leaf 0");
  expect(await row.getAttribute("aria-level")).toBe("2");
  expect(await row.getAttribute("aria-setsize")).toBe("5");
  expect(await on.page.getByRole("treeitem", { name: "web" }).getAttribute("aria-expanded")).toBe("true");
});

test("letters find the next name that begins with them", async () => {
  await on.page.keyboard.type("be");
  expect(await selected()).toBe("Beta");
  await on.page.waitForTimeout(800);
  await on.page.keyboard.press("l");
  await on.page.keyboard.press("l");
  expect(await selected()).toBe("leaf 1");
});

test("Enter opens a leaf; keys that are not the tree's are handed on", async () => {
  await on.page.keyboard.press("End");
  await on.page.keyboard.press("Enter");
  await on.page.keyboard.press("F2");
  await on.page.keyboard.press("Delete");
  expect((await heard()).slice(-3)).toEqual(["tree-open beta", "tree-key beta F2", "tree-key beta Delete"]);
});

test("of 30,000 rows only the visible ones are in the page, wherever one is", async () => {
  await show(30_000);
  expect(await on.page.getByRole("treeitem").count()).toBeLessThan(50);
  const started = Date.now();
  await on.page.keyboard.press("End");
  await on.page.keyboard.press("ArrowUp");
  await on.page.keyboard.press("ArrowUp");
  expect(await selected()).toBe("leaf 29999");
  expect(await on.page.getByRole("treeitem").count()).toBeLessThan(50);
  expect(Date.now() - started).toBeLessThan(2000);
});

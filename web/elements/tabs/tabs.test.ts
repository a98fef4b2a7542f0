import { beforeEach, expect, test } from "vitest";
import { useElementPage } from "../../testing/element-page.ts";

const on = useElementPage();

beforeEach(async () => {
  await on.page.evaluate(async () => {
    const element = document.createElement("dd-tabs");
    element.tabs = [
      { id: 11, number: 1, title: undefined, state: "open" },
      { id: 12, number: 2, title: "vi notes.txt", state: "open" },
      { id: 13, number: 3, title: undefined, state: "exited", exitCode: 1 },
    ];
    element.activeId = 11;
    const heard: string[] = [];
    for (const type of ["tab-select", "tab-close", "tab-add"]) {
      element.addEventListener(type, (event) => {
        heard.push(`${type} ${(event as CustomEvent<number | undefined>).detail ?? ""}`.trim());
        if (type === "tab-select") element.activeId = (event as CustomEvent<number>).detail;
      });
    }
    Object.assign(window, { heard });
    document.body.replaceChildren(element);
    await element.updateComplete;
  });
});

const heard = () => on.page.evaluate(() => (window as unknown as { heard: string[] }).heard);

test("tabs carry the shell's title, or a number", async () => {
  expect(await on.page.getByRole("tab").allInnerTexts()).toEqual(["Shell 1", "vi notes.txt", "Shell 3"]);
  expect(await on.page.getByRole("tab", { selected: true }).innerText()).toBe("Shell 1");
});

test("only the active tab is in the page's tab order; arrows, Home and End move it", async () => {
  await on.page.getByRole("tab", { name: "Shell 1" }).focus();
  await on.page.keyboard.press("ArrowLeft");
  await on.page.keyboard.press("Home");
  await on.page.keyboard.press("ArrowRight");
  await on.page.keyboard.press("End");
  expect(await heard()).toEqual(["tab-select 13", "tab-select 11", "tab-select 12", "tab-select 13"]);
  expect(await on.page.locator('[role="tab"][tabindex="0"]').count()).toBe(1);
});

test("a tab is closed by its button, by Delete and by middle click", async () => {
  await on.page.getByRole("button", { name: "Close vi notes.txt" }).click();
  await on.page.getByRole("tab", { name: "Shell 1" }).focus();
  await on.page.keyboard.press("Delete");
  await on.page.getByRole("tab", { name: "Shell 3" }).click({ button: "middle" });
  expect(await heard()).toEqual(["tab-close 12", "tab-close 11", "tab-close 13"]);
});

test("there is a button for a new terminal", async () => {
  await on.page.getByRole("button", { name: "New terminal" }).click();
  expect(await heard()).toEqual(["tab-add"]);
});

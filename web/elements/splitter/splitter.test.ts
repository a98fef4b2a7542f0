import { beforeEach, expect, test } from "vitest";
import { useElementPage } from "../../testing/element-page.ts";

const on = useElementPage();

beforeEach(async () => {
  await on.page.evaluate(async () => {
    const container = document.createElement("div");
    container.style.cssText = "display: grid; width: 800px; height: 200px; margin: 20px";
    const element = document.createElement("dd-splitter");
    const heard: unknown[] = [];
    const place = (fraction: number): void => {
      container.style.gridTemplateColumns = `${fraction * 800}px 1px 1fr`;
      element.fraction = fraction;
    };
    element.label = "Width";
    element.addEventListener("split-move", (event) => {
      const { detail } = event as CustomEvent<{ fraction: number; isFinal: boolean }>;
      heard.push([Math.round(detail.fraction * 100), detail.isFinal]);
      place(detail.fraction);
    });
    Object.assign(window, { heard });
    container.append(document.createElement("div"), element, document.createElement("div"));
    document.body.replaceChildren(container);
    place(0.5);
    await element.updateComplete;
  });
});

const heard = () => on.page.evaluate(() => (window as unknown as { heard: [number, boolean][] }).heard);
const separator = () => on.page.getByRole("separator", { name: "Width" });

test("it is dragged, and says when the drag is over", async () => {
  await on.page.mouse.move(420, 100);
  await on.page.mouse.down();
  await on.page.mouse.move(500, 100, { steps: 3 });
  await on.page.mouse.up();
  const all = await heard();
  expect(all.at(-1)).toEqual([60, true]);
  expect(all.slice(0, -1).every(([, isFinal]) => !isFinal)).toBe(true);
  expect(await separator().getAttribute("aria-valuenow")).toBe("60");
});

test("arrow keys move it within its limits, Enter puts it back", async () => {
  await separator().focus();
  for (const key of ["ArrowRight", "ArrowLeft", "ArrowLeft", "Home", "End", "Enter"]) await on.page.keyboard.press(key);
  expect((await heard()).map(([percent]) => percent)).toEqual([52, 50, 48, 15, 85, 50]);
});

test("a double click puts it back", async () => {
  await separator().focus();
  await on.page.keyboard.press("Home");
  await on.page.mouse.dblclick(20 + 120, 100);
  expect((await heard()).at(-1)).toEqual([50, true]);
});

import { beforeEach, expect, test } from "vitest";
import { useElementPage } from "../../testing/element-page.ts";

const on = useElementPage();

beforeEach(async () => {
  await on.page.evaluate(async () => {
    const element = document.createElement("dd-gutter");
    element.style.cssText = "height: 300px";
    const step = (index: number, more: object) => ({
      index,
      stage: "stage-0",
      startLine: index + 1,
      endLine: index + 1,
      text: `STEP ${index}`,
      status: "done" as const,
      startedMs: 1000,
      completedMs: 2400,
      layer: undefined,
      sizeBytes: undefined,
      wasteBytes: undefined,
      hasState: true,
      ...more,
    });
    const steps = [
      step(0, { status: "cached", sizeBytes: 4_420_000 }),
      step(1, { text: "RUN make", sizeBytes: 12_000, wasteBytes: 3000 }),
      step(2, { status: "failed", hasState: false }),
      step(3, { status: "pending", hasState: false, startedMs: undefined }),
    ];
    element.rows = steps.map((each, index) => ({
      line: { step: each, startLine: index + 1, endLine: index + 1, isStale: index > 1 },
      top: index * 20 + (index > 1 ? 40 : 0),
      height: index === 1 ? 60 : 20,
    }));
    const heard: string[] = [];
    for (const type of ["step-open", "step-shell"]) {
      element.addEventListener(type, (event) => heard.push(`${type} ${(event as CustomEvent<number>).detail}`));
    }
    Object.assign(window, { heard });
    document.body.replaceChildren(element);
    await element.updateComplete;
  });
});

const heard = () => on.page.evaluate(() => (window as unknown as { heard: string[] }).heard);

test("each step says in words what it did", async () => {
  const names = await on.page
    .locator("button.step")
    .evaluateAll((buttons) => buttons.map((button) => button.getAttribute("aria-label")));
  expect(names).toEqual([
    "Line 1: STEP 0, cached, layer of 4.42 MB",
    "Line 2: RUN make, done 1.4 s, layer of 12 kB, 3 kB of it deleted or overwritten later",
    "Line 3: STEP 2, failed 1.4 s, changed since",
    "Line 4: STEP 3, to come, changed since",
  ]);
});

test("a step is as tall as its instruction", async () => {
  const box = await on.page.getByRole("listitem").nth(1).boundingBox();
  expect(box?.height).toBe(60);
});

test("a click opens the layer; where a state is kept there is a shell", async () => {
  await on.page.locator("button.step").nth(1).click();
  await on.page.locator("button.step").nth(1).hover();
  await on.page.getByRole("button", { name: "Shell after line 2" }).click();
  expect(await heard()).toEqual(["step-open 1", "step-shell 1"]);
  expect(await on.page.getByRole("button", { name: "Shell after line 3" }).count()).toBe(0);
});

test("in a narrow column there are only its marks", async () => {
  const width = () => on.page.locator("dd-gutter").evaluate((gutter) => gutter.getBoundingClientRect().width);
  await on.page.evaluate(() => {
    document.body.style.cssText = "container-type: inline-size; width: 300px";
  });
  expect(await width()).toBeLessThan(40);
  expect(await on.page.locator("dd-gutter .size").first().isVisible()).toBe(false);
  await on.page.evaluate(() => (document.body.style.width = "500px"));
  expect(await width()).toBeGreaterThan(100);
});

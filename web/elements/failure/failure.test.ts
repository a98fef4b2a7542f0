import { expect, test } from "vitest";
import { useElementPage } from "../../testing/element-page.ts";
import type { Failure } from "../../worker-api.ts";

const on = useElementPage();

async function show(failure: Failure): Promise<void> {
  await on.page.evaluate(async (shown) => {
    const element = document.createElement("dd-failure");
    element.failure = shown;
    element.usage = "The page uses 2 MB of the 10 MB this browser grants it.";
    document.addEventListener("failure-action", (event) => (document.title = (event as CustomEvent<string>).detail));
    document.body.replaceChildren(element);
    await element.updateComplete;
  }, failure);
}

const KINDS: readonly Failure["kind"][] = [
  "no-webassembly",
  "artifact-missing",
  "artifact-unreachable",
  "storage-full",
  "storage-broken",
  "boot-failed",
  "guest-died",
  "worker-lost",
];

test.each(KINDS)("%s has a title, the reason and a way on that can be taken by key", async (kind) => {
  await show({ kind, message: "the engine's own words", path: "guest/bzImage", console: "one\ntwo\nlast line\n" });
  const alert = on.page.getByRole("alert");
  expect(await alert.getByRole("heading").textContent()).toBeTruthy();
  expect(await alert.textContent()).toContain("the engine's own words");
  expect(await alert.textContent()).toContain("guest/bzImage");
  expect(await alert.locator("pre").textContent()).toMatch(/last line$/);
  await on.page.evaluate(() => document.querySelector("dd-failure")?.focus());
  await on.page.keyboard.press("Enter");
  expect(await on.page.title()).toMatch(/^(restart|reload|free-space)$/);
});

test("used storage is named only where storage is the matter", async () => {
  await show({ kind: "storage-full", message: "" });
  expect(await on.page.getByRole("alert").textContent()).toContain("2 MB of the 10 MB");
  await show({ kind: "guest-died", message: "" });
  expect(await on.page.getByRole("alert").textContent()).not.toContain("2 MB");
});

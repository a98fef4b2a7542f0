/** The preview pane as a person uses it, for end-to-end tests. */
import type { Frame, Page } from "playwright";
import { HOST_PATH } from "../preview/protocol.ts";

/** Shows the pane, and in it a port. */
export async function openPort(page: Page, port: number, path = "/"): Promise<void> {
  if (!(await page.locator("dd-preview").isVisible()))
    await page.getByRole("button", { name: "Preview", exact: true }).click();
  const chosen = page.getByLabel("Published port");
  const first = page.getByRole("button", { name: `Open port ${port} of` });
  await chosen.locator(`option[value="${port}"]`).waitFor({ state: "attached" });
  if (await first.isVisible()) await first.click();
  else await chosen.selectOption(String(port));
  await go(page, path);
}

/** Types a path into the address bar. */
export async function go(page: Page, path: string): Promise<void> {
  await page.getByLabel("Path", { exact: true }).fill(path);
  await page.getByLabel("Path", { exact: true }).press("Enter");
}

/** The frame with the page of the port in front, once it is at a place. */
export async function pageAt(page: Page, path: string | RegExp, timeoutMs = 20_000): Promise<Frame> {
  const deadline = Date.now() + timeoutMs;
  const port = await page.getByLabel("Published port").inputValue();
  const isThere = (frame: Frame): boolean => {
    const url = new URL(frame.url() === "" ? "about:blank" : frame.url());
    if (!url.hostname.startsWith(`${port}-`) || url.pathname === HOST_PATH) return false;
    const target = url.pathname + url.search + url.hash;
    return typeof path === "string" ? target === path : path.test(target);
  };
  for (;;) {
    const frame = page.frames().find(isThere);
    if (frame) {
      await frame.waitForLoadState("load", { timeout: timeoutMs });
      return frame;
    }
    if (Date.now() > deadline)
      throw new Error(
        `no preview at ${path}, but at ${page
          .frames()
          .map((each) => each.url())
          .join(", ")}`,
      );
    await page.waitForTimeout(50);
  }
}

/** The text of the page at a place. */
export async function textAt(page: Page, path: string | RegExp): Promise<string> {
  const frame = await pageAt(page, path);
  return frame.evaluate(() => document.body.innerText);
}

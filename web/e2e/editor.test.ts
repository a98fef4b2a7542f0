import type { Browser, Page } from "playwright";
import { afterAll, beforeAll, expect, test } from "vitest";
import { launchBrowser, screen, screenshot, serveSite, waitForScreen, type Site } from "../testing/browser.ts";
import { command, openPage, type } from "./session.ts";

let browser: Browser;
let site: Site;
let page: Page;

/** One machine for all: what one test leaves behind the next one finds, as a person would. */
beforeAll(async () => {
  [browser, site] = await Promise.all([launchBrowser(), serveSite("built")]);
  page = await openPage(browser, site);
});
afterAll(async () => {
  await screenshot(page, "e2e-editor").catch(() => undefined);
  await browser?.close();
  await site?.[Symbol.asyncDispose]();
});

const code = async (): Promise<string> => (await page.locator(".view-lines").innerText()).replaceAll("\u00a0", " ");
const step = (pattern: RegExp) => page.locator("dd-gutter").getByRole("button", { name: pattern });

test("the page without the editor asks for nothing of Monaco", async () => {
  // The service worker keeps what a later visit needs; it must not fetch the editor either.
  await page.waitForFunction(() => navigator.serviceWorker.controller?.state === "activated");
  expect(site.requests.filter((path) => /monaco|assets\/editor|codicon/.test(path))).toEqual([]);
});

test("the editor shows the machine's workspace", async () => {
  await command(
    page,
    String.raw`cd ~/workspace && rm -rf * && printf 'FROM busybox\nRUN echo one > /one\nCOPY page /www/page\nCMD ["cat", "/www/page"]\n' > Dockerfile && echo hello > page`,
  );
  await page.getByRole("button", { name: "Editor" }).click();
  await page.getByRole("treeitem", { name: "page" }).waitFor();
  await expect.poll(code, { timeout: 30_000 }).toContain("RUN echo one > /one");
});

test("Build builds in the real machine, and every line says what it did", async () => {
  await page.getByRole("button", { name: "Build", exact: true }).click();
  await waitForScreen(page, /naming to docker\.io\/library\/mybuild:0\.0/, { timeoutMs: 60_000 });
  await page.getByText(/^Built in/).waitFor();
  expect(await step(/^Line 2: RUN echo one > \/one, done .*, layer of 4 B/).count()).toBe(1);
  expect(await step(/^Line 3: COPY page \/www\/page, done .*, layer of 6 B/).count()).toBe(1);
});

test("Run runs the image", async () => {
  await page.getByRole("button", { name: "Run", exact: true }).click();
  await waitForScreen(page, /docker run --rm -it -P mybuild:0\.0\n+hello$/m, { timeoutMs: 60_000 });
});

test("a line that is edited, and all below it, are stale; the next build runs only these", async () => {
  await page.locator(".view-line").nth(1).click();
  await page.keyboard.press("End");
  await page.keyboard.type("; echo two > /two");
  await expect.poll(() => step(/^Line 3:.*changed since$/).count()).toBe(1);
  await expect.poll(async () => (await command(page, "cat Dockerfile")).output).toContain("echo two > /two");
  await page.locator(".view-line").nth(1).click();
  await page.keyboard.press("Control+Enter");
  await expect
    .poll(() => step(/^Line 2: RUN echo one > \/one; echo two > \/two, done/).count(), { timeout: 60_000 })
    .toBe(1);
  await page.getByText(/^Built in/).waitFor();
});

test("a click on a step shows its layer, with the file it made", async () => {
  await step(/^Line 2:/).click();
  await page.getByRole("treeitem", { name: "two" }).waitFor();
  await page.getByRole("checkbox", { name: "Everything up to here" }).check();
  await page.getByRole("searchbox", { name: "Filter by path" }).fill("bin/busybox");
  await page.getByRole("treeitem", { name: "busybox" }).waitFor();
});

test("there is a shell in the state right after an instruction", async () => {
  await page.getByRole("button", { name: "Shell here" }).click();
  await waitForScreen(page, /docker run --rm -it [0-9a-f]{12} sh[^]*\/ #$/, { timeoutMs: 60_000 });
  const before = await screen(page);
  await type(page, "cat /two; ls /www\r");
  await waitForScreen(page, /^two\nls: \/www: No such file/m, { after: before });
  await type(page, "exit\r");
  await page.getByRole("tab", { name: "Shell 1" }).click();
});

test("what is written in the machine is in the editor at once", async () => {
  await command(page, "cd ~/workspace; echo 'LABEL from=vi' >> Dockerfile");
  await expect.poll(code).toContain("LABEL from=vi");
});

test("an image of the list opens in the layer explorer", async () => {
  await page.getByRole("button", { name: "Containers and images" }).click();
  await page.getByRole("button", { name: "Layers of mybuild:0.0" }).click();
  await page.getByRole("button", { name: /COPY page \/www\/page/ }).click();
  await page.locator("dd-layers").getByRole("treeitem", { name: "page" }).waitFor();
});

test("after a reload the files are there, and the editor shows them", async () => {
  await page.getByRole("button", { name: "Editor" }).click();
  await expect.poll(code).toContain("LABEL from=vi");
  await page.waitForTimeout(1500);
  await page.reload();
  await page.waitForFunction(() => "drydock" in window);
  await page.evaluate(() => window.drydock.ready);
  await expect.poll(code, { timeout: 60_000 }).toContain("LABEL from=vi");
});

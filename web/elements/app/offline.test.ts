import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, Page } from "playwright";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { launchBrowser, runLine, serveDirectory, shellReady, testSite, type Site } from "../../testing/browser.ts";

let browser: Browser;
let directory: string;
let site: Site;
let page: Page;

beforeAll(async () => void (browser = await launchBrowser()));
afterAll(() => browser?.close());

/** A copy of the built page, deep below a server's root, so that a test can publish another version. */
beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), "drydock-site-"));
  cpSync(testSite(), join(directory, "some/where"), { recursive: true });
  site = await serveDirectory(directory);
  page = await browser.newPage();
  await page.goto(`${site.url}some/where/?engine=fake`);
  await shellReady(page);
  await page.waitForFunction(() => navigator.serviceWorker.controller?.state === "activated");
});
afterEach(async () => {
  await page.context().close();
  await site[Symbol.asyncDispose]();
  rmSync(directory, { recursive: true });
});

/** Changes a published file as a new release would. */
function publish(file: string, change: (text: string) => string): void {
  const path = join(directory, "some/where", file);
  writeFileSync(path, change(readFileSync(path, "utf8")));
}

test("after a first visit the page starts without a server", async () => {
  await site[Symbol.asyncDispose]();
  await page.reload();
  await shellReady(page);
  await runLine(page, "echo offline", /^offline$/m);
});

test("the editor is there without a server once it was used", async () => {
  const put = () =>
    page.evaluate(async () => {
      await window.drydock.fetch("/drydock/workspace/file?path=Dockerfile", { method: "PUT", body: "FROM busybox\n" });
    });
  await put();
  await page.getByRole("button", { name: "Editor" }).click();
  await page.locator(".view-line").first().waitFor();
  const kept = () =>
    page.evaluate(async () => {
      const names = await caches.keys();
      const stores = await Promise.all(names.map((name) => caches.open(name)));
      const requests = (await Promise.all(stores.map((store) => store.keys()))).flat();
      return requests.some(({ url }) => /\/assets\/editor\/monaco/.test(url));
    });
  await expect.poll(kept).toBe(true);
  await site[Symbol.asyncDispose]();
  await page.reload();
  await shellReady(page);
  await put();
  await page.locator(".view-line").first().waitFor();
});

test("a repeat visit asks the server for nothing but news", async () => {
  site.requests.length = 0;
  await page.reload();
  await shellReady(page);
  expect(site.requests.filter((path) => !path.endsWith("service-worker.js"))).toEqual([]);
});

test("a new version waits until it is wanted, and downloads only what changed", async () => {
  publish("index.html", (text) => text.replace("<title>", "<title>Second edition of "));
  publish("service-worker.js", (text) => text.replace(/version\\":\\"[0-9a-f]+/, 'version\\":\\"second'));
  site.requests.length = 0;
  await page.reload();
  await shellReady(page);
  expect(await page.title()).toMatch(/^Drydock/);
  await page.getByRole("button", { name: "Load it now" }).click();
  await expect.poll(() => page.title()).toMatch(/^Second edition/);
  await shellReady(page);
  expect(site.requests.filter((path) => path.includes("/assets/"))).toEqual([]);
});

test("a release that cannot be downloaded whole changes nothing", async () => {
  publish("service-worker.js", (text) =>
    text
      .replace(/version\\":\\"[0-9a-f]+/, 'version\\":\\"broken')
      .replace('files\\":[', 'files\\":[\\"assets/gone.js\\",'),
  );
  await page.reload();
  await shellReady(page);
  await page.waitForTimeout(500);
  expect(await page.getByRole("button", { name: "Load it now" }).count()).toBe(0);
  await page.reload();
  await shellReady(page);
});

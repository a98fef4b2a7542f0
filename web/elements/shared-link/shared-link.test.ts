import type { Browser, Page } from "playwright";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { encodeFragment } from "../../embed/document-codec.ts";
import { launchBrowser, screen, serveSite, shellReady, type Site } from "../../testing/browser.ts";

const DOCUMENT = {
  version: 1,
  title: "Two files",
  description: "From a friend.",
  files: { "index.html": "<h1>Hello</h1>" },
  dockerfile: "FROM busybox\n",
  command: ["docker build .", "docker run it"],
  run: true,
  images: ["busybox"],
};

let browser: Browser;
let site: Site;
let page: Page;

beforeAll(async () => {
  [browser, site] = await Promise.all([launchBrowser(), serveSite("test")]);
});
afterAll(async () => {
  await browser?.close();
  await site?.[Symbol.asyncDispose]();
});
afterEach(() => page.close());

async function open(fragment: string): Promise<void> {
  page = await browser.newPage({ viewport: { width: 1200, height: 760 } });
  await page.goto(`${site.url}?engine=fake#${fragment}`);
}

const files = () => page.evaluate(async () => (await window.drydock.files.list()).map(({ path }) => path));

test("a shared link shows what it holds before anything of it is there", async () => {
  await open(await encodeFragment(DOCUMENT));
  await page.getByRole("heading", { name: "Two files" }).waitFor();
  for (const part of ["From a friend.", "index.html", "Dockerfile", "docker run it", "busybox"]) {
    await page.locator("dd-shared-link").getByText(part, { exact: true }).waitFor();
  }
  await shellReady(page);
  expect(await files()).toEqual([]);
  expect(await screen(page)).not.toContain("docker");
});

test("opened, it has its files, and its first command waits for Enter: nobody knows who wrote it", async () => {
  await open(await encodeFragment(DOCUMENT));
  await page.getByRole("button", { name: "Open it" }).click();
  await expect.poll(() => screen(page)).toMatch(/# docker build \.$/);
  expect(await files()).toEqual(["Dockerfile", "index.html"]);
  await page.getByRole("button", { name: "docker run it" }).waitFor();
});

test("left, it leads to the visitor's own playground", async () => {
  await open(await encodeFragment(DOCUMENT));
  await page.getByRole("button", { name: "Go to my own playground" }).click();
  await expect.poll(() => page.url()).toBe(`${site.url}?engine=fake`);
  await shellReady(page);
  expect(await files()).toEqual([]);
  expect(await page.locator("dd-shared-link").count()).toBe(0);
});

test("Escape does not open it", async () => {
  await open(await encodeFragment(DOCUMENT));
  await page.getByRole("button", { name: "Open it" }).waitFor();
  await page.keyboard.press("Escape");
  await expect.poll(() => page.url()).toBe(`${site.url}?engine=fake`);
});

test("a link that was cut says so, and offers the visitor's own playground", async () => {
  await open((await encodeFragment(DOCUMENT)).slice(0, -9));
  await page.getByText("the address may have been cut").waitFor();
  expect(await page.getByRole("button", { name: "Open it" }).count()).toBe(0);
});

test("the page shares what it has, and the link opens it", async () => {
  await open("");
  await shellReady(page);
  await page.evaluate(() => window.drydock.files.write("hello.txt", "shared text"));
  await page.getByRole("button", { name: "Share" }).click();
  const link = page.getByRole("textbox", { name: "Link" });
  await link.waitFor();
  const address = await link.inputValue();
  await page.close();
  page = await browser.newPage();
  await page.goto(address.replace("#", "?engine=fake#"));
  await page.getByRole("button", { name: "Open it" }).click();
  await expect.poll(files).toEqual(["hello.txt"]);
  expect(await page.evaluate(async () => new TextDecoder().decode(await window.drydock.files.read("hello.txt")))).toBe(
    "shared text",
  );
});

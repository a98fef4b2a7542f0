import type { Browser, Page } from "playwright";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { launchBrowser, screenshot, serveSite, shellReady, type Site } from "../testing/browser.ts";

let site: Site;
let browser: Browser;
let page: Page;

beforeAll(async () => {
  [site, browser] = await Promise.all([serveSite("built"), launchBrowser()]);
  page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
  await page.goto(site.url);
  await shellReady(page);
});
afterAll(async () => {
  await browser?.close();
  await site?.[Symbol.asyncDispose]();
});

describe("a lesson beside the real machine", () => {
  it("types its commands, and sees in the engine that the step is done", async () => {
    await page.getByRole("button", { name: /Lessons/ }).click();
    await page.getByRole("button", { name: "Begin" }).first().click();
    await page.getByRole("button", { name: "Run", exact: true }).click();
    await page.getByText("This step is done.").waitFor();
    expect(await page.evaluate(() => window.drydock.screen())).toContain("Hello from Docker!");
    await screenshot(page, "lesson");
  });

  it("goes on in Korean where it was", async () => {
    await page.getByRole("button", { name: "한국어" }).click();
    await page.getByText("이 단계를 마쳤습니다.").waitFor();
    await page.getByRole("button", { name: "다음" }).click();
    await page.getByRole("heading", { name: "프로그램이 끝나면 컨테이너도 끝납니다" }).waitFor();
    await page.getByRole("button", { name: "확인" }).click();
    await page.getByText("더 필요한 것").waitFor();
  });
});

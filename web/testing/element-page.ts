import type { Browser, Page } from "playwright";
import { afterAll, afterEach, beforeAll, beforeEach } from "vitest";
import { launchBrowser, serveSite, type Site } from "./browser.ts";

/** A fresh page with all presentational elements defined and nothing on it, for each test of a file. */
export function useElementPage(): { readonly page: Page } {
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
  beforeEach(async () => {
    page = await browser.newPage();
    await page.goto(`${site.url}web/testing/elements.html`);
    await page.waitForSelector("body[data-ready]");
  });
  afterEach(() => page.close());
  return {
    get page() {
      return page;
    },
  };
}

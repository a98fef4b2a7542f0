/** The built page with the real engine, for end-to-end tests. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Browser, BrowserContext, Page } from "playwright";
import { screen, shellReady, waitForScreen, type Site } from "../testing/browser.ts";

const root = join(import.meta.dirname, "../..");

/** True when the page's own registry has this image. The larger ones are made on first start and may be missing. */
export function hasImage(name: string): boolean {
  return existsSync(join(root, "dist/v2/library", name));
}

/** A page whose first shell takes input. */
export async function openPage(browser: Browser | BrowserContext, site: Site, query = ""): Promise<Page> {
  const page = await browser.newPage();
  await page.goto(site.url + query);
  await shellReady(page, 120_000);
  return page;
}

let lastMark = 0;

export interface Finished {
  /** What the command printed, after the line that was typed. */
  readonly output: string;
  readonly code: number;
}

/** Types a command into the shell and waits until it has ended. */
export async function command(page: Page, line: string, timeoutMs = 60_000): Promise<Finished> {
  const mark = `mark${++lastMark}`;
  const before = await screen(page);
  await page.evaluate((text) => window.drydock.type(text), `${line}; echo "$?-${mark}"\r`);
  const pattern = new RegExp(`^(\\d+)-${mark}$`, "m");
  const text = await waitForScreen(page, pattern, { timeoutMs, after: before });
  const [whole, code] = pattern.exec(text) ?? [];
  const start = text.indexOf("\n", text.indexOf(mark)) + 1;
  return { output: text.slice(start, text.indexOf(whole ?? "", start)), code: Number(code) };
}

/** Types keys as they are, without waiting. */
export const type = (page: Page, text: string): Promise<void> =>
  page.evaluate((keys) => window.drydock.type(keys), text);

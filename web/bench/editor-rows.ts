import type { Browser, Page } from "playwright";
import { shellReady, type Site } from "../testing/browser.ts";
import type { Row } from "./browser-rows.ts";

/** A Dockerfile of some two hundred instructions: as long as they get. */
const LONG = `FROM busybox\n${Array.from({ length: 200 }, (_, index) => `RUN echo ${index} && \\\n    true\n`).join("")}`;

/** The editor in Chromium: how long it takes to be there, and from a keystroke to what is wrong with the text. */
export async function editorRows(browser: Browser, site: Site, say: (text: string) => void): Promise<Row[]> {
  say("the editor");
  const context = await browser.newContext();
  try {
    const page = await context.newPage();
    await page.goto(site.url);
    await shellReady(page);
    await page.evaluate(
      (body) => window.drydock.fetch("/drydock/workspace/file?path=Dockerfile", { method: "PUT", body }),
      LONG,
    );
    const started = performance.now();
    await page.getByRole("button", { name: "Editor" }).click();
    await page.locator(".view-line").nth(3).waitFor();
    const opened = performance.now() - started;
    return [
      {
        id: "editor-open",
        title: "the editor, first time, click to text",
        unit: "ms",
        where: "chromium",
        samples: [opened],
      },
      {
        id: "editor-diagnostics",
        title: "keystroke to diagnostics, 200 instructions",
        unit: "ms",
        where: "chromium",
        target: 100,
        samples: await diagnostics(page),
      },
    ];
  } finally {
    await context.close();
  }
}

async function diagnostics(page: Page): Promise<number[]> {
  await page.locator(".view-line").nth(1).click();
  await page.evaluate(() => performance.clearMeasures());
  for (const key of "drydock drydock drydock") {
    await page.keyboard.type(key);
    await page.waitForTimeout(250);
  }
  return page.evaluate(() => performance.getEntriesByName("drydock:diagnostics").map((entry) => entry.duration));
}

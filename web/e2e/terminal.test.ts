import type { Browser, Page } from "playwright";
import { afterAll, beforeAll, expect, test } from "vitest";
import { launchBrowser, screen, serveSite, waitForScreen, type Site } from "../testing/browser.ts";
import { command, openPage, type } from "./session.ts";

let browser: Browser;
let site: Site;
let page: Page;

beforeAll(async () => {
  [browser, site] = await Promise.all([launchBrowser(), serveSite("built")]);
  page = await openPage(browser, site);
});
afterAll(async () => {
  await browser?.close();
  await site?.[Symbol.asyncDispose]();
});

test("the shell's pty has the terminal's size, and follows it", async () => {
  const rows = async () => Number(/^(\d+) \d+$/m.exec((await command(page, "stty size")).output)?.[1]);
  const before = await rows();
  await page.setViewportSize({ width: 1280, height: 420 });
  await expect.poll(rows).toBeLessThan(before);
  await page.setViewportSize({ width: 1280, height: 720 });
});

test("UTF-8 goes both ways", async () => {
  expect((await command(page, "printf '%s\\n' '漢字 한국어 é 🚢'")).output.trim()).toBe("漢字 한국어 é 🚢");
});

test("Ctrl+C ends endless output, and the page stays usable meanwhile", async () => {
  await type(page, "yes\r");
  await page.waitForTimeout(2000);
  expect(await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(resolve)).then(() => "drawn"))).toBe(
    "drawn",
  );
  await type(page, "\x03");
  await waitForScreen(page, /\^C[^]*[#$]\s*$/, { timeoutMs: 20_000 });
  expect((await command(page, "echo alive")).output.trim()).toBe("alive");
});

test("a pasted megabyte arrives whole", async () => {
  const before = await screen(page);
  await type(page, "stty -echo; cat | wc -c; stty echo\r");
  await page.waitForTimeout(500);
  await page.evaluate(() => {
    const data = new DataTransfer();
    data.setData("text/plain", "0123456789abcde\n".repeat(65_536));
    document
      .querySelector("dd-app")
      ?.shadowRoot?.querySelector("dd-terminal")
      ?.shadowRoot?.querySelector("textarea")
      ?.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
  });
  await type(page, "\x04");
  await waitForScreen(page, /^1048576$/m, { after: before, timeoutMs: 120_000 });
});

test("a second terminal is a second shell of the same machine", async () => {
  await command(page, "echo shared > /tmp/note");
  await page.getByRole("button", { name: "New terminal" }).click();
  await expect.poll(() => screen(page), { timeout: 15_000 }).toMatch(/[#$]\s*$/);
  expect((await command(page, "cat /tmp/note")).output.trim()).toBe("shared");
  await type(page, "exit 7\r");
  await page.getByText("This shell has ended with code 7.").waitFor();
});

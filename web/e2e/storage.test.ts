import type { Browser, BrowserContext, Page } from "playwright";
import { afterEach, beforeAll, beforeEach, afterAll, expect, test } from "vitest";
import { launchBrowser, serveSite, shellReady, waitForScreen, type Site } from "../testing/browser.ts";
import { command, hasImage, openPage, type } from "./session.ts";

let browser: Browser;
let context: BrowserContext;
let site: Site;

beforeAll(async () => void (browser = await launchBrowser()));
afterAll(() => browser?.close());
beforeEach(async () => {
  site = await serveSite("built");
  context = await browser.newContext();
});
afterEach(async () => {
  await context.close();
  await site[Symbol.asyncDispose]();
});

const blobRequests = () => site.requests.filter((path) => path.includes("/blobs/"));

async function keptForOffline(page: Page): Promise<void> {
  await page.waitForFunction(() => navigator.serviceWorker.controller?.state === "activated", undefined, {
    timeout: 60_000,
  });
}

test("images survive a reload: nothing is downloaded again", async () => {
  const page = await openPage(context, site);
  await command(page, "docker run --rm busybox true");
  await keptForOffline(page);
  const before = blobRequests().length;
  await page.reload();
  await shellReady(page, 120_000);
  expect((await command(page, "docker images")).output).toMatch(/busybox/);
  const again = await command(page, "docker run --rm busybox echo again");
  expect(again.output.trim()).toBe("again");
  expect(blobRequests().length).toBe(before);
});

test.runIf(hasImage("debian"))(
  "a reload in the middle of a pull loses nothing, and the next pull succeeds",
  async () => {
    const page = await openPage(context, site);
    await command(page, "docker pull -q hello-world");
    await type(page, "docker pull debian\r");
    await waitForScreen(page, /Downloading/);
    await page.reload();
    await shellReady(page, 120_000);
    const images = (await command(page, "docker images")).output;
    expect(images).toMatch(/hello-world/);
    expect(images).not.toMatch(/debian/);
    expect((await command(page, "docker pull -q debian", 120_000)).code).toBe(0);
    expect((await command(page, "docker run --rm debian cat /etc/debian_version", 120_000)).output).toMatch(/^12\./);
  },
);

test("with the server gone after a first visit, the page boots and runs containers", async () => {
  const page = await openPage(context, site);
  await command(page, "docker run --rm busybox true");
  await keptForOffline(page);
  await site[Symbol.asyncDispose]();
  await page.reload();
  await shellReady(page, 120_000);
  expect((await command(page, "docker run --rm busybox echo offline")).output.trim()).toBe("offline");
  // Never pulled before: kept with the page.
  expect((await command(page, "docker run --rm hello-world")).output).toContain("Hello from");
});

test("two tabs on the same storage both work", async () => {
  const first = await openPage(context, site);
  await command(first, "docker run -d --name mine busybox sleep 300");
  const second = await openPage(context, site);
  // Its files are others: it says why.
  await second.getByText("Drydock is open in another tab").waitFor();
  expect(await first.getByText("Drydock is open in another tab").count()).toBe(0);
  expect((await command(second, "docker images -q busybox | wc -l")).output.trim()).toBe("1");
  expect((await command(second, "docker run --rm busybox echo second")).output.trim()).toBe("second");
  expect((await command(first, "docker ps --format '{{.Names}}'")).output.trim()).toBe("mine");
});

test("after a kernel panic the page restarts the machine, and images are kept", async () => {
  const page = await openPage(context, site);
  await command(page, "docker run --rm busybox true");
  await page.evaluate(() => window.drydock.type("echo 1 > /proc/sys/kernel/sysrq; echo c > /proc/sysrq-trigger\r"));
  await page.getByText("The machine has stopped").waitFor({ timeout: 60_000 });
  await page.getByRole("button", { name: "Restart the machine" }).click();
  await expect.poll(() => page.evaluate(() => window.drydock.screen()), { timeout: 120_000 }).toMatch(/[#$]\s*$/);
  expect((await command(page, "docker run --rm busybox echo back")).output.trim()).toBe("back");
});

test("a cold boot shows the kernel's log and ends in a shell", async () => {
  const page = await openPage(context, site, "?boot=cold");
  expect((await command(page, "echo up")).output.trim()).toBe("up");
  await page.getByRole("button", { name: "Kernel log" }).click();
  await expect.poll(() => page.getByRole("log").textContent()).toMatch(/\S/);
});

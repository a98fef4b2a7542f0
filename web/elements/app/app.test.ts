import type { Browser, BrowserContextOptions, Page } from "playwright";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import {
  launchBrowser,
  pageText,
  runLine,
  screen,
  serveSite,
  shellReady,
  waitForScreen,
  type Site,
} from "../../testing/browser.ts";

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
afterEach(() => page.context().close());

async function open(scenario = "", options: BrowserContextOptions & { init?: () => void } = {}): Promise<void> {
  const { init, ...rest } = options;
  const context = await browser.newContext({ viewport: { width: 1200, height: 760 }, ...rest });
  page = await context.newPage();
  if (init) await page.addInitScript(init);
  await page.goto(`${site.url}?engine=fake${scenario && `:${scenario}`}`);
}

async function openReady(options: BrowserContextOptions = {}): Promise<void> {
  await open("", options);
  await shellReady(page);
}

const tabs = () => page.getByRole("tablist", { name: "Terminals" }).getByRole("tab");

test("the shell takes what scripts type, and the screen can be read", async () => {
  await openReady();
  expect(await runLine(page, "echo hello there", /^hello there$/m)).toContain("hello there");
  expect(await screen(page)).not.toContain("Linux version");
});

test("scripts reach the Docker API, with bodies of any size both ways", async () => {
  await openReady();
  const answers = await page.evaluate(async () => {
    const version = (await (await window.drydock.fetch("/v1.50/version")).json()) as { ApiVersion: string };
    const missing = await window.drydock.fetch("/containers/nope/json");
    const echoed = await window.drydock.fetch("/echo", { method: "POST", body: new Uint8Array(3_000_000).fill(7) });
    const bytes = new Uint8Array(await echoed.arrayBuffer());
    const streamed = await window.drydock.fetch("/echo", { method: "POST", body: new Blob(["streamed"]).stream() });
    return [
      version.ApiVersion,
      missing.status,
      await missing.json(),
      bytes.length,
      bytes.every((byte) => byte === 7),
      await streamed.text(),
    ];
  });
  expect(answers).toEqual(["1.50", 404, { message: "No such container: nope" }, 3_000_000, true, "streamed"]);
});

test("what is typed before the shell is there is not lost", async () => {
  await open("slow");
  await page.waitForFunction(() => "drydock" in window);
  await page.evaluate(() => window.drydock.type("echo early\r"));
  await waitForScreen(page, /^early$/m);
});

test("a boot shows its steps with bytes, and the kernel's log", async () => {
  await open("slow");
  await expect.poll(() => pageText(page)).toMatch(/[\d.]+ MB of 4\.81 MB/);
  await waitForScreen(page, /Run \/init as init process/);
  await shellReady(page);
  expect(await pageText(page)).not.toContain("Bringing up");
  await page.getByRole("button", { name: "Kernel log" }).click();
  await expect.poll(() => page.getByRole("log").textContent()).toContain("Run /init as init process");
});

test("tabs are opened, named by their shell, switched and closed by key", async () => {
  await openReady();
  await page.getByRole("button", { name: "New terminal" }).click();
  await expect.poll(() => tabs().count()).toBe(2);
  await waitForScreen(page, /toy shell/);
  await runLine(page, String.raw`raw \e]2;second one\a`, /#/);
  await expect.poll(() => tabs().allInnerTexts()).toEqual(["Shell 1", "second one"]);
  await page.keyboard.press("Alt+Shift+ArrowLeft");
  expect(await screen(page)).not.toContain("second one");
  await page.keyboard.press("Alt+Shift+T");
  await expect.poll(() => tabs().count()).toBe(3);
  page.once("dialog", (dialog) => void dialog.accept());
  await page.keyboard.press("Alt+Shift+W");
  await expect.poll(() => tabs().count()).toBe(2);
});

test("from the terminal F6 leads to the tabs, and arrow keys move between them", async () => {
  await openReady();
  await page.getByRole("button", { name: "New terminal" }).click();
  await waitForScreen(page, /toy shell/);
  await page.keyboard.press("F6");
  await page.keyboard.press("ArrowLeft");
  await expect.poll(() => tabs().first().getAttribute("aria-selected")).toBe("true");
});

test("a shell that ends says so, with its code, and a new one can be had", async () => {
  await openReady();
  await page.evaluate(() => window.drydock.type("exit 3\r"));
  await page.getByText("This shell has ended with code 3.").waitFor();
  await page.getByRole("button", { name: "Open a new shell" }).click();
  await runLine(page, "echo back", /^back$/m);
});

test("the shell knows the size of its terminal, also after it changed", async () => {
  await openReady();
  const [, before] = /^(\d+) \d+$/m.exec(await runLine(page, "size", /^\d+ \d+$/m)) ?? [];
  await page.setViewportSize({ width: 1200, height: 500 });
  await expect
    .poll(async () => Number(/^(\d+) \d+$/m.exec(await runLine(page, "size", /^\d+ \d+$/m))?.[1]))
    .toBeLessThan(Number(before) - 5);
});

test("endless output leaves the page responsive and its memory bounded, and Ctrl+C ends it", async () => {
  await openReady();
  await page.evaluate(() => {
    const frames: number[] = [];
    (function tick() {
      frames.push(performance.now());
      requestAnimationFrame(tick);
    })();
    Object.assign(window, { frames });
    window.drydock.type("yes\r");
  });
  const heapBytes = () =>
    page.evaluate(() => (performance as unknown as { memory: { usedJSHeapSize: number } }).memory.usedJSHeapSize);
  await page.waitForTimeout(1500);
  const early = await heapBytes();
  await page.waitForTimeout(2500);
  expect((await heapBytes()) - early).toBeLessThan(60 << 20);
  const frames = await page.evaluate(() => (window as unknown as { frames: number[] }).frames);
  // 60 a second on an idle machine; a page that waits for its output draws one or two.
  expect(frames.length / 4).toBeGreaterThan(12);
  const started = Date.now();
  await page.evaluate(() => window.drydock.type("\x03"));
  await waitForScreen(page, /\^C\n.*#$/, { timeoutMs: 10_000 });
  expect(Date.now() - started).toBeLessThan(5_000);
});

test("a megabyte of paste reaches the shell", async () => {
  await openReady();
  await page.evaluate(() => {
    const data = new DataTransfer();
    data.setData("text/plain", `echo ${"x".repeat(1 << 20)}`);
    const terminal = document.querySelector("dd-app")?.shadowRoot?.querySelector("dd-terminal");
    terminal?.shadowRoot
      ?.querySelector("textarea")
      ?.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
  });
  await waitForScreen(page, /<1048581 pasted>/);
  await page.evaluate(() => window.drydock.type("\r"));
  await waitForScreen(page, /1048576 characters/);
});

test("the lists follow the engine's events, and act on it", async () => {
  await openReady();
  await runLine(page, "docker run nginx", /run nginx/);
  const row = page.getByRole("listitem").filter({ hasText: "nginx" });
  await row.getByText("8080→80/tcp").waitFor();
  await row.getByRole("button", { name: /^Stop/ }).click();
  await row.getByText("Exited (137)").waitFor();
  await row.getByRole("button", { name: /^Remove/ }).click();
  await page.getByText("No containers yet").waitFor();
  await page.getByRole("button", { name: "docker run hello-world" }).click();
  await waitForScreen(page, /# docker run hello-world/);
});

test("a missing artifact is named, and can be tried again", async () => {
  await open("missing");
  await page.getByRole("alert").getByText("A file of the machine is missing").waitFor();
  expect(await pageText(page)).toMatch(/guest\/no-such-file\.bin is missing on the server \(HTTP 404\)/);
  expect(await pageText(page)).toContain("npm start");
  await page.getByRole("button", { name: "Try again" }).waitFor();
});

test("full storage is told with what is used and a way to free space", async () => {
  await open("storage-full");
  await page.getByText("This browser's storage is full").waitFor();
  await page.getByText(/The page uses .* of the .* this browser grants it/).waitFor();
  await page.getByRole("button", { name: "Free space…" }).click();
  await page.getByRole("button", { name: "Erase everything this page has stored" }).waitFor();
  expect(await page.getByRole("button", { name: "Remove stopped containers" }).isDisabled()).toBe(true);
});

test("where nothing can be kept, everything works and a notice says what it means", async () => {
  await open("memory");
  await shellReady(page);
  await page.getByText("images are gone when the tab closes").waitFor();
  await page.getByRole("button", { name: "Dismiss" }).click();
  expect(await pageText(page)).not.toContain("images are gone");
});

test("a kernel panic while booting shows the kernel's last lines", async () => {
  await open("panic");
  await page.getByText("The machine did not come up").waitFor();
  expect(await page.getByRole("alert").locator("pre").textContent()).toContain("Kernel panic - not syncing");
  await page.getByRole("button", { name: "Boot without the snapshot" }).waitFor();
});

test.each([
  ["die", "The machine has stopped", /Kernel panic - not syncing: Fatal exception/],
  ["crash", "The machine has been lost", /out of memory/],
] as const)("after `%s` the page says what happened and restarts", async (command, title, detail) => {
  await openReady();
  await page.evaluate((line) => window.drydock.type(`${line}\r`), command);
  await page.getByText(title).waitFor();
  expect(await pageText(page)).toMatch(detail);
  await expect(page.evaluate(() => window.drydock.fetch("/version").then((answer) => answer.status))).rejects.toThrow(
    "not up",
  );
  await page.getByRole("button", { name: "Restart the machine" }).click();
  await page.getByText(title).waitFor({ state: "detached" });
  await waitForScreen(page, /toy shell[^]*#/);
  await runLine(page, "echo again", /^again$/m);
});

test("without WebAssembly the page says so", async () => {
  await open("", { init: () => Reflect.deleteProperty(globalThis, "WebAssembly") });
  await page.getByText("This browser has no WebAssembly").waitFor();
});

test("a browser that lacks something the page needs is told what", async () => {
  await open("", { init: () => Reflect.deleteProperty(Promise, "withResolvers") });
  await page.getByText("This browser cannot run Drydock").waitFor();
  expect(await pageText(page)).toContain("Promise.withResolvers");
});

test("on a phone there is one view at a time", async () => {
  await openReady({ viewport: { width: 390, height: 780 } });
  const views = page.getByRole("tablist", { name: "Views" });
  await views.getByRole("tab", { name: "Images" }).click();
  await page.getByText("busybox:latest").waitFor();
  expect(await page.locator("dd-terminal").isVisible()).toBe(false);
  await page.getByRole("button", { name: "Run busybox:latest" }).click();
  await expect.poll(() => page.locator("dd-terminal").isVisible()).toBe(true);
  const width = await page.evaluate(() => document.documentElement.scrollWidth);
  expect(width).toBeLessThanOrEqual(390);
});

test("colours follow the system until they are chosen, and the choice is kept", async () => {
  await openReady({ colorScheme: "light" });
  const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  expect(await ground()).toBe("rgb(233, 236, 232)");
  await page.getByRole("button", { name: "Colours: as the system" }).click();
  await page.getByRole("button", { name: "Colours: light" }).click();
  await page.getByRole("button", { name: "Colours: dark" }).waitFor();
  expect(await ground()).toBe("rgb(13, 20, 23)");
  await page.reload();
  expect(await ground()).toBe("rgb(13, 20, 23)");
});

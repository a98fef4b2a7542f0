import type { Browser, BrowserContextOptions, Page } from "playwright";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import {
  launchBrowser,
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

const DOCKERFILE = "FROM busybox\\nRUN make\\nCOPY . /www\\nCMD sh";

/** The page with the test engine and a file in its workspace. */
async function openPage(options: BrowserContextOptions = {}): Promise<void> {
  const context = await browser.newContext({ viewport: { width: 1300, height: 800 }, ...options });
  page = await context.newPage();
  await page.goto(`${site.url}?engine=fake`);
  await shellReady(page);
}

async function put(path: string, text: string): Promise<void> {
  await page.evaluate(
    ([name, body]) => window.drydock.fetch(`/drydock/workspace/file?path=${name}`, { method: "PUT", body: body ?? "" }),
    [path, text],
  );
}

async function openEditor(): Promise<void> {
  await put("Dockerfile", DOCKERFILE.replaceAll(String.raw`\n`, "\n"));
  await page.getByRole("button", { name: "Editor" }).click();
  await page.locator(".view-lines").waitFor();
  await expect.poll(code).toContain("RUN make");
}

const code = async (): Promise<string> => (await page.locator(".view-lines").innerText()).replaceAll("\u00a0", " ");
const stored = (path: string): Promise<string> =>
  page.evaluate(async (name) => (await window.drydock.fetch(`/drydock/workspace/file?path=${name}`)).text(), path);
const step = (line: number) => page.locator("dd-gutter").getByRole("button", { name: new RegExp(`^Line ${line}:`) });
const editorRequests = () => site.requests.filter((path) => /monaco|assets\/editor|codicon/.test(path));

test("the page without the editor loads nothing of Monaco; the editor is one click away", async () => {
  site.requests.length = 0;
  await openPage();
  await page.getByRole("button", { name: "Layers" }).first().click();
  await page.getByText("An image is a stack of layers").waitFor();
  expect(editorRequests()).toEqual([]);
  await openEditor();
  expect(editorRequests().some((path) => path.includes("monaco"))).toBe(true);
});

test("an empty workspace offers a first Dockerfile, with what it serves", async () => {
  await openPage();
  await page.getByRole("button", { name: "Editor" }).click();
  await page.getByRole("button", { name: "Write a first Dockerfile" }).click();
  await expect.poll(code).toContain("FROM busybox");
  await page.getByRole("treeitem", { name: "index.html" }).click();
  await expect.poll(code).toContain("Hello from a container");
});

test("what is typed is in the machine a moment later, and what the machine writes is in the editor", async () => {
  await openPage();
  await openEditor();
  await page.locator(".view-line").first().click();
  await page.keyboard.press("Control+Home");
  await page.keyboard.type("# typed");
  await page.keyboard.press("Enter");
  await expect.poll(() => stored("Dockerfile")).toMatch(/^# typed\nFROM busybox/);
  await page.locator("dd-terminal").click();
  await runLine(page, "cd ~/workspace", /workspace#/);
  await runLine(page, "echo LABEL from=guest >> Dockerfile", /workspace#/);
  await expect.poll(code).toContain("LABEL from=guest");
});

test("when both have changed a file, the person chooses, and both texts are kept if wanted", async () => {
  await openPage();
  await openEditor();
  await page.evaluate(() => {
    // The other side writes right behind a keystroke, before it is saved.
    document.addEventListener(
      "keydown",
      () =>
        setTimeout(() => {
          void window.drydock.fetch("/drydock/workspace/file?path=Dockerfile", {
            method: "PUT",
            body: "FROM theirs\n",
          });
        }, 50),
      { once: true },
    );
  });
  await page.locator(".view-line").first().click();
  await page.keyboard.type("x");
  await page.getByRole("alert").filter({ hasText: "was changed in the machine" }).waitFor();
  expect(await stored("Dockerfile")).toBe("FROM theirs\n");
  await page.getByRole("button", { name: "Keep both" }).click();
  await page.getByRole("treeitem", { name: "Dockerfile.theirs" }).waitFor();
  expect(await stored("Dockerfile.theirs")).toBe("FROM theirs\n");
  expect(await stored("Dockerfile")).toContain("RUN make");
});

test("Build types the command, and the gutter shows what each line did", async () => {
  await openPage();
  await openEditor();
  await page.getByRole("button", { name: "Build", exact: true }).click();
  await waitForScreen(page, /# cd ~\/workspace && docker build -t mybuild:0\.0 \.$/m);
  await page.getByText(/^Built in/).waitFor();
  expect(await step(2).getAttribute("aria-label")).toMatch(/^Line 2: RUN make, done 0\.\d+ s, layer of 12 kB$/);
  await page.locator(".view-line").nth(1).click();
  await page.keyboard.press("End");
  await page.keyboard.type(" all");
  await expect.poll(() => step(1).getAttribute("aria-label")).not.toContain("changed since");
  for (const line of [2, 3, 4]) expect(await step(line).getAttribute("aria-label")).toContain("changed since");
  await page.keyboard.press("Control+Enter");
  await expect.poll(() => step(1).getAttribute("aria-label")).toContain("cached");
  await page.getByText(/^Built in .*, 1 cached/).waitFor();
  expect(await screen(page)).toMatch(/workspace# docker build -t mybuild:0\.0 \.$/m);
});

test("with another file of the context in front the build is told as well, with its steps and their shells", async () => {
  await openPage();
  await openEditor();
  await put("index.html", "<h1>Hello</h1>\n");
  await page.getByRole("treeitem", { name: "index.html" }).click();
  await expect.poll(code).toContain("<h1>Hello</h1>");
  await page.getByRole("button", { name: "Build", exact: true }).click();
  await page.getByRole("button", { name: /^Built in/ }).click();
  await page.getByRole("button", { name: /^Line 3: COPY \. \/www, done/ }).click();
  await page.getByRole("button", { name: "Shell here" }).click();
  await waitForScreen(page, /docker run --rm -it 5e1100000000 sh/);
});

test("clicks in a row start one build, in one new terminal when the one in front is busy", async () => {
  await openPage();
  await openEditor();
  await page.evaluate(() => window.drydock.type("echo not yet"));
  await waitForScreen(page, /echo not yet$/);
  const build = page.getByRole("button", { name: "Build", exact: true });
  await build.evaluate((button: HTMLElement) => {
    for (let count = 0; count < 5; count++) button.click();
  });
  await page.getByText(/^Built in/).waitFor();
  expect((await screen(page)).match(/docker build -t/g)).toHaveLength(1);
  expect(await page.getByRole("tablist", { name: "Terminals" }).getByRole("tab").count()).toBe(2);
});

test("a build that was typed by hand is shown as well", async () => {
  await openPage();
  await openEditor();
  await page.evaluate(() => window.drydock.type("cd ~/workspace && docker build -t mine .\r"));
  await page.getByText(/^Built in/).waitFor();
  expect(await step(3).getAttribute("aria-label")).toContain("COPY . /www, done");
});

test("Stop ends the build, and a failure is told with its line", async () => {
  await openPage();
  await openEditor();
  await put("Dockerfile", "FROM busybox\nRUN sleep 60\n");
  await expect.poll(code).toContain("sleep 60");
  await page.getByRole("button", { name: "Build", exact: true }).click();
  await page.getByRole("button", { name: "Stop", exact: true }).click();
  await page.getByText(/^Stopped after/).waitFor();
  await put("Dockerfile", "FROM busybox\nRUN false\n");
  await expect.poll(code).toContain("RUN false");
  await page.getByRole("button", { name: "Build", exact: true }).click();
  await page.getByText(/^Failed after .*did not complete successfully: exit code: 1/).waitFor();
  expect(await step(2).getAttribute("aria-label")).toContain("failed");
});

test("Run types the command for the image, once there is one", async () => {
  await openPage();
  await openEditor();
  const run = page.getByRole("button", { name: "Run", exact: true });
  expect(await run.isDisabled()).toBe(true);
  await page.getByRole("textbox", { name: "Name of the image" }).fill("my/site:1.2");
  await page.keyboard.press("Enter");
  await page.getByText(/^Built in/).waitFor();
  await run.click();
  await waitForScreen(page, /docker run --rm -it -P my\/site:1\.2/);
});

test("a step opens its layer, and a shell in the state after it", async () => {
  await openPage();
  await openEditor();
  await page.getByRole("button", { name: "Build", exact: true }).click();
  await page.getByText(/^Built in/).waitFor();
  await step(3).click();
  await page.getByRole("treeitem", { name: "index.html" }).waitFor();
  await page.getByRole("checkbox", { name: "Everything up to here" }).check();
  await page.getByRole("treeitem", { name: "busybox" }).first().waitFor();
  await page.getByRole("button", { name: "Shell here" }).click();
  await waitForScreen(page, /docker run --rm -it 5e1100000000 sh/);
  expect(await page.getByRole("tablist", { name: "Terminals" }).getByRole("tab").count()).toBe(2);
});

test("an image of the list opens in the layer explorer", async () => {
  await openPage();
  await page.getByRole("button", { name: "Layers of busybox:latest" }).click();
  await page.getByRole("button", { name: /RUN make/ }).waitFor();
  await page.getByText("4.54 MB, 99.9 % efficient, 3 kB wasted").waitFor();
  await page.getByRole("button", { name: /ADD rootfs\.tar/ }).click();
  await page.getByRole("treeitem", { name: "passwd" }).waitFor();
});

test("errors are marked within a tenth of a second after a keystroke, and counted", async () => {
  await openPage();
  await openEditor();
  await page.locator(".view-line").nth(3).click();
  await page.keyboard.press("End");
  await page.keyboard.press("Enter");
  await page.keyboard.type("RUNN x");
  await page.getByText("1 error").waitFor();
  await page.locator(".squiggly-error").waitFor();
  const durations = await page.evaluate(() =>
    performance.getEntriesByName("drydock:diagnostics").map((entry) => entry.duration),
  );
  // The quickest of them: the others tell how busy this machine is; `npm run bench` has the median.
  expect(Math.min(...durations)).toBeLessThan(100);
});

test("suggestions and hovers of the Dockerfile language appear where they belong", async () => {
  await openPage();
  await openEditor();
  await page.locator(".view-line").nth(3).click();
  await page.keyboard.press("End");
  await page.keyboard.press("Enter");
  await page.keyboard.type("HEAL", { delay: 20 });
  await page.locator(".suggest-widget").getByText("HEALTHCHECK NONE").click();
  await expect.poll(code).toContain("HEALTHCHECK NONE");
  await page
    .locator(".view-line")
    .nth(2)
    .hover({ position: { x: 15, y: 8 } });
  await page
    .locator(".monaco-hover")
    .getByText(/Copy files or folders from/)
    .first()
    .waitFor();
});

test("Tab and F6 lead out of the editor", async () => {
  await openPage();
  await openEditor();
  await page.locator(".view-line").first().click();
  await page.keyboard.press("F6");
  const focused = () =>
    page.evaluate(() => {
      let element = document.activeElement;
      while (element?.shadowRoot?.activeElement) element = element.shadowRoot.activeElement;
      return element?.getAttribute("aria-label") ?? element?.tagName;
    });
  expect(await focused()).toBe("Files");
  await page.locator(".view-line").first().click();
  const before = await code();
  await page.keyboard.press("Control+m");
  await page.keyboard.press("Tab");
  expect(await focused()).not.toMatch(/^Dockerfile\. Control M/);
  expect(await code()).toBe(before);
});

test("a file that is no text is refused politely", async () => {
  await openPage();
  await openEditor();
  await put("logo.png", "\u0000PNG");
  await page.getByRole("treeitem", { name: "logo.png" }).click();
  await page.getByText("logo.png is no text").waitFor();
  expect(await code()).toContain("FROM busybox");
});

test("after a reload the editor is where it was, and the width of its column too", async () => {
  await openPage();
  await openEditor();
  await page.getByRole("separator", { name: "Width of the workbench" }).focus();
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("ArrowRight");
  await page.reload();
  await shellReady(page);
  await page.getByRole("button", { name: "Editor", pressed: true }).waitFor();
  const width = await page.getByRole("separator", { name: "Width of the workbench" }).getAttribute("aria-valuenow");
  expect(width).toBe("54");
});

test("on a phone the editor is a view of its own, with steps as a list", async () => {
  await openPage({ viewport: { width: 390, height: 780 }, hasTouch: true });
  await put("Dockerfile", "FROM busybox\nRUN make\n");
  await page.getByRole("tablist", { name: "Views" }).getByRole("tab", { name: "Editor" }).click();
  await expect.poll(code).toContain("RUN make");
  await page.getByRole("button", { name: "Build", exact: true }).click();
  await page.getByRole("button", { name: /^Built in/ }).click();
  await page
    .getByRole("list", { name: "Steps of the last build" })
    .getByRole("button", { name: /Line 2: RUN make, done/ })
    .last()
    .click();
  await page.getByRole("treeitem", { name: "index.html" }).waitFor();
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
});

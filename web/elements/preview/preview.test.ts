import type { Page } from "playwright";
import { expect, test } from "vitest";
import { useElementPage } from "../../testing/element-page.ts";
import { HOST_PATH } from "../../preview/protocol.ts";

const at = useElementPage();

const WEB = { state: "running", name: "web", published: [{ port: 8080, containerPort: 80 }] };
const API = { state: "running", name: "api", published: [{ port: 9090, containerPort: 90 }] };

/** A pane with these containers, on a host of which previews can be a part. */
async function pane(containers: readonly unknown[], host = "drydock.localhost"): Promise<Page> {
  const { page } = at;
  page.setDefaultTimeout(10_000);
  await page.goto(page.url().replace("127.0.0.1", host));
  await page.waitForSelector("body[data-ready]");
  await page.evaluate((rows) => {
    const element = document.createElement("dd-preview");
    const typed: string[] = [];
    Object.assign(window, { typed });
    const host = {
      client: window.fakePreviewClient,
      containers: rows,
      type: (text: string) => typed.push(text),
      showTerminal: () => undefined,
    };
    element.host = host as unknown as typeof element.host;
    element.style.cssText = "position: fixed; inset: 0";
    document.body.append(element);
  }, containers);
  return page;
}

const inner = (page: Page) => page.frameLocator("dd-preview iframe:not(.away)").frameLocator("iframe");

test("with nothing published the pane teaches the command, and types it", async () => {
  const page = await pane([]);
  await page.getByRole("button", { name: "docker run -d -p 8080:80 nginx" }).click();
  expect(await page.evaluate(() => (window as unknown as { typed: string[] }).typed)).toEqual([
    "docker run -d -p 8080:80 nginx\r",
  ]);
});

test("published ports are offered; a page opens with its status, and the address bar follows its links", async () => {
  const page = await pane([WEB, API]);
  expect(await page.getByRole("button", { name: /^Open port/ }).allInnerTexts()).toEqual([
    "Open port 8080 of web",
    "Open port 9090 of api",
  ]);
  await page.getByRole("button", { name: "Open port 8080 of web" }).click();
  await inner(page).getByRole("heading", { name: "GET /", exact: true }).waitFor();
  await page.getByTitle("HTTP status 200").waitFor();
  await inner(page).getByRole("link", { name: "two" }).click();
  await expect.poll(() => page.getByLabel("Path", { exact: true }).inputValue()).toBe("/two");
  await page.getByRole("button", { name: "Back", exact: true }).click();
  await inner(page).getByRole("heading", { name: "GET /", exact: true }).waitFor();
});

test("in a narrow pane the address and every button are within reach, and the page is as wide as the pane", async () => {
  const page = await pane([WEB, API]);
  await page.setViewportSize({ width: 390, height: 700 });
  await page.getByRole("button", { name: "Open port 8080 of web" }).click();
  await page.getByTitle("HTTP status 200").waitFor();
  for (const name of ["Back", "Forward", "Reload", "Copy link", "Open in a new tab"]) {
    const box = await page.getByRole("button", { name, exact: true }).boundingBox();
    expect((box?.x ?? 0) + (box?.width ?? 0), name).toBeLessThanOrEqual(390);
  }
  expect((await page.getByLabel("Path", { exact: true }).boundingBox())?.width).toBeGreaterThan(120);
  expect((await page.locator("dd-preview iframe").boundingBox())?.width).toBe(390);
});

test("a whole address can be typed, another port keeps its place meanwhile, and no answer is a status too", async () => {
  const page = await pane([WEB, API]);
  await page.evaluate(() => document.querySelector("dd-preview")?.open("8080/missing"));
  await page.getByTitle("HTTP status 404").waitFor();
  const path = page.getByLabel("Path", { exact: true });
  await path.fill("localhost:9090/x");
  await path.press("Enter");
  await inner(page).getByRole("heading", { name: "Connection refused" }).waitFor();
  await page.getByTitle("The container gave no answer").waitFor();
  await page.getByLabel("Published port").selectOption("8080");
  expect(await path.inputValue()).toBe("/missing");
  await path.fill("https://example.com/");
  await path.press("Enter");
  await page.waitForTimeout(200);
  expect(page.frames().some((frame) => frame.url().includes("example.com"))).toBe(false);
});

test("where frames of other sites get no service worker, the pane says so and a tab of its own works", async () => {
  const page = await pane([WEB], "127.0.0.1");
  await page.evaluate(() => document.querySelector("dd-preview")?.open("8080"));
  const button = page.getByRole("alert").locator("..").getByRole("button", { name: "Open in a new tab" });
  await button.waitFor();
  const opening = page.context().waitForEvent("page");
  await button.click();
  const tab = await opening;
  await tab.frameLocator("iframe").getByRole("heading", { name: "GET /", exact: true }).waitFor();
  // The container's page cannot find the app by way of its tab.
  expect(await tab.evaluate(() => window.opener)).toBeNull();
  await tab.close();
});

test("without a second origin the answer is shown as text and as a page that can do nothing", async () => {
  const page = await pane([WEB]);
  await page.evaluate(() => {
    const element = document.querySelector("dd-preview");
    if (!element) return;
    // Where it would be the app's own, there is none.
    element.template = location.origin;
    element.open("8080/two");
  });
  await page.getByText("200", { exact: false }).first().waitFor();
  const frame = page.locator("dd-response-view iframe");
  expect(await frame.getAttribute("sandbox")).toBe("");
  await page.frameLocator("dd-response-view iframe").getByRole("heading", { name: "GET /two" }).waitFor();
  await page.getByRole("button", { name: "Source" }).click();
  await page.getByText("<h1>GET /two</h1>", { exact: false }).waitFor();
  expect(page.frames().some((each) => each.url().includes(HOST_PATH))).toBe(false);
});

test("the sandbox of the frame leaves the page around it alone", async () => {
  const page = await pane([WEB]);
  await page.evaluate(() => document.querySelector("dd-preview")?.open("8080"));
  const sandbox = await page.locator("dd-preview iframe").getAttribute("sandbox");
  expect(sandbox?.split(" ").toSorted()).toEqual([
    "allow-downloads",
    "allow-forms",
    "allow-same-origin",
    "allow-scripts",
  ]);
});

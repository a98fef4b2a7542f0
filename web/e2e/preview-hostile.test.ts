/** A container's page that tries what it must not be able to do: docs/decisions/0014-preview-origin.md, claim by claim. */
import type { Browser, Frame, Page } from "playwright";
import { afterAll, beforeAll, expect, test } from "vitest";
import { launchBrowser, previewableUrl, screenshot, serveSite, shellReady, type Site } from "../testing/browser.ts";
import { openPort, pageAt } from "./preview-page.ts";
import { command } from "./session.ts";

let browser: Browser;
let site: Site;
let page: Page;
let evil: Frame;
let app: string;

beforeAll(async () => {
  [browser, site] = await Promise.all([launchBrowser(), serveSite("built")]);
  page = await (await browser.newContext()).newPage();
  page.setDefaultTimeout(10_000);
  app = previewableUrl(site);
  await page.goto(app);
  await shellReady(page, 120_000);
  const pages =
    "mkdir -p /tmp/evil /tmp/other; echo '<!doctype html><title>evil</title>' > /tmp/evil/index.html; echo 'self.evil = 1' > /tmp/evil/worker.js; echo '<!doctype html>other' > /tmp/other/index.html";
  await command(page, pages);
  for (const [name, port] of [
    ["evil", 8080],
    ["other", 8081],
  ] as const)
    await command(
      page,
      `docker run -d --name ${name} -p ${port}:80 -v /tmp/${name}:/www busybox httpd -f -p 80 -h /www`,
    );
  await openPort(page, 8081);
  const other = await pageAt(page, "/");
  await other.evaluate(() => localStorage.setItem("secret", "of 8081"));
  await openPort(page, 8080);
  evil = await pageAt(page, "/");
});
afterAll(async () => {
  await screenshot(page, "e2e-preview-hostile").catch(() => undefined);
  await browser?.close();
  await site?.[Symbol.asyncDispose]();
});

test("it sees nothing of the app's document, functions and storage", async () => {
  await page.evaluate(() => localStorage.setItem("drydock.test", "private"));
  const seen = await evil.evaluate(async () => {
    const attempt = (what: () => unknown): string => {
      try {
        return String(what());
      } catch (error) {
        return (error as Error).name;
      }
    };
    const app = window.top as unknown as {
      document: Document;
      drydock: unknown;
      localStorage: Storage;
      indexedDB: unknown;
    };
    return {
      top: [
        attempt(() => app.document),
        attempt(() => app.drydock),
        attempt(() => app.localStorage),
        attempt(() => app.indexedDB),
      ],
      origin: location.origin.includes("-preview."),
      stored: localStorage.getItem("drydock.test"),
      databases: (await indexedDB.databases()).map(({ name }) => name),
      caches: (await caches.keys()).filter((name) => name !== "__drydock"),
    };
  });
  expect(seen).toEqual({
    top: ["SecurityError", "SecurityError", "SecurityError", "SecurityError"],
    origin: true,
    stored: null,
    databases: [],
    caches: [],
  });
  expect((await page.evaluate(() => indexedDB.databases())).length).toBeGreaterThan(0);
});

test("it cannot read another port's answers or storage, nor the Docker API", async () => {
  const { port } = new URL(app);
  const results = await evil.evaluate(
    async ({ app, port }) => {
      const read = (url: string, init: RequestInit = {}): Promise<string> =>
        fetch(url, init).then(
          async (answer) => `${answer.status} ${(await answer.text()).slice(0, 20)}`,
          (error: Error) => error.name,
        );
      return {
        // The app's files are public; what is asked with the visitor's credentials is not.
        app: await read(app, { credentials: "include" }),
        other: await read("http://localhost:8081/"),
        otherPreview: await read(`http://8081-1-preview.drydock.localhost:${port}/`),
        dockerByHost: await read("/containers/json"),
        stored: localStorage.getItem("secret"),
      };
    },
    { app, port },
  );
  expect(results).toEqual({
    app: "TypeError",
    other: "TypeError",
    otherPreview: "TypeError",
    // The container's own httpd says so.
    dockerByHost: expect.stringContaining("404"),
    stored: null,
  });
});

test("it cannot lead the app away, open windows, show dialogs, or use the camera", async () => {
  const results = await evil.evaluate(async () => {
    const name = (what: () => unknown): string => {
      try {
        what();
        return "done";
      } catch (error) {
        return (error as Error).name;
      }
    };
    const popup = document.createElement("iframe");
    document.body.append(popup);
    const open = popup.contentWindow!.open.bind(window);
    return {
      assign: name(() => (window.top!.location.href = "about:blank")),
      popup: open("https://example.com/", "_blank") === null,
      confirm: window.confirm("?"),
      features: ["camera", "microphone", "geolocation", "display-capture", "usb", "clipboard-read", "midi"].filter(
        (feature) =>
          (
            document as unknown as { featurePolicy: { allowsFeature(name: string): boolean } }
          ).featurePolicy.allowsFeature(feature),
      ),
      position: await new Promise((resolve) =>
        navigator.geolocation.getCurrentPosition(
          () => resolve("allowed"),
          ({ code }) => resolve(code),
        ),
      ),
    };
  });
  expect(results).toEqual({ assign: "SecurityError", popup: true, confirm: false, features: [], position: 1 });
  await page.waitForTimeout(300);
  expect(page.url()).toBe(app);
  expect(page.context().pages()).toHaveLength(1);
});

test("it cannot put a service worker of its own in our place", async () => {
  const results = await evil.evaluate(async () => {
    const register = (url: string): Promise<string> =>
      navigator.serviceWorker.register(url).then(
        () => "registered",
        (error: Error) => error.name,
      );
    const blob = URL.createObjectURL(new Blob(["self.evil = 1"], { type: "text/javascript" }));
    // The container serves /worker.js; a script of a service worker comes from the network, past our worker.
    const served = (await fetch("/worker.js")).ok;
    return [served, await register("/worker.js"), await register("/sub/worker.js"), await register(blob)];
  });
  expect(results).toEqual([true, "TypeError", "TypeError", "TypeError"]);
});

test("a raw link, taken from the app in the host page's name, leads to its own port and nowhere else", async () => {
  const answers = await evil.evaluate(async () => {
    // The page takes its parent's place: same origin, so it may. Then it greets the app as a host page would.
    const host = window.parent;
    const taken = new Promise<MessagePort>((resolve) =>
      host.addEventListener("message", (event) => {
        const [channel] = event.ports;
        if (channel) resolve(channel);
      }),
    );
    host.setTimeout("parent.postMessage('drydock-preview-hello', '*')", 0);
    const channel = await taken;
    const given = new Promise<MessagePort>((resolve) =>
      channel.addEventListener(
        "message",
        ({ data }: MessageEvent<{ link?: MessagePort }>) => data.link && resolve(data.link),
      ),
    );
    channel.start();
    for (const junk of [null, 7, { type: "openLink" }, { type: "open", target: "/" }, { type: "answered", target: 9 }])
      channel.postMessage(junk);
    channel.postMessage({ type: "link-wanted", port: 8081 });
    const link = await given;
    const results: unknown[] = [];
    link.addEventListener("message", ({ data }: MessageEvent<{ type: string }>) => {
      if (data.type === "response" || data.type === "failure") results.push(data);
    });
    link.start();
    const ask = (id: unknown, target: string, headers: unknown = []): void =>
      link.postMessage({ type: "request", id, method: "GET", target, documentTarget: "/", headers });
    for (const junk of [null, "x", { type: "call", name: "fetch" }, { type: "request" }, { type: "socket", port: 3 }])
      link.postMessage(junk);
    link.postMessage({ type: "chunk", stream: 1, bytes: "no bytes" });
    ask(1, "http://localhost:8081/");
    ask(2, "/ HTTP/1.1\r\nHost: x\r\n\r\nGET /secret");
    ask(3, "/", [
      ["host", "localhost:8081"],
      ["x-a", "1\r\nx-b: 2"],
    ]);
    ask(4, "/", [["host", "localhost:8081"]]);
    ask("not a number", "/");
    while (results.length < 4) await new Promise((resolve) => setTimeout(resolve, 20));
    return (results as { id: number; type: string; reason?: string; status?: number }[])
      .map(({ id, type, reason, status }) => [id, type, reason ?? status])
      .toSorted(([a], [b]) => Number(a) - Number(b));
  });
  expect(answers).toEqual([
    [1, "failure", "bad-request"],
    [2, "failure", "bad-request"],
    [3, "failure", "bad-request"],
    [4, "response", 200],
  ]);
  // The engine is as well as before, and the preview comes back.
  expect(await page.evaluate(async () => (await window.drydock.fetch("/_ping")).status)).toBe(200);
  await page.getByRole("button", { name: "Reload", exact: true }).click();
});

test("cookies it sets for the whole site do not reach another port's server, nor keep the app from loading", async () => {
  await openPort(page, 8080, "/?cookies");
  evil = await pageAt(page, "/?cookies");
  await evil.evaluate(() => {
    const clean = document.createElement("iframe");
    document.body.append(clean);
    const native = Object.getOwnPropertyDescriptor(
      (clean.contentWindow as unknown as typeof globalThis).Document.prototype,
      "cookie",
    );
    for (let number = 0; number < 100; number++)
      native?.set?.call(document, `bomb${number}=${"x".repeat(3000)}; domain=drydock.localhost; path=/`);
  });
  // Six of them are more than Node's server takes unless it is told.
  await expect.poll(async () => (await page.context().cookies(app)).length).toBeGreaterThan(20);
  await openPort(page, 8081, "/?clean");
  const other = await pageAt(page, "/?clean");
  expect(await other.evaluate(() => document.cookie)).toBe("");
  const cookie = (await page.context().cookies(app)).map(({ name, value }) => `${name}=${value}`).join("; ");
  expect((await fetch(site.url, { headers: { cookie } })).status).toBe(200);
});

test("when it takes the frame over for good the pane says so, and reload brings the preview back", async () => {
  await openPort(page, 8080, "/?over");
  evil = await pageAt(page, "/?over");
  // It may not lead its parent away, but it may have the parent do that.
  await evil.evaluate(() => void window.parent.setTimeout("location.href = '/index.html?alone'", 0));
  await page.getByText("The page has taken the preview's frame over").waitFor({ timeout: 20_000 });
  await page.getByRole("button", { name: "Reload the preview" }).click();
  await pageAt(page, "/?over");
});

test("when it removes the service worker it cuts off itself alone", async () => {
  evil = await pageAt(page, "/?over");
  await evil.evaluate(async () => {
    for (const each of await navigator.serviceWorker.getRegistrations()) await each.unregister();
    setTimeout(() => (location.href = "/index.html?gone"), 0);
  });
  await evil.getByText("This preview is not connected").waitFor();
  await openPort(page, 8081, "/index.html?fine");
  expect(await (await pageAt(page, "/index.html?fine")).evaluate(() => document.body.innerText)).toContain("other");
});

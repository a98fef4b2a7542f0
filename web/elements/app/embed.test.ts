import type { Browser, BrowserContextOptions, Frame, Page } from "playwright";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { encodeFragment } from "../../embed/document-codec.ts";
import type { DrydockPlayground } from "../../embed/embed.ts";
import { post, serveBlog, type Blog } from "../../testing/blog.ts";
import { launchBrowser, serveSite, type Site } from "../../testing/browser.ts";

const DOCUMENT = {
  version: 1,
  title: "A page in a container",
  files: { "index.html": "<h1>Hello</h1>", "bin/run.sh": { text: "#!/bin/sh\n", executable: true } },
  dockerfile: "FROM busybox\nCOPY index.html /www/\n",
  command: ["echo first", "echo second"],
  layout: "terminal",
};

let browser: Browser;
let site: Site;
let page: Page;
const blogs: Blog[] = [];

beforeAll(async () => {
  [browser, site] = await Promise.all([launchBrowser(), serveSite("test")]);
});
afterAll(async () => {
  await browser?.close();
  await site?.[Symbol.asyncDispose]();
});
afterEach(async () => {
  await page?.context().close();
  for (const blog of blogs.splice(0)) await blog[Symbol.asyncDispose]();
});

/** Opens a page of another site. */
async function open(
  body: string,
  options: BrowserContextOptions = {},
  pages: Record<string, string> = {},
): Promise<void> {
  const blog = await serveBlog({ "/": post(body), ...pages });
  blogs.push(blog);
  const context = await browser.newContext({ viewport: { width: 900, height: 700 }, ...options });
  page = await context.newPage();
  await page.goto(blog.url);
}

const script = (type = "module") => `<script ${type && `type="${type}"`} src="${site.url}embed.js"></script>`;
const element = (inside = "", attributes = "") =>
  `${script()}<drydock-playground query="engine=fake" ${attributes}>${inside}</drydock-playground>`;
const inline = (document: object) => `<script type="application/json">${JSON.stringify(document)}</script>`;
const frameElement = (query: string, fragment = "") =>
  `<iframe src="${site.url}embed.html?engine=fake&${query}#${fragment}" width="800" height="500" allow="fullscreen"></iframe>`;

const startButton = () => page.getByRole("button", { name: /^Start/ });
const playground = <T>(use: (element: DrydockPlayground) => Promise<T> | T): Promise<T> =>
  page.locator("drydock-playground").evaluate(use as (element: Element) => Promise<T> | T);
const embedded = (): Frame => {
  const frame = page.frames().find((each) => each.url().includes("/embed.html"));
  if (!frame) throw new Error("no playground is open");
  return frame;
};
const screen = () => embedded().evaluate(() => ("drydock" in window ? window.drydock.screen() : ""));

test("the element shows a poster with what it will do, and loads nothing of the playground before the click", async () => {
  const before = site.requests.length;
  await open(element(inline(DOCUMENT)));
  await page.getByRole("region", { name: "A page in a container" }).waitFor();
  expect(await page.getByRole("region").innerText()).toMatch(/Types into .*Enter is yours:\s+echo first\s+echo second/);
  expect(site.requests.slice(before)).toEqual(["/embed.js"]);
  expect(page.frames()).toHaveLength(1);
  // The post's own style sheet hides every button and section.
  expect(await startButton().isVisible()).toBe(true);
});

test("after the click its files are there, the first command waits for Enter, and the others are offered", async () => {
  await open(element(inline(DOCUMENT)));
  await startButton().click();
  await playground((each) => each.ready);
  await expect.poll(screen).toMatch(/# echo first$/);
  const files = await playground((each) => each.files.list());
  expect(files.filter(({ type }) => type === "file")).toMatchObject([
    { path: "Dockerfile", sizeBytes: 35 },
    { path: "bin/run.sh", sizeBytes: 10 },
    { path: "index.html", sizeBytes: 14 },
  ]);
  const frame = page.frameLocator("drydock-playground >> iframe");
  await frame.getByRole("button", { name: "echo second" }).click();
  await expect.poll(screen).toMatch(/# echo firstecho second$/);
  expect(await page.locator("drydock-playground").getAttribute("state")).toBe("ready");
});

test("commands run when the embedding page itself asks for it, all of them", async () => {
  await open(element(inline(DOCUMENT), "run"));
  expect(await page.getByRole("region").innerText()).toContain("Runs in the playground’s terminal");
  await startButton().click();
  await expect.poll(screen).toMatch(/^first\nsecond$/m);
});

test("attributes alone are a playground, in the reader's colours and language", async () => {
  await open(element("", 'image="busybox" title="바쁜 상자" theme="dark" lang="ko"'));
  await page.getByRole("button", { name: "시작: 바쁜 상자" }).click();
  await playground((each) => each.ready);
  await expect.poll(screen).toMatch(/# docker run -it --rm busybox$/);
  expect(await embedded().evaluate(() => document.documentElement.dataset["theme"])).toBe("dark");
});

test("a document by address is fetched at the click, from the post's own site, and run only when the post says so", async () => {
  const pages = { "/doc.json": JSON.stringify({ ...DOCUMENT, run: true }) };
  await open(element("", 'src="doc.json"'), {}, pages);
  const [blog] = blogs;
  expect(await page.getByRole("region").innerText()).toContain("/doc.json");
  expect(blog?.requests).not.toContain("/doc.json");
  await startButton().click();
  await expect.poll(screen).toMatch(/# echo first$/);
});

test("a classic script does as well, where a host allows no modules from elsewhere", async () => {
  await open(`<drydock-playground query="engine=fake" command="echo hi"></drydock-playground>${script("")}`);
  await startButton().click();
  await expect.poll(screen).toMatch(/# echo hi$/);
});

test("pages run commands and get what they print and their exit code", async () => {
  await open(element());
  await startButton().click();
  const run = (line: string) =>
    page.locator("drydock-playground").evaluate((each: DrydockPlayground, command) => each.run(command), line);
  expect(await run("echo hello; exit 3")).toEqual({ exitCode: 3, output: "hello\n", isCut: false });
  const aborted = await playground(async (each) => {
    const signal = AbortSignal.timeout(200);
    return each.run("sleep 60", { signal }).catch((error: unknown) => (error as Error).name);
  });
  expect(aborted).toBe("TimeoutError");
});

test("pages read and write files below the playground's directory, and nowhere else", async () => {
  await open(element(inline(DOCUMENT)));
  await startButton().click();
  const answers = await playground(async (each) => {
    const refused = async (work: Promise<unknown>) =>
      work.then(() => "done").catch((error: unknown) => (error as Error).message);
    await each.files.write("src/a.txt", "one");
    await each.files.write("b.bin", new Uint8Array([1, 2, 255]));
    return {
      text: new TextDecoder().decode(await each.files.read("src/a.txt")),
      bytes: [...(await each.files.read("b.bin"))],
      missing: await refused(each.files.read("nope")),
      up: await refused(each.files.write("../../etc/passwd", "x")),
      absolute: await refused(each.files.read("/etc/passwd")),
    };
  });
  expect(answers).toEqual({
    text: "one",
    bytes: [1, 2, 255],
    missing: "no such file: nope",
    up: 'not a path of this playground: "../../etc/passwd"',
    absolute: 'not a path of this playground: "/etc/passwd"',
  });
});

test("pages hear the terminal, type into it, and are told when it is ready", async () => {
  await open(element());
  await startButton().click();
  const heard = await playground(async (each) => {
    let text = "";
    const stop = each.onOutput((piece) => (text += piece));
    await each.ready;
    await each.type("echo heard\r");
    while (!text.includes("\nheard")) await new Promise((resolve) => setTimeout(resolve, 20));
    stop();
    await each.type("echo unheard\r");
    await new Promise((resolve) => setTimeout(resolve, 300));
    return text;
  });
  expect(heard).toContain("\r\nheard\r\n");
  expect(heard).not.toContain("\nunheard");
});

test("a reset brings a fresh machine and the document's files back", async () => {
  await open(element(inline(DOCUMENT)));
  await startButton().click();
  const files = await playground(async (each) => {
    await each.ready;
    await each.files.write("index.html", "changed");
    await each.files.write("new.txt", "x");
    await each.reset();
    return (await each.files.list())
      .filter(({ type }) => type === "file")
      .map(({ path, sizeBytes }) => [path, sizeBytes]);
  });
  expect(files).toEqual([
    ["Dockerfile", 35],
    ["bin/run.sh", 10],
    ["index.html", 14],
  ]);
  await expect.poll(screen).toMatch(/# echo first$/);
});

test("a stopped playground is a poster again, and what waited for it is told", async () => {
  await open(element(inline(DOCUMENT)));
  await startButton().click();
  await playground((each) => each.ready);
  const told = await playground(async (each) => {
    const waiting = each.run("sleep 60").catch((error: unknown) => (error as Error).message);
    await new Promise((resolve) => setTimeout(resolve, 100));
    each.stop();
    return waiting;
  });
  expect(told).toBe("the playground was closed");
  await expect.poll(() => page.frames().length).toBe(1);
  await startButton().click();
  await playground((each) => each.ready);
});

test("a document that is refused says which field, in the frame and to the page", async () => {
  await open(element(inline({ version: 1, files: { "../../etc/cron": "x" } })));
  await page.evaluate(() =>
    document.querySelector("drydock-playground")?.addEventListener("error", (event) => {
      document.title = (event as CustomEvent<{ message: string }>).detail.message;
    }),
  );
  await startButton().click();
  await expect.poll(() => page.title()).toBe('files["../../etc/cron"] must not contain ".."');
  await page.frameLocator("drydock-playground >> iframe").getByText('must not contain ".."').waitFor();
});

test("JSON that is none is said on the poster", async () => {
  await open(element('<script type="application/json">{"version": </script>'));
  await page.getByText(/The playground did not open: .*JSON/).waitFor();
});

test("a plain iframe shows a poster of its own, and opens after a click in it", async () => {
  const before = site.requests.length;
  await open(frameElement("command=echo+hi&title=Plain&theme=light"));
  const frame = page.frameLocator("iframe");
  await frame.getByRole("button", { name: "Start: Plain" }).waitFor();
  const loaded = site.requests.slice(before);
  expect(loaded.filter((path) => /engine-worker|app-|workbench|wasm|guest/.test(path))).toEqual([]);
  await frame.getByRole("button", { name: "Start: Plain" }).click();
  await expect.poll(screen).toMatch(/# echo hi$/);
});

test("a fragment's document is typed, whatever it says of running; the address around it may ask for more", async () => {
  const fragment = await encodeFragment({ ...DOCUMENT, run: true });
  await open(frameElement("", fragment));
  await page
    .frameLocator("iframe")
    .getByRole("button", { name: /^Start/ })
    .click();
  await expect.poll(screen).toMatch(/# echo first$/);
  await page.context().close();
  await open(frameElement("run", fragment));
  await page
    .frameLocator("iframe")
    .getByRole("button", { name: /^Start/ })
    .click();
  await expect.poll(screen).toMatch(/^first\nsecond$/m);
});

test("a plain iframe does not start itself on another site, whatever its address says", async () => {
  await open(frameElement("command=echo+hi&autostart&run"));
  await page
    .frameLocator("iframe")
    .getByRole("button", { name: /^Start/ })
    .waitFor();
  await page.waitForTimeout(1_000);
  expect(await embedded().evaluate(() => "drydock" in window)).toBe(false);
});

test("a plain iframe whose document is broken says so and cannot be started", async () => {
  await open(frameElement("port=http"));
  await page.frameLocator("iframe").getByText("port must be a whole number").waitFor();
});

test("a document by address must come over https, or from the playground's own site", async () => {
  await open(frameElement("src=http://elsewhere.example/doc.json"));
  await page.frameLocator("iframe").getByText("src must begin with https:").waitFor();
});

test("a page without the element talks to the iframe by messages, and only its own nonce is good", async () => {
  await open(frameElement("command=echo+hi"));
  const answer = await page.evaluate(async () => {
    const frame = document.querySelector("iframe")?.contentWindow as Window;
    const hello = await new Promise<MessageEvent<{ nonce: string }>>((resolve) => {
      addEventListener(
        "message",
        (event) => event.source === frame && resolve(event as MessageEvent<{ nonce: string }>),
      );
      frame.postMessage({ type: "drydock:ask" }, "*");
    });
    const connect = (nonce: string) => {
      const { port1, port2 } = new MessageChannel();
      frame.postMessage({ type: "drydock:connect", version: 1, nonce, start: true }, hello.origin, [port2]);
      return port1;
    };
    const call = (port: MessagePort, method: string, params: object) =>
      new Promise<unknown>((resolve) => {
        port.onmessage = ({ data }: MessageEvent<{ id?: number }>) => data.id === 1 && resolve(data);
        port.postMessage({ id: 1, method, params });
        setTimeout(() => resolve("no answer"), 3_000);
      });
    const guessed = await call(connect("guessed"), "run", { command: "echo no" });
    const real = connect(hello.data.nonce);
    return {
      guessed,
      answer: await call(real, "run", { command: "echo yes" }),
      method: await call(real, "constructor", {}),
      params: await call(real, "run", { command: 7 }),
    };
  });
  expect(answer).toEqual({
    guessed: "no answer",
    answer: { id: 1, result: { exitCode: 0, output: "yes\n", isCut: false } },
    method: { id: 1, error: { name: "TypeError", message: "no such method: constructor" } },
    params: { id: 1, error: { name: "TypeError", message: "command must be a text" } },
  });
});

test("a frame beside the playground gets no connection, even with the nonce", async () => {
  const stranger = `<script>
    addEventListener("message", ({ data: { nonce } }) => {
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = ({ data }) => parent.postMessage({ stolen: data }, "*");
      for (const frame of [parent.frames[0]]) {
        frame.postMessage({ type: "drydock:connect", version: 1, nonce, start: true }, "*", [port2]);
      }
      port1.postMessage({ id: 1, method: "run", params: { command: "echo stolen" } });
      parent.postMessage("tried", "*");
    });
  </script>`;
  await open(
    `${frameElement("command=echo+hi")}<iframe src="/stranger" id="stranger"></iframe>`,
    {},
    { "/stranger": stranger },
  );
  const seen = await page.evaluate(async () => {
    const [own, stranger] = [...document.querySelectorAll("iframe")].map((each) => each.contentWindow as Window);
    const seen: unknown[] = [];
    addEventListener("message", ({ data, source }: MessageEvent<{ type?: string; nonce?: string }>) => {
      if (source === own && data.type === "drydock:hello") stranger?.postMessage({ nonce: data.nonce }, "*");
      else seen.push(data);
    });
    own?.postMessage({ type: "drydock:ask" }, "*");
    await new Promise((resolve) => setTimeout(resolve, 2_500));
    return seen;
  });
  expect(seen).toEqual(["tried"]);
  // Not even started by it.
  await page
    .frameLocator("iframe >> nth=0")
    .getByRole("button", { name: /^Start/ })
    .waitFor();
});

test("a page inside the playground, such as a container's, gets no connection either", async () => {
  await open(element("", 'command="echo hi"'));
  await startButton().click();
  await playground((each) => each.ready);
  const seen = await embedded().evaluate(async () => {
    const inner = document.createElement("iframe");
    inner.srcdoc = `<script>
      for (const target of [parent, parent.parent]) {
        const { port1, port2 } = new MessageChannel();
        port1.onmessage = () => parent.postMessage("connected", "*");
        target.postMessage({ type: "drydock:ask" }, "*");
        target.postMessage({ type: "drydock:connect", version: 1, nonce: "guess", start: true }, "*", [port2]);
        port1.postMessage({ id: 1, method: "screen", params: {} });
      }
      addEventListener("message", ({ data }) => parent.postMessage(["heard", data], "*"));
      parent.postMessage("tried", "*");
    </script>`;
    const seen: unknown[] = [];
    addEventListener("message", ({ data, source }) => {
      // Its own attempts pass by here, too.
      if (source === inner.contentWindow && !String((data as { type?: unknown }).type).startsWith("drydock:"))
        seen.push(data);
    });
    document.body.append(inner);
    await new Promise((resolve) => setTimeout(resolve, 2_000));
    return seen;
  });
  expect(seen).toEqual(["tried"]);
});

test("an author's document can name who may use the playground", async () => {
  const fragment = await encodeFragment({ version: 1, allowOrigins: ["https://blog.example"] });
  await open(frameElement("", fragment));
  const isConnected = await page.evaluate(async () => {
    const frame = document.querySelector("iframe")?.contentWindow as Window;
    const nonce = await new Promise<string>((resolve) => {
      addEventListener("message", ({ data }: MessageEvent<{ nonce: string }>) => resolve(data.nonce));
      frame.postMessage({ type: "drydock:ask" }, "*");
    });
    const { port1, port2 } = new MessageChannel();
    frame.postMessage({ type: "drydock:connect", version: 1, nonce, start: true }, "*", [port2]);
    return new Promise<boolean>((resolve) => {
      port1.onmessage = () => resolve(true);
      port1.postMessage({ id: 1, method: "screen", params: {} });
      setTimeout(() => resolve(false), 2_000);
    });
  });
  expect(isConnected).toBe(false);
});

test("the element listens to nothing but its own iframe", async () => {
  await open(element("", 'command="echo hi"'));
  await page.evaluate(() => {
    const element = document.querySelector("drydock-playground") as DrydockPlayground;
    element.start();
    const fake = { type: "drydock:hello", version: 1, nonce: "mine" };
    window.postMessage(fake, "*");
  });
  await playground((each) => each.ready);
  await expect.poll(screen).toMatch(/# echo hi$/);
});

test("the keyboard reaches the poster's button, and leaves an open playground", async () => {
  await open(`${element("", 'command="echo hi"')}<a href="#after">after</a>`);
  await startButton().waitFor();
  await page.keyboard.press("Tab");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await playground((each) => each.ready);
  const isAfter = () => page.evaluate(() => document.activeElement?.textContent === "after");
  await page
    .frameLocator("drydock-playground >> iframe")
    .getByLabel(/Terminal input/)
    .focus();
  await page.keyboard.press("Tab");
  expect(await isAfter()).toBe(false);
  await page.keyboard.press("F6");
  for (let presses = 0; presses < 12 && !(await isAfter()); presses++) await page.keyboard.press("Tab");
  expect(await isAfter()).toBe(true);
});

test("in 320 by 240 pixels there is a terminal, and nothing is wider than the frame", async () => {
  await open(element("", 'command="echo hi" style="width: 320px; height: 240px"'));
  await startButton().click();
  await playground((each) => each.ready);
  await expect.poll(screen).toMatch(/echo hi$/);
  const box = await page.frameLocator("drydock-playground >> iframe").locator("dd-terminal").boundingBox();
  expect(box?.height).toBeGreaterThan(100);
  await page.context().close();
  const commands = ["echo first", "echo a second one that is long", "echo a third one that is as long as that"];
  await open(element(inline({ version: 1, command: commands }), 'style="width: 320px; height: 240px"'));
  await startButton().click();
  await playground((each) => each.ready);
  const frame = page.frameLocator("drydock-playground >> iframe");
  await frame.getByRole("button", { name: "echo first" }).waitFor();
  const place = await page.locator("drydock-playground").boundingBox();
  const link = await frame.getByRole("link", { name: /^Open in Drydock/ }).boundingBox();
  expect((link?.x ?? 0) + (link?.width ?? 0)).toBeLessThanOrEqual((place?.x ?? 0) + 320);
});

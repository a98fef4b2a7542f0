import type { Browser, Page } from "playwright";
import { afterAll, beforeAll, expect, test } from "vitest";
import { launchBrowser, previewableUrl, screenshot, serveSite, shellReady, type Site } from "../testing/browser.ts";
import { go, openPort, pageAt, textAt } from "./preview-page.ts";
import { OLD_SERVER, putFiles, WEB_SOCKET_SERVER } from "./preview-site.ts";
import { command, hasImage } from "./session.ts";

let browser: Browser;
let site: Site;
let page: Page;

/** One machine, and in it one container that serves on port 8080. */
beforeAll(async () => {
  [browser, site] = await Promise.all([launchBrowser(), serveSite("built")]);
  page = await (await browser.newContext()).newPage();
  page.setDefaultTimeout(15_000);
  await page.goto(previewableUrl(site));
  await shellReady(page, 120_000);
  await putFiles(page, "/tmp/site");
});
afterAll(async () => {
  await screenshot(page, "e2e-preview").catch(() => undefined);
  await browser?.close();
  await site?.[Symbol.asyncDispose]();
});

test("without a published port the pane says how to publish one, and lists it as soon as there is one", async () => {
  await page.getByRole("button", { name: "Preview", exact: true }).click();
  await page.getByText("docker run -d -p 8080:80 nginx").waitFor();
  const run = await command(
    page,
    "docker run -d --name site -p 8080:80 -v /tmp/site:/www busybox httpd -f -p 80 -h /www",
  );
  expect(run.code).toBe(0);
  await page.getByRole("button", { name: "Open port 8080 of site" }).waitFor();
});

test("a page of the container comes up with its style and in its own mode, and the address bar says where it is", async () => {
  await openPort(page, 8080);
  const frame = await pageAt(page, "/");
  // One script, its own: what the preview puts in front has gone again.
  expect(await frame.locator("#mode").innerText()).toBe("CSS1Compat 1");
  expect(await frame.locator("h1").evaluate((element) => getComputedStyle(element).color)).toBe("rgb(1, 2, 3)");
  await page.getByTitle("HTTP status 200").waitFor();
});

test("links, back and forward move, and the address bar follows", async () => {
  const frame = await pageAt(page, "/");
  await frame.locator("#next").click();
  await pageAt(page, "/sub/page.html?a=b#c");
  await expect.poll(() => page.getByLabel("Path", { exact: true }).inputValue()).toBe("/sub/page.html?a=b#c");
  await page.getByRole("button", { name: "Back", exact: true }).click();
  await pageAt(page, "/");
  await page.getByRole("button", { name: "Forward", exact: true }).click();
  await pageAt(page, "/sub/page.html?a=b#c");
  expect(page.url()).toBe(previewableUrl(site));
});

test("a link to http://localhost:8080 stays in the preview", async () => {
  await go(page, "/");
  await (await pageAt(page, "/")).locator("#absolute").click();
  expect(await textAt(page, "/sub/page.html")).toBe("Second");
});

test("a form is posted as a browser would, to a server that believes to be at localhost:8080", async () => {
  await go(page, "/form.html");
  await (await pageAt(page, "/form.html")).getByRole("button", { name: "Send" }).click();
  const [method, type, length, host, body = ""] = (await textAt(page, "/cgi-bin/post")).split("|");
  expect([method, type, length, host]).toEqual(["POST", "application/x-www-form-urlencoded", "12", "localhost:8080"]);
  expect(Buffer.from(body, "base64").toString()).toBe("word=a+b%26c");
});

test("an upload of megabytes arrives whole", async () => {
  const frame = await pageAt(page, "/cgi-bin/post");
  const counted = await frame.evaluate(async () => {
    const form = new FormData();
    form.append("file", new Blob([new Uint8Array(3 << 20)]), "zeros");
    const size = (await new Response(form).blob()).size;
    const answer = await (await fetch("/cgi-bin/count", { method: "POST", body: form })).text();
    return Number(answer) - size;
  });
  // Boundaries differ by a few bytes.
  expect(Math.abs(counted)).toBeLessThan(64);
});

test("a redirect to http://localhost:8080 is followed inside the preview, by documents and by fetch", async () => {
  await go(page, "/cgi-bin/redirect");
  const frame = await pageAt(page, "/sub/page.html?r=1");
  const followed = await frame.evaluate(async () => {
    const answer = await fetch("/cgi-bin/redirect");
    return [answer.redirected, new URL(answer.url).pathname, await answer.text()];
  });
  expect(followed).toEqual([true, "/sub/page.html", expect.stringContaining("Second")]);
});

test("cookies come back to the server; scripts see all but HttpOnly ones, and their own reach the server", async () => {
  await go(page, "/cgi-bin/cookie");
  expect(await textAt(page, "/cgi-bin/cookie")).toBe("");
  await page.getByRole("button", { name: "Reload", exact: true }).click();
  await expect.poll(() => textAt(page, "/cgi-bin/cookie").catch(() => "")).toBe("secret=s3; seen=yes");
  const frame = await pageAt(page, "/cgi-bin/cookie");
  expect(await frame.evaluate(() => document.cookie)).toBe("seen=yes");
  await frame.evaluate(() => (document.cookie = "mine=1; path=/"));
  expect(await frame.evaluate(() => document.cookie)).toBe("seen=yes; mine=1");
  const environment = await frame.evaluate(async () => (await fetch("/cgi-bin/echo")).text());
  expect(environment).toContain("HTTP_COOKIE=secret=s3; seen=yes; mine=1");
  expect(environment).toContain("HTTP_REFERER=http://localhost:8080/cgi-bin/cookie");
});

test("events stream as they are sent", async () => {
  const frame = await pageAt(page, "/cgi-bin/cookie");
  const times = await frame.evaluate(
    () =>
      new Promise<number[]>((resolve) => {
        const found: number[] = [];
        const source = new EventSource("/cgi-bin/slow");
        source.onmessage = () => {
          found.push(performance.now());
          if (found.length === 3) {
            source.close();
            resolve(found);
          }
        };
      }),
  );
  expect((times[2] as number) - (times[0] as number)).toBeGreaterThan(1500);
});

test("a large answer streams, ends when it is no longer wanted, and can be had in parts", async () => {
  const frame = await pageAt(page, "/cgi-bin/cookie");
  const sizes = await frame.evaluate(async () => {
    const whole = (await (await fetch("/cgi-bin/large")).arrayBuffer()).byteLength;
    const abort = new AbortController();
    const answer = await fetch("/cgi-bin/large", { signal: abort.signal });
    const first = (await answer.body!.getReader().read()).value!.length;
    abort.abort();
    const part = await fetch("/index.html", { headers: { range: "bytes=0-14" } });
    return { whole, isPart: first < whole, status: part.status, text: await part.text() };
  });
  expect(sizes).toEqual({ whole: 8_388_608, isPart: true, status: 206, text: "<!doctype html>" });
  // The CGI that nobody listens to has ended.
  const processes = async (): Promise<string> => (await command(page, "docker exec site ps")).output;
  await expect.poll(processes, { timeout: 20_000 }).not.toContain("head -c");
});

test("compressed answers are unpacked, HEAD and OPTIONS reach the server", async () => {
  const frame = await pageAt(page, "/cgi-bin/cookie");
  const answers = await frame.evaluate(async () => {
    const head = await fetch("/index.html", { method: "HEAD" });
    return {
      zipped: await (await fetch("/cgi-bin/zipped")).text(),
      head: [head.status, Number(head.headers.get("content-length")) > 300, await head.text()],
      missing: (await fetch("/no/such")).status,
    };
  });
  expect(answers).toEqual({ zipped: "unpacked\n", head: [200, true, ""], missing: 404 });
});

test("a page that forbids frames is shown, and the rest of its policy holds", async () => {
  await go(page, "/cgi-bin/framed");
  const frame = await pageAt(page, "/cgi-bin/framed");
  expect(await frame.locator("h1").innerText()).toBe("shown");
  expect(await frame.title()).toBe("Framed");
});

test("a copied link works in another tab of the browser while the page is open", async () => {
  await page
    .context()
    .grantPermissions(["clipboard-read", "clipboard-write"], { origin: new URL(previewableUrl(site)).origin });
  await go(page, "/sub/page.html?copied");
  await pageAt(page, "/sub/page.html?copied");
  await expect.poll(() => page.getByLabel("Path", { exact: true }).inputValue()).toBe("/sub/page.html?copied");
  await page.getByRole("button", { name: "Copy link" }).click();
  const link = await page.evaluate(() => navigator.clipboard.readText());
  const other = await page.context().newPage();
  await other.goto(link);
  expect(await other.locator("h1").innerText()).toBe("Second");
  await other.close();
});

test("a link into a preview that no page has open explains itself", async () => {
  const other = await page.context().newPage();
  const { port } = new URL(site.url);
  await other.goto(`http://9999-1-preview.drydock.localhost:${port}/somewhere`);
  expect(await other.locator("h1").innerText()).toBe("This preview is not connected");
  await other.close();
});

test("an address that a program prints in the terminal opens in the preview", async () => {
  await page.evaluate(() => window.drydock.type("clear; echo http://localhost:8080/sub/page.html?terminal\r"));
  const row = page.locator("dd-terminal .xterm-rows > div", { hasText: /^http:\/\/localhost:8080/ });
  const box = await row.boundingBox();
  if (!box) throw new Error("the address is not on the screen");
  await page.mouse.move(box.x + 60, box.y + box.height / 2, { steps: 3 });
  await page.mouse.click(box.x + 62, box.y + box.height / 2);
  expect(await textAt(page, "/sub/page.html?terminal")).toBe("Second");
});

test("a port where nothing listens yet says so, and comes up by itself when something does", async () => {
  await command(
    page,
    "docker run -d --name late -p 8081:80 busybox sh -c 'while [ ! -e /go ]; do sleep 0.2; done; echo here > /index.html; httpd -f -p 80 -h /'",
  );
  await openPort(page, 8081);
  const frame = await pageAt(page, "/");
  await frame.getByRole("heading", { name: "Connection refused" }).waitFor();
  await command(page, "docker exec late touch /go");
  await expect.poll(async () => textAt(page, "/").catch(() => ""), { timeout: 20_000 }).toBe("here");
});

test("what is published no more says so; a server of HTTP/1.0 is shown; one that speaks no HTTP is named", async () => {
  await command(page, "docker rm -f late");
  await command(
    page,
    `docker run -d --name old -p 8082:80 busybox sh -c "${OLD_SERVER.replace(/\\/g, "\\\\").replace(/"/g, '\\"')}"`,
  );
  await command(
    page,
    "docker run -d --name odd -p 8083:80 busybox sh -c 'while :; do echo SSH-2.0-odd | nc -l -p 80; done'",
  );
  await page.getByRole("button", { name: "Reload", exact: true }).click();
  await expect.poll(async () => textAt(page, "/").catch(() => "")).toContain("Nothing is published on this port");
  await openPort(page, 8082, "/old");
  expect(await textAt(page, "/old")).toBe("old but there");
  await openPort(page, 8083, "/odd");
  await expect.poll(async () => textAt(page, "/odd").catch(() => "")).toContain("This is not a web server");
  await command(page, "docker rm -f old odd");
});

test.runIf(hasImage("debian"))(
  "a WebSocket carries messages both ways, with its subprotocol, and closes cleanly",
  async () => {
    await putFiles(page, "/tmp/sockets", { "server.pl": WEB_SOCKET_SERVER });
    await command(page, "docker run -d --name sockets -p 8084:80 -v /tmp/sockets:/s debian perl /s/server.pl", 180_000);
    await openPort(page, 8084, "/chat");
    await page.getByTitle("HTTP status 200").waitFor();
    const frame = await pageAt(page, "/chat");
    const seen = await frame.evaluate(
      () =>
        new Promise<unknown[]>((resolve, reject) => {
          const log: unknown[] = [];
          const socket = new WebSocket(`ws://${location.host}/live?x=1`, ["chat", "other"]);
          socket.binaryType = "arraybuffer";
          socket.onopen = () => log.push(["open", socket.protocol, socket instanceof WebSocket]);
          socket.onerror = () => reject(new Error("the socket failed"));
          socket.onmessage = ({ data }) => {
            log.push(typeof data === "string" ? data : [...new Uint8Array(data as ArrayBuffer)]);
            if (log.length === 2) socket.send("schön");
            if (log.length === 3) socket.send(new Uint8Array([0, 255, 7]));
            if (log.length === 4) socket.close(3001, "enough");
          };
          socket.onclose = ({ code, wasClean }) => resolve([...log, [code, wasClean, socket.bufferedAmount]]);
        }),
    );
    expect(seen).toEqual([["open", "chat", true], "hello", "schön", [0, 255, 7], [3001, true, 0]]);
    await command(page, "docker rm -f sockets");
  },
);

test.runIf(hasImage("nginx"))("nginx's page opens, and its redirect to a directory stays in the preview", async () => {
  await command(page, "docker run -d --name front -p 8085:80 nginx", 180_000);
  await command(
    page,
    "docker exec front sh -c 'mkdir -p /usr/share/nginx/html/docs; echo deeper > /usr/share/nginx/html/docs/index.html'",
  );
  await openPort(page, 8085);
  await expect.poll(async () => textAt(page, "/").catch(() => ""), { timeout: 30_000 }).toContain("Welcome to nginx");
  await go(page, "/docs");
  expect(await textAt(page, "/docs/")).toBe("deeper");
});

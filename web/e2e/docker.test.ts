import type { Browser, Page } from "playwright";
import { afterAll, beforeAll, expect, test } from "vitest";
import { launchBrowser, screen, screenshot, serveSite, waitForScreen, type Site } from "../testing/browser.ts";
import { command, hasImage, openPage, type } from "./session.ts";

let browser: Browser;
let site: Site;
let page: Page;

/** One machine for all: what one test leaves behind the next one finds, as a person would. */
beforeAll(async () => {
  [browser, site] = await Promise.all([launchBrowser(), serveSite("built")]);
  page = await openPage(browser, site);
});
afterAll(async () => {
  await screenshot(page, "e2e-docker").catch(() => undefined);
  await browser?.close();
  await site?.[Symbol.asyncDispose]();
});

test("the kernel is a real one", async () => {
  expect((await command(page, "uname -sm")).output).toMatch(/^Linux i[3-6]86$/m);
});

test("docker run hello-world pulls and greets", async () => {
  const { output, code } = await command(page, "docker run hello-world");
  expect(output).toMatch(/Unable to find image 'hello-world:latest' locally/);
  expect(output).toMatch(/Hello from/);
  expect(code).toBe(0);
});

test("docker run -it --rm busybox is a shell one can use and leave", async () => {
  const before = await screen(page);
  await type(page, "docker run -it --rm busybox\r");
  await waitForScreen(page, /^\/ #$/m, { after: before, timeoutMs: 60_000 });
  await type(page, "ls; hostname\r");
  await waitForScreen(page, /^bin\s+dev\s+etc[^]*^[0-9a-f]{12}$/m, { after: before });
  const inside = await screen(page);
  await type(page, "exit\r");
  // Keys that are typed before the container has ended belong to it, as with Docker anywhere.
  await waitForScreen(page, /^root@drydock:.*#/m, { after: inside });
  expect((await command(page, "docker ps -aq --filter ancestor=busybox")).output.trim()).toBe("");
});

test("a published port answers in the machine", async () => {
  const run = await command(page, "docker run -d --name web -p 8080:80 busybox httpd -f -h /etc");
  expect(run.output).toMatch(/^[0-9a-f]{64}$/m);
  const answer = await command(
    page,
    "for i in $(seq 30); do curl -sSf http://localhost:8080/passwd && break; sleep 1; done",
  );
  expect(answer.output).toContain("root:x:0:0");
});

test.runIf(hasImage("nginx"))("nginx serves its page", async () => {
  await command(page, "docker run -d --name front -p 8081:80 nginx", 120_000);
  const answer = await command(page, "for i in $(seq 30); do curl -sSf http://localhost:8081 && break; sleep 1; done");
  expect(answer.output).toContain("Welcome to nginx");
  await command(page, "docker rm -f front");
});

test("ps, logs, exec, stop and rm do what they do in Docker", async () => {
  expect((await command(page, "docker ps")).output).toMatch(
    /busybox .*"httpd -f -h \/etc" .*Up .*0\.0\.0\.0:8080->80\/tcp.* web$/m,
  );
  await command(page, "docker run --name talker busybox sh -c 'echo said; echo err >&2'");
  expect((await command(page, "docker logs talker 2>/dev/null")).output.trim()).toBe("said");
  const before = await screen(page);
  await type(page, "docker exec -it web sh\r");
  await waitForScreen(page, /^\/ #$/m, { after: before });
  await type(page, "ps; exit 4\r");
  // Keys that are typed before the process has ended belong to it.
  await waitForScreen(page, /httpd -f[^]*^root@drydock:[^#]*#$/m, { after: before });
  expect((await command(page, 'echo "code $?"')).output).toMatch(/code 4/);
  expect((await command(page, "docker stop -t 1 web")).output.trim()).toBe("web");
  expect((await command(page, "docker ps -a")).output).toMatch(/Exited \(\d+\) .* web$/m);
  expect((await command(page, "docker rm web talker")).output.trim()).toBe("web\ntalker");
});

test("the page's lists show what docker shows", async () => {
  await command(page, "docker run -d --name listed busybox sleep 300");
  await page.getByRole("listitem").filter({ hasText: "listed" }).getByText(/Up/).waitFor();
  await page.getByRole("listitem").filter({ hasText: "busybox:latest" }).waitFor();
  await command(page, "docker rm -f listed");
  await expect.poll(() => page.getByRole("listitem").filter({ hasText: "listed" }).count()).toBe(0);
});

test("scripts reach the same engine", async () => {
  const version = (await page.evaluate(async () => (await window.drydock.fetch("/version")).json())) as Record<
    string,
    unknown
  >;
  expect(version).toMatchObject({ Os: "linux", Arch: "386" });
  expect((await command(page, "uname -r")).output.trim()).toBe(version["KernelVersion"]);
});

test("a wrong name is answered in Docker's words, with its exit code", async () => {
  const { output, code } = await command(page, "docker start nope");
  expect(output).toContain("No such container: nope");
  expect(code).toBe(1);
});

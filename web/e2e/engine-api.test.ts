import type { Browser, Page } from "playwright";
import { afterAll, beforeAll, expect, test } from "vitest";
import { launchBrowser, screenshot, serveSite, type Site } from "../testing/browser.ts";
import { command, openPage } from "./session.ts";

let browser: Browser;
let site: Site;
let page: Page;

/** One machine for all. */
beforeAll(async () => {
  [browser, site] = await Promise.all([launchBrowser(), serveSite("built")]);
  page = await openPage(browser, site);
  await command(page, "docker pull -q busybox");
});
afterAll(async () => {
  await screenshot(page, "e2e-engine-api").catch(() => undefined);
  await browser?.close();
  await site?.[Symbol.asyncDispose]();
});

test("the API answers on /var/run/docker.sock, also in a container that has it mounted", async () => {
  const ping = await command(page, "curl -s --unix-socket /var/run/docker.sock http://docker/_ping; echo");
  expect(ping.output.trim()).toMatch(/^OK/);
  const mounts = "-v /var/run/docker.sock:/var/run/docker.sock -v $(command -v curl):/bin/curl:ro";
  const inside = await command(
    page,
    `docker run --rm ${mounts} busybox curl -s --unix-socket /var/run/docker.sock http://docker/version`,
  );
  expect(inside.output).toContain('"ApiVersion":"1.50"');
});

test("the page's own fetch is the same API", async () => {
  const names = await page.evaluate(async () => {
    const answer = await window.drydock.fetch("/networks");
    return ((await answer.json()) as { Name: string }[]).map(({ Name }) => Name);
  });
  expect(names.toSorted()).toEqual(["bridge", "host", "none"]);
});

test("containers on a network of their own know one another by name", async () => {
  await command(page, "docker network create blue");
  await command(page, "docker run -d --name server --network blue busybox httpd -f -h /etc");
  const answer = await command(
    page,
    'docker run --rm --network blue busybox sh -c "until wget -qO- http://server/hostname; do sleep 0.2; done"',
  );
  expect(answer.output.trim()).toMatch(/^[0-9a-f]{12}$/);
  expect(
    (await command(page, "docker network inspect blue --format '{{range .Containers}}{{.Name}}{{end}}'")).output.trim(),
  ).toBe("server");
});

test("files are copied, changes shown and kept as an image", async () => {
  await command(page, "echo from-here > /tmp/note; docker cp -q /tmp/note server:/note");
  expect((await command(page, "docker exec server cat /note")).output.trim()).toBe("from-here");
  expect((await command(page, "docker diff server")).output).toMatch(/^A \/note$/m);
  await command(page, "docker commit server noted");
  expect((await command(page, "docker run --rm noted cat /note")).output.trim()).toBe("from-here");
});

test("stats, events and disk usage are read from the kernel and the stores", async () => {
  expect((await command(page, "docker stats --no-stream --format '{{.Name}} {{.PIDs}}' server")).output.trim()).toBe(
    "server 1",
  );
  expect((await command(page, "docker events --since 10m --until 0s --filter event=commit")).output).toMatch(
    /container commit/,
  );
  expect((await command(page, "docker system df")).output).toMatch(/^Images +\d/m);
});

test("a named volume survives the page", async () => {
  await command(page, "docker volume create diary");
  await command(page, "docker run --rm -v diary:/d busybox sh -c 'echo kept > /d/page'");
  // Half a second after the container has let go of it, and the time it takes to write it.
  await page.waitForTimeout(3000);
  await page.reload();
  await page.evaluate(() => window.drydock.ready);
  expect((await command(page, "docker run --rm -v diary:/d busybox cat /d/page")).output.trim()).toBe("kept");
});

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Browser, BrowserContext, Page } from "playwright";
import { launchBrowser, serveSite, shellReady, type Site } from "../testing/browser.ts";
import { buildRows } from "./build-rows.ts";
import { editorRows } from "./editor-rows.ts";

/** As `engine/bench/statistics.ts` has it. */
export interface Row {
  readonly id: string;
  readonly title: string;
  readonly unit: "ms" | "MB";
  readonly samples: readonly number[];
  readonly target?: number;
  readonly where: "chromium" | "files";
}

const VISITS = 5;
const RUNS = 20;
const root = join(import.meta.dirname, "../..");

/** What a visitor of the built site sees, in Chromium. */
export async function browserRows(say: (text: string) => void): Promise<Row[]> {
  await using site = await serveSite("built");
  const browser = await launchBrowser();
  try {
    const visits = await visitRows(browser, site, say);
    const commands = await commandRows(browser, site, say);
    const builds = await buildRows(browser, site, { say, settle, time });
    const editor = await editorRows(browser, site, say);
    return [...visits, ...commands, ...builds, ...editor, await snapshotRow()];
  } finally {
    await browser.close();
  }
}

async function snapshotRow(): Promise<Row> {
  const { size } = JSON.parse(await readFile(join(root, "dist/guest/snapshot/snapshot.json"), "utf8")) as {
    size: number;
  };
  return {
    id: "snapshot-size",
    title: "boot snapshot on the wire",
    unit: "MB",
    where: "files",
    target: 6,
    samples: [size / 1e6],
  };
}

/** Each sample is a new profile: a first visit, then the same page again. */
async function visitRows(browser: Browser, site: Site, say: (text: string) => void): Promise<Row[]> {
  const first: number[] = [];
  const again: number[] = [];
  const bytes: number[] = [];
  for (let index = 0; index < VISITS; index++) {
    say(`visit ${index + 1}/${VISITS}`);
    const context = await browser.newContext();
    const transferred = countBytes(context);
    first.push(await visit(context, site));
    bytes.push(transferred() / 1e6);
    // What comes behind the shell (the rest of the guest's files, the service worker) is there before the second visit.
    await new Promise((resolve) => setTimeout(resolve, 3000));
    again.push(await visit(context, site));
    await context.close();
  }
  return [
    {
      id: "first-visit",
      title: "first visit to a usable shell",
      unit: "ms",
      where: "chromium",
      target: 2000,
      samples: first,
    },
    {
      id: "first-visit-bytes",
      title: "  transferred until then",
      unit: "MB",
      where: "chromium",
      target: 10,
      samples: bytes,
    },
    {
      id: "repeat-visit",
      title: "repeat visit to a usable shell",
      unit: "ms",
      where: "chromium",
      target: 500,
      samples: again,
    },
  ];
}

async function visit(context: BrowserContext, site: Site): Promise<number> {
  const page = await context.newPage();
  const started = performance.now();
  await page.goto(site.url, { waitUntil: "commit" });
  await shellReady(page);
  const milliseconds = performance.now() - started;
  await page.close();
  return milliseconds;
}

/** Body bytes of finished responses, as Chromium counts them on the wire. */
function countBytes(context: BrowserContext): () => number {
  let total = 0;
  context.on("requestfinished", (request) => {
    void request
      .sizes()
      .then((sizes) => (total += sizes.responseBodySize))
      .catch(() => undefined);
  });
  return () => total;
}

async function commandRows(browser: Browser, site: Site, say: (text: string) => void): Promise<Row[]> {
  const context = await browser.newContext();
  const page = await context.newPage();
  // tsx marks named functions with this helper, which functions sent to the page then lack.
  await page.addInitScript("globalThis.__name = (value) => value");
  await page.goto(site.url);
  await shellReady(page);
  await settle(page);
  say("docker run hello-world");
  const hello = [await time(page, "docker run hello-world")];
  await time(page, "docker run --rm busybox true");
  say("docker run --rm busybox true");
  const run = await repeat(() => time(page, "docker run --rm busybox true"));
  await time(page, "docker run -d --name box busybox sleep 1000");
  say("docker exec box true");
  const exec = await repeat(() => time(page, "docker exec box true"));
  const list = await repeat(() => time(page, "docker ps"));
  await time(page, "docker rm -f box");
  say("a container that spins");
  const longest = await longestTask(page);
  await context.close();
  const chromium = { where: "chromium", unit: "ms" } as const;
  return [
    {
      id: "hello-world-first-chromium",
      title: "docker run hello-world, first time",
      ...chromium,
      target: 1000,
      samples: hello,
    },
    {
      id: "run-true-chromium",
      title: "docker run --rm busybox true, warm, typed to prompt",
      ...chromium,
      target: 270,
      samples: run,
    },
    {
      id: "exec-true-chromium",
      title: "docker exec c true, warm, typed to prompt",
      ...chromium,
      target: 100,
      samples: exec,
    },
    { id: "ps-chromium", title: "docker ps, typed to prompt", ...chromium, samples: list },
    {
      id: "longest-task",
      title: "longest main-thread task while a container spins",
      ...chromium,
      target: 50,
      samples: [longest],
    },
  ];
}

async function repeat(measure: () => Promise<number>): Promise<number[]> {
  const samples: number[] = [];
  for (let index = 0; index < RUNS; index++) samples.push(await measure());
  return samples;
}

/** Gives the shell a prompt that no output can be taken for. */
async function settle(page: Page): Promise<void> {
  await page.evaluate(() => window.drydock.type("PS1='ready>'\r"));
  await page.waitForFunction(() => window.drydock.screen().endsWith("ready>"));
}

/** Milliseconds from the Enter key to the next prompt, measured in the page. */
function time(page: Page, command: string): Promise<number> {
  return page.evaluate(async (line) => {
    const prompts = (): number =>
      window.drydock
        .screen()
        .split("\n")
        .filter((text) => text.startsWith("ready>")).length;
    const before = prompts();
    const started = performance.now();
    window.drydock.type(`${line}\r`);
    const deadline = started + 60_000;
    while (prompts() === before || !window.drydock.screen().endsWith("ready>")) {
      if (performance.now() > deadline) throw new Error(`no prompt after ${line}:\n${window.drydock.screen()}`);
      // Often enough to be exact, seldom enough not to take the second core from the machine.
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    return performance.now() - started;
  }, command);
}

async function longestTask(page: Page): Promise<number> {
  await time(page, "docker run -d --name spin busybox sh -c 'while :; do :; done'");
  const longest = await page.evaluate(async () => {
    let worst = 0;
    const observer = new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) worst = Math.max(worst, entry.duration);
    });
    observer.observe({ entryTypes: ["longtask"] });
    await new Promise((resolve) => setTimeout(resolve, 5000));
    observer.disconnect();
    return worst;
  });
  await time(page, "docker rm -f spin");
  return longest;
}

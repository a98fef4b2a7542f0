import type { Browser, Page } from "playwright";
import { shellReady, type Site } from "../testing/browser.ts";
import type { Row } from "./browser-rows.ts";

const FILES = 1000;
const FILE_BYTES = 20_000;
const FIVE = 'FROM busybox\nWORKDIR /site\nCOPY index.html .\nRUN echo made > made.txt\nENV A=1\nCMD ["httpd", "-f"]\n';

/** `docker build` in Chromium, typed in `/root/workspace`; `settle` makes prompts sure, `time` types a line and answers the milliseconds to the next. */
export async function buildRows(
  browser: Browser,
  site: Site,
  options: {
    readonly say: (text: string) => void;
    readonly settle: (page: Page) => Promise<void>;
    readonly time: (page: Page, line: string) => Promise<number>;
  },
): Promise<Row[]> {
  const { say, settle, time } = options;
  say("docker build");
  const context = await browser.newContext();
  try {
    const page = await context.newPage();
    await page.addInitScript("globalThis.__name = (value) => value");
    await page.goto(site.url);
    await shellReady(page);
    await settle(page);
    await put(page, "five/Dockerfile", FIVE);
    await put(page, "five/index.html", "hello\n");
    await put(page, "run/Dockerfile", "FROM busybox\nRUN true\n");
    await put(page, "many/Dockerfile", "FROM busybox\nCOPY . /app\n");
    await putMany(page);
    await time(page, "cd workspace/five");
    await time(page, "docker build -t five .");
    const cached = await samples(15, () => time(page, "docker build -t five ."));
    await time(page, "cd ../run");
    await samples(10, () => time(page, "docker build --no-cache -t nothing ."));
    const run = (await steps(page)).slice(0, 10);
    await time(page, "cd ../many");
    const copy = await samples(3, () => time(page, "docker build --no-cache -t many ."));
    const row = { where: "chromium", unit: "ms" } as const;
    return [
      {
        id: "build-cached-chromium",
        title: "docker build of five steps, all cached",
        ...row,
        target: 300,
        samples: cached,
      },
      { id: "build-run-chromium", title: "a RUN that does nothing, with its layer", ...row, target: 500, samples: run },
      {
        id: "build-copy-chromium",
        title: "docker build: COPY of 1,000 files (20 MB)",
        ...row,
        target: 1500,
        samples: copy,
      },
    ];
  } finally {
    await context.close();
  }
}

async function samples(count: number, work: () => Promise<number>): Promise<number[]> {
  const all: number[] = [];
  for (let index = 0; index < count; index += 1) all.push(await work());
  return all;
}

const put = (page: Page, path: string, body: string): Promise<unknown> =>
  page.evaluate(
    async ([file, text]) =>
      void (await window.drydock.fetch(`/drydock/workspace/file?path=${file}`, {
        method: "PUT",
        body: text as string,
      })),
    [path, body],
  );

async function putMany(page: Page): Promise<void> {
  await page.evaluate(
    async ({ count, bytes }) => {
      for (let index = 0; index < count; index += 1) {
        const body = new Uint8Array(bytes).map((_, at) => (at * 31 + index * 7) & 0xff);
        await window.drydock.fetch(`/drydock/workspace/file?path=many/d${index % 20}/f${index}`, {
          method: "PUT",
          body,
        });
      }
    },
    { count: FILES, bytes: FILE_BYTES },
  );
}

/** How long the second step of each build took, newest first. */
function steps(page: Page): Promise<number[]> {
  return page.evaluate(async () => {
    const response = await window.drydock.fetch("/drydock/builds");
    const builds = (await response.json()) as { Steps: { StartedMs?: number; CompletedMs?: number }[] }[];
    return builds.map(({ Steps }) => (Steps[1]?.CompletedMs ?? 0) - (Steps[1]?.StartedMs ?? 0));
  });
}

/** Chromium and a site on loopback, for the tests of the page. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmdirSync, statSync } from "node:fs";
import { rm } from "node:fs/promises";
import type { AddressInfo, Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium, type Browser, type BrowserContext, type BrowserContextOptions, type Page } from "playwright";
import { createStaticServer } from "../../scripts/serve.mjs";

const root = join(import.meta.dirname, "../..");
const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--no-first-run",
];
const PLACES = [
  process.env["CHROMIUM"],
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
];

/** Debian's Chromium, or the one `CHROMIUM` names, or Playwright's own. */
export function launchBrowser(): Promise<Browser> {
  const executablePath = PLACES.find((path) => path && existsSync(path));
  return chromium.launch({ args: FLAGS, ...(executablePath !== undefined && { executablePath }) });
}

/**
 * A browser as a person has it, with a profile on disk for as long as it is open, and frames of other sites with a storage of their own:
 * contexts of `launchBrowser` are private windows, where Chromium refuses such frames any.
 */
export async function launchProfile(options: BrowserContextOptions = {}): Promise<BrowserContext> {
  const directory = mkdtempSync(join(tmpdir(), "drydock-profile-"));
  const executablePath = PLACES.find((path) => path && existsSync(path));
  const context = await chromium.launchPersistentContext(directory, {
    ...options,
    // The last of these counts; Playwright's own switches storage partitioning off.
    args: [...FLAGS, "--disable-features=Translate,MediaRouter,OptimizationHints"],
    ...(executablePath !== undefined && { executablePath }),
  });
  context.on("close", () => void rm(directory, { recursive: true, force: true, maxRetries: 20, retryDelay: 200 }));
  return context;
}

export interface Site extends AsyncDisposable {
  /** Ends in `/`. */
  readonly url: string;
  /** Paths that were requested, in order. */
  readonly requests: string[];
  /** Everything that was sent so far, headers included. */
  sentBytes(): number;
}

/** Serves `test` (the page with the fake engine) or `built` (what `npm run build` left in `dist/`). */
export async function serveSite(kind: "test" | "built"): Promise<Site> {
  if (kind === "test") return serveDirectory(testSite());
  // `DRYDOCK_SITE`: one that was built elsewhere.
  const directory = process.env["DRYDOCK_SITE"] ?? join(root, "dist");
  if (!existsSync(join(directory, "index.html"))) runVite([]);
  return serveDirectory(directory);
}

/** The directory of the page with the fake engine, built when its sources have changed. */
export function testSite(): string {
  const directory = join(root, ".cache/web-test");
  buildTestSite(directory);
  return directory;
}

/** The same site under a name of which previews of containers' pages can be a part (docs/decisions/0014-preview-origin.md). */
export function previewableUrl(site: Site): string {
  return site.url.replace("127.0.0.1", "drydock.localhost");
}

/** Serves the files of a directory on a free port of this machine. */
export async function serveDirectory(directory: string): Promise<Site> {
  const requests: string[] = [];
  const server = createStaticServer(directory, { onRequest: (path: string) => void requests.push(path) });
  const sockets: Socket[] = [];
  server.on("connection", (socket) => void sockets.push(socket));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  let closing: Promise<void> | undefined;
  return {
    url: `http://127.0.0.1:${port}/`,
    requests,
    sentBytes: () => sockets.reduce((sum, socket) => sum + socket.bytesWritten, 0),
    [Symbol.asyncDispose]() {
      closing ??= new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
      return closing;
    },
  };
}

/** Waits until the page's first shell takes input. */
export async function shellReady(page: Page, timeoutMs = 60_000): Promise<void> {
  await page.waitForFunction(() => "drydock" in window, undefined, { timeout: timeoutMs });
  const late = new Promise<never>((_, reject) => setTimeout(() => reject(new Error("no shell")), timeoutMs).unref());
  try {
    await Promise.race([page.evaluate(() => window.drydock.ready), late]);
  } catch (error) {
    throw new Error(`the shell is not ready; the page says:\n${await pageText(page)}`, { cause: error });
  }
}

/** Types a line and waits for a pattern in what the terminal shows after it. Resolves with that text. */
export async function runLine(page: Page, line: string, pattern: RegExp, timeoutMs = 20_000): Promise<string> {
  const before = await screen(page);
  await page.evaluate((text) => window.drydock.type(text), `${line}\r`);
  return waitForScreen(page, pattern, { timeoutMs, after: before });
}

/** Waits for a pattern in the active terminal's text: in all of it, or in what follows `after`, unless that was wiped away. */
export async function waitForScreen(
  page: Page,
  pattern: RegExp,
  options: { timeoutMs?: number; after?: string } = {},
): Promise<string> {
  const deadline = Date.now() + (options.timeoutMs ?? 20_000);
  for (;;) {
    const whole = await screen(page);
    const text = whole.startsWith(options.after ?? "") ? whole.slice(options.after?.length) : whole;
    if (pattern.test(text)) return text;
    if (Date.now() > deadline) throw new Error(`no ${pattern} on the screen, which shows:\n${await screen(page)}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

export const screen = (page: Page): Promise<string> => page.evaluate(() => window.drydock.screen());

/** All text of the page, shadow roots included. */
export async function pageText(page: Page): Promise<string> {
  return page.evaluate(() => {
    const words: string[] = [];
    const rest: Node[] = [document.body];
    for (let node = rest.pop(); node; node = rest.pop()) {
      if (node.nodeType === Node.TEXT_NODE) words.push(node.textContent ?? "");
      const isText = !(node instanceof Element) || !/^(STYLE|SCRIPT)$/.test(node.tagName);
      const children = node instanceof Element && node.shadowRoot ? node.shadowRoot.childNodes : node.childNodes;
      if (isText) rest.push(...[...children].toReversed());
    }
    return words.join(" ").replace(/\s+/g, " ").trim();
  });
}

/** Writes a picture to `.cache/screenshots/`, to be looked at. */
export async function screenshot(page: Page, name: string): Promise<void> {
  await page.screenshot({ path: join(root, ".cache/screenshots", `${name}.png`) });
}

function runVite(args: readonly string[]): void {
  const vite = join(root, "node_modules/vite/bin/vite.js");
  // vitest sets NODE_ENV to "test", which would make a development build.
  const options = { cwd: root, encoding: "utf8", env: { ...process.env, NODE_ENV: "production" } } as const;
  const result = spawnSync(process.execPath, [vite, "build", "--logLevel", "warn", ...args], options);
  if (result.status !== 0) throw new Error(`vite build failed:\n${result.stdout}${result.stderr}`);
}

/** Test files run in several processes: one builds, the others wait for it. */
function buildTestSite(directory: string): void {
  const lock = `${directory}.lock`;
  const index = join(directory, "index.html");
  for (let attempt = 0; ; attempt++) {
    try {
      mkdirSync(lock);
      break;
    } catch {
      if (attempt > 300) throw new Error(`${lock} has been there for long: remove it`);
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200);
    }
  }
  try {
    const newest = Math.max(...["web", "index.html", "vite.config.ts"].map((path) => newestIn(join(root, path))));
    if (!existsSync(index) || statSync(index).mtimeMs < newest) runVite(["--mode", "test"]);
  } finally {
    rmdirSync(lock);
  }
}

function newestIn(path: string): number {
  const info = statSync(path);
  if (!info.isDirectory()) return info.mtimeMs;
  return Math.max(0, ...readdirSync(path).map((name) => newestIn(join(path, name))));
}

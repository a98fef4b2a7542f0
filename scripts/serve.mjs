/**
 * A static file server for the built site: what any static host does, on loopback. Files are sent as they are (`.gz` artifacts
 * without Content-Encoding); text and WebAssembly are compressed when the client takes gzip.
 *
 *   node scripts/serve.mjs [--port 5173] [--directory dist]
 */
import { createReadStream } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import { createServer } from "node:http";
import { extname, join, normalize, sep } from "node:path";
import { parseArgs, promisify } from "node:util";
import { gzip } from "node:zlib";
import { fileURLToPath } from "node:url";
import { isPreviewHost } from "./preview-host.mjs";
import { root } from "./run.mjs";

/** @type {Readonly<Record<string, string>>} */
const TYPES = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".json": "application/json",
  ".svg": "image/svg+xml",
  ".wasm": "application/wasm",
  ".webmanifest": "application/manifest+json",
  ".woff2": "font/woff2",
};
const COMPRESSED = new Set([".html", ".js", ".css", ".json", ".svg", ".wasm"]);

/** A browser's own limit on the cookies of a site (180 of 4 KiB): pages of containers may set them for the app's site, and that must not lock it. */
const MAX_HEADER_BYTES = 1 << 20;

/**
 * @param {string} directory
 * @param {{ onRequest?: (path: string) => void }} [options]
 * @returns {import("node:http").Server} not yet listening
 */
export function createStaticServer(directory, options = {}) {
  /** @type {Map<string, Promise<Buffer>>} */
  const compressed = new Map();
  /** @param {StaticFile} file @param {string} etag */
  const gzipped = (file, etag) => {
    const key = `${file.path} ${etag}`;
    const body = compressed.get(key) ?? readFile(file.path).then((bytes) => promisify(gzip)(bytes));
    compressed.set(key, body);
    return body;
  };
  return createServer({ maxHeaderSize: MAX_HEADER_BYTES }, async (request, response) => {
    const url = new URL(request.url ?? "/", "http://localhost");
    options.onRequest?.(url.pathname);
    try {
      if (request.method !== "GET" && request.method !== "HEAD") response.writeHead(405, { allow: "GET, HEAD" }).end();
      else {
        const isPreview = isPreviewHost(request.headers.host);
        const file = await locate(isPreview ? join(directory, "preview") : directory, url.pathname);
        if (isPreview) response.setHeader("origin-agent-cluster", "?1");
        if (file || !isPreview) await answer(request, response, { file, url, gzipped });
        else await answerMissing(response, join(directory, "preview/404.html"));
      }
    } catch (error) {
      if (!response.headersSent) response.writeHead(500, { "content-type": "text/plain" });
      response.end(`${error instanceof Error ? error.message : String(error)}\n`);
    }
  });
}

/** A preview's origin has pages only while the app has it open. @param {import("node:http").ServerResponse} response @param {string} page */
async function answerMissing(response, page) {
  const text = await readFile(page).catch(() => "not found\n");
  response.writeHead(404, { "content-type": "text/html; charset=utf-8", "cache-control": "no-store" }).end(text);
}

/** @typedef {{ path: string, size: number, mtimeMs: number }} StaticFile */

/**
 * @param {import("node:http").IncomingMessage} request
 * @param {import("node:http").ServerResponse} response
 * @param {{ file: StaticFile | undefined, url: URL, gzipped: (file: StaticFile, etag: string) => Promise<Buffer> }} found
 */
async function answer(request, response, { file, url, gzipped }) {
  if (!file) {
    response.writeHead(404, { "content-type": "text/plain" }).end("not found\n");
    return;
  }
  const etag = `"${file.size.toString(36)}-${Math.floor(file.mtimeMs).toString(36)}"`;
  // A name or a query that holds the content's hash never means anything else.
  const isImmutable = url.pathname.includes("/assets/") || url.searchParams.has("v");
  /** @type {Record<string, string | number>} */
  const headers = {
    "content-type": TYPES[extname(file.path)] ?? "application/octet-stream",
    etag,
    "accept-ranges": "bytes",
    // As static hosts for open content do: other sites load embed.js as a module.
    "access-control-allow-origin": "*",
    "cache-control": isImmutable ? "public, max-age=31536000, immutable" : "no-cache",
  };
  const isHead = request.method === "HEAD";
  if (request.headers["if-none-match"] === etag) response.writeHead(304, headers).end();
  else if (request.headers.range?.startsWith("bytes=")) sendRange(request, response, { file, headers });
  else if (COMPRESSED.has(extname(file.path)) && /\bgzip\b/.test(String(request.headers["accept-encoding"]))) {
    const bytes = await gzipped(file, etag);
    response.writeHead(200, {
      ...headers,
      "content-encoding": "gzip",
      "content-length": bytes.length,
      vary: "accept-encoding",
    });
    response.end(isHead ? undefined : bytes);
  } else {
    response.writeHead(200, { ...headers, "content-length": file.size });
    if (isHead) response.end();
    else createReadStream(file.path).pipe(response);
  }
}

/**
 * @param {import("node:http").IncomingMessage} request
 * @param {import("node:http").ServerResponse} response
 * @param {{ file: StaticFile, headers: Record<string, string | number> }} found
 */
function sendRange(request, response, { file, headers }) {
  const range = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? "");
  const start = Number(range?.[1]);
  const end = range?.[2] ? Math.min(Number(range[2]), file.size - 1) : file.size - 1;
  if (!range || start > end) {
    response.writeHead(416, { "content-range": `bytes */${file.size}` }).end();
    return;
  }
  response.writeHead(206, {
    ...headers,
    "content-length": end - start + 1,
    "content-range": `bytes ${start}-${end}/${file.size}`,
  });
  if (request.method === "HEAD") response.end();
  else createReadStream(file.path, { start, end }).pipe(response);
}

/** @param {string} directory @param {string} pathname */
async function locate(directory, pathname) {
  const path = normalize(join(directory, decodeURIComponent(pathname)));
  if (path !== directory && !path.startsWith(directory + sep)) return undefined;
  for (const candidate of [path, join(path, "index.html")]) {
    const info = await stat(candidate).catch(() => undefined);
    if (info?.isFile()) return { path: candidate, size: info.size, mtimeMs: info.mtimeMs };
  }
  return undefined;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { values } = parseArgs({
    options: { port: { type: "string", default: "5173" }, directory: { type: "string", default: "dist" } },
  });
  const server = createStaticServer(join(root, values.directory));
  server.on("error", (error) => {
    console.error(`drydock: cannot serve on port ${values.port}: ${error.message}`);
    process.exit(1);
  });
  server.listen(Number(values.port), "localhost", () => {
    console.log(`Drydock is at http://localhost:${values.port}`);
    console.log(`With pages of containers inside the page: http://drydock.localhost:${values.port}`);
  });
}

import { createReadStream, statSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { join, normalize, sep } from "node:path";
import type { Connect, Plugin } from "vite";

/**
 * Vite's servers label `*.gz` with `Content-Encoding: gzip`, so a browser would unpack artifacts behind our back. This serves
 * `guest/` and `v2/` as the bytes they are, and answers 404 (not the page) for what is missing.
 */
export function rawFilesPlugin(publicDirectory: string): Plugin {
  return {
    name: "drydock:raw-files",
    configureServer: (server) => void server.middlewares.use(rawFiles(publicDirectory)),
    configurePreviewServer(server) {
      server.middlewares.use(rawFiles(join(server.config.root, server.config.build.outDir)));
    },
  };
}

function rawFiles(directory: string): Connect.NextHandleFunction {
  return (request, response, next) => {
    const { pathname } = new URL(request.url ?? "/", "http://localhost");
    if (!/^\/(guest|v2)\//.test(pathname)) return next();
    const path = normalize(join(directory, decodeURIComponent(pathname)));
    const info = path.startsWith(directory + sep) ? statSync(path, { throwIfNoEntry: false }) : undefined;
    if (!info?.isFile()) {
      response.writeHead(404, { "content-type": "text/plain" }).end("not found\n");
      return;
    }
    send(request, response, { path, sizeBytes: info.size, etag: `"${info.size}-${Math.floor(info.mtimeMs)}"` });
  };
}

function send(
  request: IncomingMessage,
  response: ServerResponse,
  file: { path: string; sizeBytes: number; etag: string },
): void {
  const type = file.path.endsWith(".json") ? "application/json" : "application/octet-stream";
  const headers = { "content-type": type, etag: file.etag, "cache-control": "no-cache", "accept-ranges": "bytes" };
  if (request.headers["if-none-match"] === file.etag) {
    response.writeHead(304, headers).end();
    return;
  }
  const range = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? "");
  const start = Number(range?.[1] ?? 0);
  const end = Math.min(range?.[2] ? Number(range[2]) : file.sizeBytes - 1, file.sizeBytes - 1);
  const extra = range ? { "content-range": `bytes ${start}-${end}/${file.sizeBytes}` } : {};
  response.writeHead(range ? 206 : 200, { ...headers, ...extra, "content-length": Math.max(0, end - start + 1) });
  if (request.method === "HEAD" || file.sizeBytes === 0) response.end();
  else createReadStream(file.path, { start, end }).pipe(response);
}

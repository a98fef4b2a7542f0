import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";

export interface StaticServer extends AsyncDisposable {
  /** `http://127.0.0.1:PORT/` */
  readonly url: string;
  readonly requests: string[];
  /** Ends the next answer whose path contains this, after so many bytes. */
  breakOnce(part: string, afterBytes: number): void;
}

/** What any static host does with a directory: no content types, no digests, but ranges. */
export async function serveFiles(directory: string): Promise<StaticServer> {
  const requests: string[] = [];
  let fault: { part: string; afterBytes: number } | undefined;
  const server: Server = createServer((request, response) => {
    const path = decodeURIComponent(new URL(request.url ?? "", "http://x").pathname);
    requests.push(`${path} ${request.headers.range ?? ""}`.trim());
    const file = join(directory, path);
    stat(file).then(
      (found) => {
        if (!found.isFile()) return response.writeHead(404).end("<html>not found");
        const start = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? "")?.[1] ?? 0);
        const range = start > 0 ? { "content-range": `bytes ${start}-${found.size - 1}/${found.size}` } : {};
        response.writeHead(start > 0 ? 206 : 200, {
          "content-type": "application/octet-stream",
          "content-length": found.size - start,
          ...range,
        });
        const cut = fault && path.includes(fault.part) ? fault.afterBytes : undefined;
        const stream = createReadStream(file, { start, ...(cut !== undefined && { end: start + cut - 1 }) });
        if (cut === undefined) return stream.pipe(response);
        fault = undefined;
        stream.pipe(response, { end: false });
        return stream.on("end", () => setTimeout(() => request.socket.destroy(), 20));
      },
      () => response.writeHead(404).end("<html>not found"),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/`,
    requests,
    breakOnce: (part, afterBytes) => void (fault = { part, afterBytes }),
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

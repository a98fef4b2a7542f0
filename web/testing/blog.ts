import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Site } from "./browser.ts";

/** A site of somebody else. */
export type Blog = Omit<Site, "sentBytes">;

/** Serves pages of somebody else: another origin than any other server here, without any special header. */
export async function serveBlog(pages: Readonly<Record<string, string>>): Promise<Blog> {
  const requests: string[] = [];
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? "/", "http://localhost");
    requests.push(pathname);
    const page = pages[pathname];
    const type = pathname.endsWith(".json") ? "application/json" : "text/html; charset=utf-8";
    response.writeHead(page === undefined ? 404 : 200, { "content-type": type }).end(page ?? "");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    // Another host as well: sites, not only origins, are told apart by it.
    url: `http://localhost:${port}/`,
    requests,
    [Symbol.asyncDispose]: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** A page around some HTML. */
export const post = (body: string): string =>
  `<!doctype html><html lang="en"><meta charset="utf-8"><title>A post</title>
  <style>* { color: red; font-size: 30px } section, button { display: none !important }</style>${body}</html>`;

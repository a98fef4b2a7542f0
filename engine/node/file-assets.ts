import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join, normalize, sep } from "node:path";
import { EngineError, messageOf } from "../base/errors.ts";
import { isInsecureHost } from "../images/registry-hosts.ts";
import { insecureFetch } from "./insecure-fetch.ts";
import type { AssetSource } from "../engine-options.ts";

/** Reads the files of `public/` from disk, for the engine under Node. Registry requests to the page's own `v2/` are answered from there too. */
export function createFileAssets(
  publicDirectory: string,
  { insecureRegistries = [] }: { readonly insecureRegistries?: readonly string[] } = {},
): AssetSource {
  const fetchOutside = insecureFetch((host) => isInsecureHost(host, insecureRegistries));
  const locate = (path: string): string => {
    const file = normalize(join(publicDirectory, path));
    if (!file.startsWith(publicDirectory + sep))
      throw new EngineError("invalid-argument", `path leaves the assets: ${path}`);
    return file;
  };
  return {
    async read(path, options = {}) {
      try {
        const bytes = new Uint8Array(await readFile(locate(path)));
        options.onProgress?.(bytes.length, bytes.length);
        return bytes;
      } catch (cause) {
        if (cause instanceof EngineError) throw cause;
        throw new EngineError("not-found", `artifact ${path} is missing: ${messageOf(cause)}`, { cause });
      }
    },
    emulator: async () =>
      WebAssembly.compile(await readFile(createRequire(import.meta.url).resolve("v86/build/v86.wasm"))),
    async fetch(url, init) {
      if (/^https?:/.test(url)) return await fetchOutside(url, init);
      return fileResponse(locate(new URL(url, "file:///").pathname), init);
    },
  };
}

async function fileResponse(file: string, init: RequestInit = {}): Promise<Response> {
  let bytes: Uint8Array<ArrayBuffer>;
  try {
    bytes = new Uint8Array(await readFile(file));
  } catch {
    return new Response("not found\n", { status: 404 });
  }
  const range = /^bytes=(\d+)-(\d*)$/.exec(new Headers(init.headers).get("range") ?? "");
  if (!range)
    return new Response(init.method === "HEAD" ? null : bytes, { headers: { "content-length": String(bytes.length) } });
  const start = Number(range[1]);
  const end = range[2] ? Number(range[2]) + 1 : bytes.length;
  return new Response(bytes.slice(start, end), {
    status: 206,
    headers: { "content-range": `bytes ${start}-${end - 1}/${bytes.length}` },
  });
}

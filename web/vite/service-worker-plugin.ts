import { createHash } from "node:crypto";
import type { Plugin } from "vite";
import { offlineArtifacts } from "../data/artifacts.ts";
import { scan, scanArtifacts } from "./scan.ts";

/** Images small enough to be kept for a first `docker run` without a network. */
const OFFLINE_IMAGES = ["v2/library/hello-world", "v2/library/busybox"];
const OFFLINE_IMAGE_LIMIT_BYTES = 6 << 20;
const PLACEHOLDER = /(["'`])__DRYDOCK_PRECACHE__\1/;

/** In development: takes a service worker of an earlier build on this port away, or its old page would be shown. */
const REMOVAL = `self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil((async () => {
  await self.registration.unregister();
  for (const client of await self.clients.matchAll({ type: "window" })) client.navigate(client.url);
})()));`;

/**
 * Tells the built service worker which files make up this version of the page. `lazy` files are cached when they are first used.
 */
export function serviceWorkerPlugin(
  publicDirectory: string,
  options: { lazy: readonly RegExp[]; isPublicCopied: boolean },
): Plugin {
  return {
    name: "drydock:service-worker",
    enforce: "post",
    configureServer(server) {
      server.middlewares.use("/service-worker.js", (_request, response) => {
        response.writeHead(200, { "content-type": "text/javascript", "cache-control": "no-store" }).end(REMOVAL);
      });
    },
    generateBundle(_options, bundle) {
      const worker = bundle["service-worker.js"];
      if (worker?.type !== "chunk") return;
      const hash = createHash("sha256");
      const built: string[] = [];
      for (const [name, file] of Object.entries(bundle).sort(([a], [b]) => (a < b ? -1 : 1))) {
        if (name === "service-worker.js" || name.endsWith(".map") || options.lazy.some((pattern) => pattern.test(name)))
          continue;
        hash.update(name).update(file.type === "chunk" ? file.code : file.source);
        built.push(name === "index.html" ? "./" : name);
      }
      const artifacts = options.isPublicCopied ? scanArtifacts(publicDirectory) : {};
      const kept = offlineArtifacts(artifacts);
      const guest = kept.map((path) => `${path}?v=${artifacts[path]?.version}`);
      const images = (options.isPublicCopied ? OFFLINE_IMAGES : []).flatMap((directory) => {
        const files = Object.entries(scan(publicDirectory, directory));
        const sizeBytes = files.reduce((sum, [, file]) => sum + file.sizeBytes, 0);
        for (const [path, file] of files) hash.update(path + file.version);
        return sizeBytes <= OFFLINE_IMAGE_LIMIT_BYTES ? files.map(([path]) => path) : [];
      });
      const version = hash.update(guest.join()).digest("hex").slice(0, 12);
      const manifest = { version, files: [...built, ...guest], images };
      worker.code = worker.code.replace(PLACEHOLDER, () => JSON.stringify(JSON.stringify(manifest)));
    },
  };
}

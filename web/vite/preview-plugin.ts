import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { build, type Plugin } from "vite";
import { isPreviewHost } from "../../scripts/preview-host.mjs";
import { HOST_PATH, OWN_PATH, SHIM_PATH, WORKER_PATH } from "../preview/protocol.ts";

const SCRIPTS: Readonly<Record<string, string>> = {
  [WORKER_PATH]: "service-worker.ts",
  [SHIM_PATH]: "shim.ts",
  [`${OWN_PATH}host.js`]: "host.ts",
};
const PAGES: Readonly<Record<string, string>> = { [HOST_PATH]: "host.html", "/404.html": "404.html" };

/**
 * The files of the preview origin, a site of its own below `preview/`: classic scripts without imports, since one is a service worker
 * and one runs in pages of other people. In development they are served for the hosts that previews have.
 *
 * `DRYDOCK_PREVIEW_ORIGIN` (a template such as `https://{port}-{machine}.preview.example.org`) and `DRYDOCK_APP_ORIGINS` are written into the pages of
 * a build for a public site.
 */
export function previewPlugin(root: string): Plugin {
  let outDirectory = "";
  const directory = join(root, "web/preview");
  const page = async (name: string): Promise<string> =>
    (await readFile(join(directory, name), "utf8")).replace(
      'name="drydock-app-origins" content=""',
      () => `name="drydock-app-origins" content="${attribute(process.env["DRYDOCK_APP_ORIGINS"])}"`,
    );
  return {
    name: "drydock:preview",
    configResolved(config) {
      outDirectory = resolve(config.root, config.build.outDir, "preview");
    },
    transformIndexHtml: {
      order: "pre",
      handler: (html) =>
        html.replace(
          'name="drydock-preview-origin" content=""',
          () => `name="drydock-preview-origin" content="${attribute(process.env["DRYDOCK_PREVIEW_ORIGIN"])}"`,
        ),
    },
    configureServer(server) {
      server.middlewares.use((request, response, next) => {
        if (!isPreviewHost(request.headers.host)) return next();
        const path = (request.url ?? "/").replace(/\?.*$/, "");
        const script = SCRIPTS[path];
        const answering = script ? bundle(directory, script) : page(PAGES[path] ?? "404.html");
        answering.then((text) => {
          const type = script ? "text/javascript" : "text/html; charset=utf-8";
          response
            .writeHead(script || PAGES[path] ? 200 : 404, { "content-type": type, "cache-control": "no-store" })
            .end(text);
        }, next);
      });
    },
    async closeBundle() {
      const files = [
        ...Object.entries(SCRIPTS).map(([path, name]) => [path, bundle(directory, name)] as const),
        ...Object.entries(PAGES).map(([path, name]) => [path, page(name)] as const),
      ];
      for (const [path, text] of files) {
        const file = join(outDirectory, path);
        await mkdir(dirname(file), { recursive: true });
        await writeFile(file, await text);
      }
    },
  };
}

/** One script with all it imports. */
async function bundle(directory: string, name: string): Promise<string> {
  const result = await build({
    configFile: false,
    root: directory,
    logLevel: "error",
    build: {
      write: false,
      target: "es2022",
      modulePreload: false,
      rolldownOptions: { input: join(directory, name), output: { format: "iife" } },
    },
  });
  const [output] = Array.isArray(result) ? result : [result];
  const chunk = output && "output" in output ? output.output[0] : undefined;
  if (!chunk) throw new Error(`web/preview/${name} could not be built`);
  return chunk.code;
}

const attribute = (text = ""): string => text.replace(/[&"<>]/g, (character) => `&#${character.charCodeAt(0)};`);

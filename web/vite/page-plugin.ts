import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { HtmlTagDescriptor, Plugin } from "vite";

/** Puts `web/styles/page.css` into the HTML: the first paint waits for no second request. */
export function inlineStylePlugin(root: string): Plugin {
  return {
    name: "drydock:inline-style",
    transformIndexHtml: {
      order: "pre",
      handler: (html) =>
        html.replace(
          "<!-- web/styles/page.css -->",
          () => `<style>\n${readFileSync(join(root, "web/styles/page.css"), "utf8")}</style>`,
        ),
    },
  };
}

/**
 * The first script only starts the worker and then imports the page. This lets the browser fetch the page's chunks while it
 * still reads the HTML.
 */
export function preloadPlugin(): Plugin {
  return {
    name: "drydock:preload",
    apply: "build",
    transformIndexHtml: {
      order: "post",
      handler(_html, { bundle, chunk, path }) {
        // A playground in another page loads nothing before it is wanted.
        if (path.endsWith("/embed.html")) return [];
        const wanted = new Set<string>();
        const visit = (fileName: string): void => {
          const found = bundle?.[fileName];
          if (found?.type !== "chunk" || wanted.has(fileName)) return;
          wanted.add(fileName);
          found.imports.forEach(visit);
        };
        // Only some visits come with a document.
        chunk?.dynamicImports.filter((fileName) => !fileName.includes("/open-shared-")).forEach(visit);
        chunk?.imports.forEach((fileName) => wanted.delete(fileName));
        return [...wanted].map((fileName): HtmlTagDescriptor => ({
          tag: "link",
          attrs: { rel: "modulepreload", crossorigin: true, href: `./${fileName}` },
          injectTo: "head",
        }));
      },
    },
  };
}

import { join } from "node:path";
import { defineConfig } from "vite";
import { artifactsPlugin } from "./web/vite/artifacts-plugin.ts";
import { embedPlugin } from "./web/vite/embed-plugin.ts";
import { inlineStylePlugin, preloadPlugin } from "./web/vite/page-plugin.ts";
import { previewPlugin } from "./web/vite/preview-plugin.ts";
import { rawFilesPlugin } from "./web/vite/raw-files-plugin.ts";
import { serviceWorkerPlugin } from "./web/vite/service-worker-plugin.ts";

const root = import.meta.dirname;
const publicDirectory = join(root, "public");
/** What only the editor needs, kept apart: it is downloaded when an editor is shown, not for a visit offline later. */
const EDITOR_ONLY =
  /node_modules\/(?:monaco-editor|dockerfile-|vscode-languageserver|yaml)|web\/elements\/(?:editor|code|gutter)\//;
const EDITOR_FILES = /^assets\/(?:editor|monaco|codicon)/;
/** What other sites embed: a reader there has no service worker, and whoever comes to the page itself does not need it. */
const EMBED_FILES = /^(?:embed\.(?:js|html)|assets\/embed-)/;

/**
 * One static site that works from any sub-path of any static host: relative URLs, no special headers (no COOP/COEP).
 * `--mode test` builds the site for element tests: with the fake engine, without copying `public/`.
 */
export default defineConfig(({ command, mode }) => {
  const isTest = mode === "test";
  const engines = isTest ? "fake" : command === "build" ? "real" : "both";
  return {
    root,
    publicDir: "public",
    base: "./",
    // Not "spa": a missing artifact must answer 404, not the page.
    appType: "mpa",
    define: { __DRYDOCK_ENGINES__: JSON.stringify(engines) },
    plugins: [
      rawFilesPlugin(publicDirectory),
      inlineStylePlugin(root),
      previewPlugin(root),
      preloadPlugin(),
      artifactsPlugin(publicDirectory),
      embedPlugin(root),
      serviceWorkerPlugin(publicDirectory, { lazy: [EDITOR_FILES, EMBED_FILES], isPublicCopied: !isTest }),
    ],
    resolve: { alias: { https: join(root, "web/data/no-https.ts") } },
    worker: { format: "es", plugins: () => [artifactsPlugin(publicDirectory)] },
    server: {
      port: 5173,
      strictPort: true,
      watch: { ignored: ["**/.cache/**", "**/dist/**", "**/public/**", "**/kernel-image/**"] },
    },
    preview: { port: 5173, strictPort: true },
    build: {
      target: "es2022",
      outDir: isTest ? ".cache/web-test" : "dist",
      emptyOutDir: true,
      copyPublicDir: !isTest,
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
      chunkSizeWarningLimit: 800,
      rolldownOptions: {
        input: {
          index: join(root, "index.html"),
          embed: join(root, "embed.html"),
          "service-worker": join(root, "web/service-worker.ts"),
          ...(isTest && { elements: join(root, "web/testing/elements.html") }),
        },
        output: {
          entryFileNames: (chunk) =>
            chunk.name === "service-worker" ? "service-worker.js" : "assets/[name]-[hash].js",
          chunkFileNames: (chunk) =>
            EDITOR_ONLY.test(chunk.moduleIds.at(-1) ?? "")
              ? "assets/editor/[name]-[hash].js"
              : "assets/[name]-[hash].js",
        },
      },
    },
  };
});

import { join } from "node:path";
import { build, type Plugin } from "vite";

/**
 * Makes `embed.js`, which other sites load by its name: one classic script without imports, so that it works with and without
 * `type="module"`, and so that nothing the page shares in chunks is loaded with it.
 */
export function embedPlugin(root: string): Plugin {
  return {
    name: "drydock:embed",
    configureServer(server) {
      server.middlewares.use("/embed.js", (_request, response, next) => {
        embedScript(root).then((code) => {
          const headers = {
            "content-type": "text/javascript",
            "cache-control": "no-store",
            "access-control-allow-origin": "*",
          };
          response.writeHead(200, headers).end(code);
        }, next);
      });
    },
    async generateBundle() {
      this.emitFile({ type: "asset", fileName: "embed.js", source: await embedScript(root) });
    },
  };
}

async function embedScript(root: string): Promise<string> {
  const result = await build({
    root,
    configFile: false,
    publicDir: false,
    logLevel: "warn",
    build: {
      target: "es2022",
      write: false,
      modulePreload: false,
      rolldownOptions: {
        input: join(root, "web/embed/embed.ts"),
        output: { format: "iife", entryFileNames: "embed.js" },
      },
    },
  });
  const results = Array.isArray(result) ? result : [result];
  const [chunk, ...others] = results.flatMap((each) => ("output" in each ? each.output : []));
  if (chunk?.type !== "chunk" || others.length > 0) throw new Error("embed.js must be one file");
  return chunk.code;
}

import { EngineError } from "../../base/errors.ts";
import { collectText } from "../../base/streams.ts";
import { readTar } from "../../oci/layer-tar.ts";
import type { BuildContexts } from "../services.ts";
import { fakeFiles } from "./fake-builder.ts";

/** Plain tar files as contexts. */
export function fakeBuildContexts(): BuildContexts {
  return {
    receive: async (tar) => {
      const texts: Record<string, string> = {};
      for await (const { entry, content } of readTar(tar))
        if (entry.type === "file") texts[entry.path] = await collectText(content);
      return { files: fakeFiles(texts), sizeBytes: 1024, [Symbol.asyncDispose]: async () => undefined };
    },
    fetch: async (url) => {
      if (!url.endsWith("/Dockerfile")) throw new EngineError("internal", `error downloading remote context ${url}`);
      const files = fakeFiles({ context: "FROM busybox\n" });
      return { files, dockerfile: "context", [Symbol.asyncDispose]: async () => undefined };
    },
  };
}

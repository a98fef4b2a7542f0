import type { Plugin } from "vite";
import { scanArtifacts } from "./scan.ts";

const ID = "virtual:drydock-artifacts";
const RESOLVED = `\0${ID}`;

/**
 * Gives the page the table of artifacts under `public/guest` (size, version): sizes make honest progress bars, versions make
 * URLs that caches may keep for ever. Notes for people (`*.md`, `*.txt`) are left out.
 */
export function artifactsPlugin(publicDirectory: string): Plugin {
  return {
    name: "drydock:artifacts",
    resolveId: (id) => (id === ID ? RESOLVED : undefined),
    load(id) {
      if (id !== RESOLVED) return undefined;
      return `export const artifacts = ${JSON.stringify(scanArtifacts(publicDirectory))};`;
    },
  };
}

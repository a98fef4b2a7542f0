import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, relative, sep } from "node:path";
import type { Artifact } from "../data/artifacts.ts";

/** Files below `directory` (relative to `root`, `/`-separated) with size and version, sorted; none when it does not exist. */
export function scan(root: string, directory: string): Record<string, Artifact> {
  const start = join(root, directory);
  if (!existsSync(start)) return {};
  const files = readdirSync(start, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.name.startsWith("."))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
  return Object.fromEntries(
    files.map((file) => {
      const bytes = readFileSync(file);
      const version = createHash("sha256").update(bytes).digest("hex").slice(0, 12);
      return [relative(root, file).split(sep).join("/"), { sizeBytes: bytes.length, version }];
    }),
  );
}

/** The artifacts a guest boots from: what `guest/manifest.json` lists (everything, while there is none), and the snapshot. */
export function scanArtifacts(publicDirectory: string): Record<string, Artifact> {
  const listed = listedIn(join(publicDirectory, "guest/manifest.json"));
  const isArtifact = (path: string): boolean => {
    if (path.startsWith("guest/snapshot/") || path === "guest/manifest.json") return true;
    return listed ? listed.has(path.slice("guest/".length)) : !/\.(md|txt)$/.test(path);
  };
  return Object.fromEntries(Object.entries(scan(publicDirectory, "guest")).filter(([path]) => isArtifact(path)));
}

function listedIn(manifest: string): ReadonlySet<string> | undefined {
  if (!existsSync(manifest)) return undefined;
  const { artifacts } = JSON.parse(readFileSync(manifest, "utf8")) as { artifacts?: Record<string, unknown> };
  return artifacts && new Set(Object.keys(artifacts));
}

/**
 * Checks that every import in `engine/` and `web/` keeps to the table in `engine/layers.ts`, and that packages are imported only by
 * the folder that owns them. `check-layers.test.ts` proves that a wrong import is found.
 */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, sep } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { LAYERS, OWNED_PACKAGES, OPEN_FILES } from "../engine/layers.ts";

export interface SourceFile {
  /** Relative to the project, with `/`. */
  readonly path: string;
  readonly text: string;
}

const IMPORT =
  /(?:^|\n)\s*(?:import|export)\s(?:[^"';]*?\sfrom\s)?["']([^"']+)["']|\bimport\(\s*["']([^"']+)["']\s*\)/g;

/** One sentence for each import that breaks the table. */
export function findLayerViolations(files: readonly SourceFile[]): string[] {
  return files.flatMap((file) =>
    [...file.text.matchAll(IMPORT)].flatMap((match) => {
      const specifier = (match[1] ?? match[2]) as string;
      const problem = specifier.startsWith(".") ? checkPath(file.path, specifier) : checkPackage(file.path, specifier);
      return problem ? [`${file.path}: ${problem}`] : [];
    }),
  );
}

function checkPath(from: string, specifier: string): string | undefined {
  const to = join(dirname(from), specifier).split(sep).join("/").replace(/\?.*$/, "");
  if (from.startsWith("web/") && to.startsWith("engine/") && !from.endsWith(".test.ts")) {
    // The Dockerfile language is a library without an engine: the editor checks what is typed where it is typed.
    const isAllowed = to === "engine/index.ts" || to.startsWith("engine/dockerfile/");
    return isAllowed ? undefined : `web/ may import engine/index.ts only, not ${to}`;
  }
  const layer = layerOf(from);
  if (layer === undefined) return undefined;
  const target = layerOf(to);
  if (target === undefined) {
    return to.startsWith("engine/") && !OPEN_FILES.includes(to) ? `engine/${layer}/ may not import ${to}` : undefined;
  }
  if (target === layer || (LAYERS[layer] as readonly string[]).includes(target) || OPEN_FILES.includes(to))
    return undefined;
  return `engine/${layer}/ may not import engine/${target}/ (${specifier})`;
}

function checkPackage(from: string, specifier: string): string | undefined {
  if (/\.(?:test|suite)\.ts$/.test(from)) return undefined;
  const name = specifier
    .split("/")
    .slice(0, specifier.startsWith("@") ? 2 : 1)
    .join("/");
  const owners = OWNED_PACKAGES[name];
  if (owners === undefined || owners.some((owner) => from.startsWith(owner))) return undefined;
  return `package ${name} belongs to ${owners.join(", ")}`;
}

function layerOf(path: string): keyof typeof LAYERS | undefined {
  if (/\.(?:test|suite)\.ts$/.test(path)) return undefined;
  const match = /^engine\/([^/]+)\//.exec(path);
  return match && match[1] !== undefined && match[1] in LAYERS ? (match[1] as keyof typeof LAYERS) : undefined;
}

/** All TypeScript files below these folders. */
export function readSources(root: string, folders: readonly string[]): SourceFile[] {
  return folders.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".ts"))
      .map((name) => {
        const path = join(root, folder, name);
        return { path: relative(root, path).split(sep).join("/"), text: readFileSync(path, "utf8") };
      }),
  );
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const root = join(dirname(fileURLToPath(import.meta.url)), "..");
  const files = readSources(root, ["engine", "web"]);
  const violations = findLayerViolations(files);
  for (const violation of violations) console.error(violation);
  console.log(`${files.length} files, ${violations.length} wrong imports`);
  if (files.length === 0 || violations.length > 0) process.exit(1);
}

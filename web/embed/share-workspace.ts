import { ask, askJson } from "../data/drydock-api.ts";
import type { DockerFetch } from "../data/engine-client.ts";
import { number, object, objects, text } from "../data/fields.ts";
import { FILES_LIMIT, FILES_LIMIT_BYTES, isPath, type PlaygroundFile } from "./document-files.ts";

/** Why a file is not in a link. */
export type LeftOutReason = "too-large" | "too-many" | "name" | "kind" | "unreadable";

/** What of a workspace goes into a link. */
export interface SharedWorkspace {
  readonly files: readonly PlaygroundFile[];
  readonly sizeBytes: number;
  /** What does not, each with the reason. */
  readonly leftOut: readonly { readonly path: string; readonly reason: LeftOutReason }[];
}

interface Entry {
  readonly path: string;
  readonly type: string;
  readonly sizeBytes: number;
  readonly mode: number;
}

/** A directory goes with its files; empty ones cannot be in a document. */
const DIRECTORY = /^dir/i;
const REGULAR = /^(file|regular)$/i;
const EXECUTABLE = 0o100;

/**
 * Reads what a link can hold of the workspace: regular files, the small ones first where not all fit.
 * @throws ApiError when the workspace cannot be read at all
 */
export async function shareWorkspace(fetch: DockerFetch): Promise<SharedWorkspace> {
  const entries = await listEntries(fetch);
  const files: PlaygroundFile[] = [];
  const leftOut: { path: string; reason: LeftOutReason }[] = [];
  let sizeBytes = 0;
  for (const entry of entries.toSorted((a, b) => a.sizeBytes - b.sizeBytes)) {
    const { path } = entry;
    const reason = reasonAgainst(entry, files.length, sizeBytes);
    if (reason !== undefined) {
      leftOut.push({ path, reason });
      continue;
    }
    try {
      const response = await ask(fetch, "GET", `/drydock/workspace/file?${new URLSearchParams({ path }).toString()}`);
      const bytes = new Uint8Array(await response.arrayBuffer());
      sizeBytes += bytes.length;
      files.push({ path, bytes, isExecutable: (entry.mode & EXECUTABLE) !== 0 });
    } catch {
      leftOut.push({ path, reason: "unreadable" });
    }
  }
  return { files: sorted(files), sizeBytes, leftOut: sorted(leftOut) };
}

function reasonAgainst({ path, type, sizeBytes }: Entry, count: number, usedBytes: number): LeftOutReason | undefined {
  if (!REGULAR.test(type)) return "kind";
  if (!isPath(path)) return "name";
  if (usedBytes + sizeBytes > FILES_LIMIT_BYTES) return "too-large";
  return count >= FILES_LIMIT ? "too-many" : undefined;
}

async function listEntries(fetch: DockerFetch): Promise<readonly Entry[]> {
  const answer = object(await askJson(fetch, "GET", "/drydock/workspace/files"));
  return objects(answer["Files"])
    .map((fields) => ({
      path: text(fields["Path"]).replace(/^\/+/, ""),
      type: text(fields["Type"]),
      sizeBytes: number(fields["SizeBytes"]),
      mode: number(fields["Mode"]),
    }))
    .filter(({ path, type }) => path !== "" && !DIRECTORY.test(type));
}

function sorted<T extends { readonly path: string }>(list: readonly T[]): T[] {
  return list.toSorted((a, b) => (a.path < b.path ? -1 : 1));
}

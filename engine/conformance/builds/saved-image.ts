/** What `docker save` gives, as text that can be compared: the config, and each layer's entries. */
import { createHash } from "node:crypto";
import { chunksOf, type ByteStream } from "../../base/streams.ts";
import { EngineError } from "../../base/errors.ts";
import { type TarEntry, TarParser } from "../../oci/layer-tar.ts";
import { BASE_LAYER, CASE_TIME } from "./build-case.ts";

export interface SavedImage {
  readonly config: Readonly<Record<string, unknown>>;
  /** `created_by` of each step; `(empty) ` before what made no layer. */
  readonly history: readonly string[];
  /** Bottom first; the base's is only named. */
  readonly layers: readonly (readonly string[] | "busybox")[];
  readonly diffIds: readonly string[];
}

interface ConfigDocument {
  readonly architecture: string;
  readonly os: string;
  readonly author?: string;
  readonly config?: Readonly<Record<string, unknown>>;
  readonly history?: readonly { readonly created_by?: string; readonly empty_layer?: boolean }[];
  readonly rootfs: { readonly diff_ids: readonly string[] };
}

/** The format: https://github.com/moby/moby/blob/master/image/tarexport/save.go. One image only. */
export async function readSavedImage(archive: ByteStream): Promise<SavedImage> {
  const files = await filesOf(archive);
  const file = (path: string): Uint8Array => {
    const found = files.get(path);
    if (found === undefined) throw new Error(`${path} is missing in the archive`);
    return found;
  };
  const json = (path: string): unknown => JSON.parse(new TextDecoder().decode(file(path)));
  const [manifest] = json("manifest.json") as readonly {
    readonly Config: string;
    readonly Layers: readonly string[];
  }[];
  if (manifest === undefined) throw new Error("no image in the archive");
  const { architecture, os, author, config, history = [], rootfs } = json(manifest.Config) as ConfigDocument;
  return {
    config: { architecture, os, ...(author !== undefined && { author }), ...config },
    history: history.map(
      ({ created_by = "", empty_layer }) => `${empty_layer === true ? "(empty) " : ""}${created_by}`,
    ),
    layers: rootfs.diff_ids.map((diffId, index) =>
      diffId === BASE_LAYER ? "busybox" : listLayer(file(manifest.Layers[index] ?? "")),
    ),
    diffIds: rootfs.diff_ids,
  };
}

async function filesOf(archive: ByteStream): Promise<ReadonlyMap<string, Uint8Array>> {
  const files = new Map<string, Uint8Array>();
  let current: Uint8Array = new Uint8Array();
  let at = 0;
  const parser = new TarParser({
    entry: ({ path, type, size }) => {
      [current, at] = [new Uint8Array(size), 0];
      if (type === "file") files.set(path, current);
    },
    content: (bytes) => {
      current.set(bytes, at);
      at += bytes.length;
    },
  });
  for await (const chunk of chunksOf(archive)) parser.push(chunk);
  parser.end();
  return files;
}

interface Listed {
  readonly entry: TarEntry;
  readonly chunks: Uint8Array[];
}

/** A layer's tar, a line an entry, by path. Names of one file are told by the first of them, whichever the tar has the content with. */
export function listLayer(tar: Uint8Array): readonly string[] {
  const entries = new Map<string, Listed>();
  let last: Listed | undefined;
  const parser = new TarParser({
    entry: (entry) => {
      if (entries.has(entry.path)) throw new EngineError("invalid-argument", `${entry.path} is in the layer twice`);
      last = { entry, chunks: [] };
      entries.set(entry.path, last);
    },
    content: (bytes) => void last?.chunks.push(bytes.slice()),
  });
  parser.push(tar);
  parser.end();
  const paths = [...entries.keys()].toSorted();
  const told = new Map<string, string>();
  return paths.map((path) => {
    const listed = entries.get(path) as Listed;
    const target = listed.entry.type === "hard-link" ? listed.entry.link : path;
    const first = told.get(target);
    if (first !== undefined) return `${path} = ${first}`;
    told.set(target, path);
    const content = entries.get(target);
    return content === undefined ? `${path} = ${target} (elsewhere)` : lineOf(path, content);
  });
}

const KINDS = {
  file: "-",
  directory: "d",
  symlink: "l",
  "hard-link": "h",
  "character-device": "c",
  "block-device": "b",
  fifo: "p",
} as const;

function lineOf(path: string, { entry, chunks }: Listed): string {
  const { type, mode, uid, gid, link, major, minor, mtimeSeconds, xattrs } = entry;
  const parts = [
    path === "" ? "/" : path,
    `${KINDS[type]}${type === "symlink" ? "" : mode.toString(8).padStart(4, "0")}`,
    `${uid}:${gid}`,
    type === "symlink" ? `-> ${link}` : "",
    type.endsWith("device") ? `${major},${minor}` : "",
    type === "file" ? contentText(Buffer.concat(chunks)) : "",
    // BuildKit leaves those of directories to the clock.
    type !== "directory" && isChosen(mtimeSeconds) ? `@${mtimeSeconds - CASE_TIME}` : "",
    ...xattrs.map(([name, value]) => `${name}=${Buffer.from(value).toString("latin1")}`).toSorted(),
  ];
  return parts.filter((part) => part !== "").join(" ");
}

/** A time that a case gave, not the clock. */
function isChosen(seconds: number): boolean {
  return Math.abs(seconds - CASE_TIME) < 10_000_000;
}

function contentText(bytes: Buffer): string {
  const text = bytes.toString();
  if (text.length <= 60 && Buffer.from(text).equals(bytes)) return JSON.stringify(text);
  return `${bytes.length} bytes ${createHash("sha256").update(bytes).digest("hex").slice(0, 12)}`;
}

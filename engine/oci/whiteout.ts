/**
 * Whiteouts: files of a layer that say what is gone. `.wh.<name>` hides `<name>` of the layers below; `.wh..wh..opq` hides all that the layers
 * below have in its directory. https://github.com/opencontainers/image-spec/blob/main/layer.md#whiteouts
 */
import { invalidTar } from "./tar-header.ts";

const PREFIX = ".wh.";
const OPAQUE = ".wh..wh..opq";
/** AUFS's own files at the top of old layers, for example `.wh..wh.plnk/` with the inodes of hard links. */
const METADATA_PREFIX = ".wh..wh.";

export type Whiteout =
  /** The file or directory `path` of the layers below is gone. */
  | { readonly kind: "whiteout"; readonly path: string }
  /** The directory `path` shows nothing of the layers below. */
  | { readonly kind: "opaque"; readonly path: string }
  /** Not a file of the layer at all: skip it. */
  | { readonly kind: "metadata" };

/** What a cleaned path of a layer says, or undefined for an ordinary file. @throws EngineError invalid-argument for a whiteout of `.` or `..` */
export function parseWhiteout(path: string): Whiteout | undefined {
  if (!path.includes(PREFIX)) return undefined;
  const slash = path.lastIndexOf("/");
  const directory = slash < 0 ? "" : path.slice(0, slash);
  const name = path.slice(slash + 1);
  if (name === OPAQUE) return { kind: "opaque", path: directory };
  if (path.startsWith(METADATA_PREFIX)) return { kind: "metadata" };
  if (!name.startsWith(PREFIX)) return undefined;
  const hidden = name.slice(PREFIX.length);
  if (hidden === "" || hidden === "." || hidden === "..") throw invalidTar(`invalid whiteout: ${path}`);
  return { kind: "whiteout", path: directory === "" ? hidden : `${directory}/${hidden}` };
}

/** The path in a layer that says this; the inverse of {@link parseWhiteout}. */
export function formatWhiteout(kind: "whiteout" | "opaque", path: string): string {
  if (kind === "opaque") return path === "" ? OPAQUE : `${path}/${OPAQUE}`;
  const slash = path.lastIndexOf("/");
  return `${path.slice(0, slash + 1)}${PREFIX}${path.slice(slash + 1)}`;
}

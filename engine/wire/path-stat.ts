import { encodeBase64 } from "../base/base64.ts";
import { encodeUtf8 } from "../base/streams.ts";
import { encodeGoJson } from "./go-json.ts";
import { formatTimeNs } from "./times.ts";

/** What the engine tells of a file in a container. */
interface PathStatModel {
  readonly name: string;
  readonly size: number;
  /** Go's `os.FileMode`, not st_mode. */
  readonly goMode: number;
  readonly mtimeSeconds: number;
  readonly mtimeNanoseconds: number;
  readonly linkTarget: string;
}

/** The value of `X-Docker-Container-Path-Stat`: base64 of JSON. */
export function encodePathStat(stat: PathStatModel): string {
  const { name, size, goMode, mtimeSeconds, mtimeNanoseconds, linkTarget } = stat;
  const nanoseconds = BigInt(mtimeSeconds) * 1_000_000_000n + BigInt(mtimeNanoseconds);
  // Go leaves zeros at the end out.
  const mtime = formatTimeNs(nanoseconds).replace(/\.?0+Z$/, "Z");
  const bytes = encodeUtf8(encodeGoJson({ name, size, mode: goMode, mtime, linkTarget }));
  return encodeBase64(bytes);
}

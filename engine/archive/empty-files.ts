import { S_IFDIR } from "../base/file-types.ts";
import { emptyStream } from "../base/streams.ts";
import type { LowerFile, ReadableLowerFiles } from "./lower-files.ts";

const ROOT: LowerFile = {
  mode: S_IFDIR | 0o755,
  uid: 0,
  gid: 0,
  size: 0,
  major: 0,
  minor: 0,
  mtimeSeconds: 0,
  mtimeNanoseconds: 0,
  xattrs: [],
};

/** Nothing but a root: what `scratch` holds, and the context of a Dockerfile that came alone. */
export const EMPTY_FILES: ReadableLowerFiles = {
  find: (path) => (path === "" ? ROOT : undefined),
  names: () => [],
  readLink: () => "",
  read: () => emptyStream(),
  identity: () => undefined,
};

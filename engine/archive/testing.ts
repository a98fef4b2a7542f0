import { emptyStream } from "../base/streams.ts";
import type { ReadableLowerFiles } from "./lower-files.ts";

/** A container that stands on nothing. */
export const NO_LAYERS: ReadableLowerFiles = {
  find: () => undefined,
  names: () => [],
  readLink: () => "",
  read: () => emptyStream(),
  identity: () => undefined,
};

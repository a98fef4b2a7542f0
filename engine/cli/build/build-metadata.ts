import { messageOf } from "../../base/errors.ts";
import { encodeUtf8, streamOf } from "../../base/streams.ts";
import { encodeGoJson } from "../../wire/go-json.ts";
import type { CommandContext } from "../command-context.ts";
import { formatCanonical, parseImageName, withDefaultTag } from "../image-name.ts";
import { optionError } from "./build-failure.ts";
import type { BuildOptions } from "./build-options.ts";
import type { BuildOutcome } from "./build-stream.ts";

/** `--metadata-file`: what buildx writes there, without the provenance that only BuildKit makes. */
export async function writeMetadata(
  { files }: CommandContext,
  { metadataFile, tags }: BuildOptions,
  { buildId, imageId }: BuildOutcome,
): Promise<void> {
  const names = tags.map((tag) => formatCanonical(withDefaultTag(parseImageName(tag))));
  const metadata = {
    "buildx.build.ref": `default/default/${buildId}`,
    ...(imageId !== "" && { "containerimage.config.digest": imageId, "containerimage.digest": imageId }),
    ...(names.length > 0 && { "image.name": names.join(",") }),
  };
  try {
    await files.write(metadataFile, streamOf(encodeUtf8(encodeGoJson(metadata, "  "))), { mode: 0o644 });
  } catch (cause) {
    throw optionError(messageOf(cause), cause);
  }
}

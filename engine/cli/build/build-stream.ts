/** The answer of `POST /build?version=2` as what it says. */
import { decodeBase64 } from "../../base/base64.ts";
import {
  type BuildStatusModel,
  decodeBuildStatus,
  type SourceModel,
  type VertexWarningModel,
} from "../../wire/build-status.ts";
import type { WireBuildFailure, WireBuildStarted } from "../../wire/builds.ts";
import type { ProgressMessage } from "../../wire/progress.ts";
import { jsonLinesOf } from "../client.ts";

/** What a build has told by its end. */
export interface BuildOutcome {
  /** The build's own id. */
  buildId: string;
  imageId: string;
  /** Of a check, which reports them in the end. */
  warnings?: VertexWarningModel[];
  failure: { readonly message: string; readonly source?: SourceModel } | undefined;
}

/** Statuses as they come; everything else is put into `outcome`. */
export async function* readBuildStream(
  body: ReadableStream<Uint8Array> | undefined,
  outcome: BuildOutcome,
): AsyncGenerator<BuildStatusModel, void, undefined> {
  for await (const message of jsonLinesOf(body, (line) => JSON.parse(line) as ProgressMessage)) {
    const { id, aux, error } = message;
    if (id === "moby.buildkit.trace") yield decodeBuildStatus(decodeBase64(aux as string));
    else if (id === "moby.image.id") outcome.imageId = (aux as { readonly ID: string }).ID;
    else if (id === "drydock.build") outcome.buildId = (aux as WireBuildStarted).ID;
    else if (id === "drydock.build.error") outcome.failure = toFailure(aux as WireBuildFailure);
    else if (error !== undefined) outcome.failure ??= { message: error };
  }
}

function toFailure({ Message, Source }: WireBuildFailure): NonNullable<BuildOutcome["failure"]> {
  if (Source === undefined) return { message: Message };
  const ranges = Source.Ranges.map(({ Start, End }) => ({ start: Start, end: End }));
  return { message: Message, source: { fileName: Source.FileName, data: Source.Data, ranges } };
}

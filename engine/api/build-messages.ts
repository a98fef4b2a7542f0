/** What `POST /build` answers with while a build runs: BuildKit's trace (`version=2`), or nothing but the image's id (`q`). */
import { encodeBase64 } from "../base/base64.ts";
import { messageOf } from "../base/errors.ts";
import { BuildFailure, type BuildResult, type BuildRun } from "../build/build-service.ts";
import { encodeBuildStatus } from "../wire/build-status.ts";
import type { WireBuildFailure, WireBuildStarted } from "../wire/builds.ts";
import { errorMessage, type ProgressMessage } from "../wire/progress.ts";

/** What happens to a finished build before its stream ends: its files are kept. */
export type Finish = (result: BuildResult) => void;

/**
 * Trace and image id as dockerd sends them. With a session, which only our own client has, the build's id comes first, and in front of an
 * error all that is known about it.
 */
export async function* buildkitMessages(
  run: BuildRun,
  options: { readonly finish: Finish; readonly hasSession: boolean },
): AsyncGenerator<ProgressMessage, void, undefined> {
  const started: WireBuildStarted = { ID: run.id };
  if (options.hasSession) yield { id: "drydock.build", aux: started };
  for await (const status of run.status)
    yield { id: "moby.buildkit.trace", aux: encodeBase64(encodeBuildStatus(status)) };
  try {
    const result = await run.result;
    options.finish(result);
    if (result.image !== undefined) yield { id: "moby.image.id", aux: { ID: result.image.id } };
  } catch (error) {
    if (options.hasSession) yield { id: "drydock.build.error", aux: toWireFailure(error) };
    yield errorMessage(messageOf(error));
  }
}

/** `q=1`: the id, or what went wrong. */
export async function* quietMessages(
  run: BuildRun,
  options: { readonly finish: Finish; readonly explain: (error: unknown) => ProgressMessage },
): AsyncGenerator<ProgressMessage, void, undefined> {
  for await (const _ of run.status);
  try {
    const result = await run.result;
    options.finish(result);
    yield { stream: `${result.image?.id ?? ""}\n` };
  } catch (error) {
    yield options.explain(error);
  }
}

function toWireFailure(error: unknown): WireBuildFailure {
  const { source, vertex } = error instanceof BuildFailure ? error : {};
  return {
    Message: messageOf(error),
    ...(vertex !== undefined && { Vertex: vertex }),
    ...(source && {
      Source: {
        FileName: source.fileName,
        Data: source.data,
        Ranges: source.ranges.map(({ start, end }) => ({ Start: start, End: end })),
      },
    }),
  };
}

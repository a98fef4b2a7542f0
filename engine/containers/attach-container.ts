import { EngineError } from "../base/errors.ts";
import { chunksOf, streamFrom } from "../base/streams.ts";
import type { AttachOptions, Attachment, OutputChunk } from "./container-service.ts";
import { type EngineContext, publish } from "./engine-context.ts";
import type { LiveContainer } from "./live-container.ts";
import { readLogs } from "./read-logs.ts";

/**
 * `docker attach`, and the first half of `docker run`: live output from now on, the log before it when asked. `reference` is what
 * the client called the container. @throws EngineError conflict while it is paused or about to be restarted
 */
export function attachContainer(
  context: EngineContext,
  container: LiveContainer,
  { reference, ...options }: AttachOptions & { readonly reference: string },
): Attachment {
  const { status } = container.state;
  if (status === "paused")
    throw new EngineError("conflict", `container ${reference} is paused, unpause the container before attach`);
  if (status === "restarting")
    throw new EngineError("conflict", `container ${reference} is restarting, wait until the container is running`);
  const { config } = container.record;
  const { stdout, stderr } = options;
  const earlier = options.logs ? readLogs(context.clock, container, { stdout, stderr, follow: false }) : undefined;
  if (!options.stream) return { tty: config.tty, stdin: undefined, output: streamFrom(prefixed(earlier, undefined)) };
  const attachment = container.io.attach(
    options,
    { tty: config.tty, openStdin: config.openStdin, closesStdin: config.stdinOnce },
    () => publish(context, container, "detach"),
  );
  publish(context, container, "attach");
  return earlier === undefined
    ? attachment
    : { ...attachment, output: streamFrom(prefixed(earlier, attachment.output)) };
}

/** What was written before, then what is written now. */
async function* prefixed(
  earlier: AsyncIterable<readonly OutputChunk[]> | undefined,
  live: ReadableStream<OutputChunk> | undefined,
): AsyncGenerator<OutputChunk, void, undefined> {
  for await (const chunks of earlier ?? []) yield* chunks;
  if (live !== undefined) yield* chunksOf(live);
}

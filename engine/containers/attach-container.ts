import type { AttachOptions, Attachment, LogEntry, OutputChunk } from "./container-service.ts";
import { type EngineContext, publish } from "./engine-context.ts";
import type { LiveContainer } from "./live-container.ts";

/** `docker attach`, and the first half of `docker run`: live output from now on, the log before it when asked. */
export function attachContainer(context: EngineContext, container: LiveContainer, options: AttachOptions): Attachment {
  const { config } = container.record;
  const earlier = options.logs ? container.logs.recent() : [];
  const wants = ({ stream }: LogEntry): boolean => (stream === "stdout" ? options.stdout : options.stderr);
  if (!options.stream) return { tty: config.tty, stdin: undefined, output: prefixed(earlier.filter(wants), undefined) };
  const attachment = container.io.attach(
    options,
    { tty: config.tty, openStdin: config.openStdin, closesStdin: config.stdinOnce },
    () => publish(context, container, "detach"),
  );
  publish(context, container, "attach");
  if (!options.logs) return attachment;
  return { ...attachment, output: prefixed(earlier.filter(wants), attachment.output) };
}

/** What was written before, then what is written now. */
function prefixed(
  earlier: readonly OutputChunk[],
  live: ReadableStream<OutputChunk> | undefined,
): ReadableStream<OutputChunk> {
  const reader = live?.getReader();
  const rest = [...earlier];
  return new ReadableStream<OutputChunk>(
    {
      async pull(controller) {
        const next = rest.shift() ?? (await reader?.read())?.value;
        if (next === undefined) controller.close();
        else controller.enqueue(next);
      },
      cancel: (reason) => reader?.cancel(reason),
    },
    { highWaterMark: 0 },
  );
}

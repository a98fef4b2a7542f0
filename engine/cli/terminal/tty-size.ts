import type { Client } from "../client.ts";
import type { CommandContext, TerminalSize } from "../command-context.ts";
import { print } from "../output.ts";

const ATTEMPTS = 10;

/**
 * Tells the container (or exec) how large the terminal is, now and whenever it changes, until disposed. Right after a start the
 * engine may not be ready for it: the first attempts may fail.
 */
export function followTerminalSize(context: CommandContext, client: Client, path: string): Disposable {
  const resize = (size: TerminalSize): Promise<void> => resizeTo(client, path, size, context.signal);
  void initialResize(context, resize);
  return context.onResize((size) => void resize(size).catch(() => undefined));
}

/** `path`: `/containers/<id>` or `/exec/<id>`. */
export async function resizeTo(
  client: Client,
  path: string,
  { rows, columns }: TerminalSize,
  signal?: AbortSignal,
): Promise<void> {
  if (rows === 0 && columns === 0) return;
  await client.send({
    method: "POST",
    path: `${path}/resize`,
    query: { h: rows, w: columns },
    ...(signal && { signal }),
  });
}

async function initialResize(context: CommandContext, resize: (size: TerminalSize) => Promise<void>): Promise<void> {
  for (let attempt = 0; attempt <= ATTEMPTS; attempt += 1) {
    try {
      return await resize(context.stdout.size());
    } catch {
      if (context.signal.aborted) return;
      await new Promise((resolve) => setTimeout(resolve, 10 * (attempt + 1)));
    }
  }
  await print(context.stderr, "failed to resize tty, using default size\n").catch(() => undefined);
}

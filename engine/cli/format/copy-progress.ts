import { chunksOf, streamFrom } from "../../base/streams.ts";
import { humanSize } from "../../wire/sizes.ts";
import type { Invocation } from "../command.ts";
import type { CommandOutput } from "../command-context.ts";
import { complain, print } from "../output.ts";

const REDRAW_EVERY_MS = 75;
const SAVE_CURSOR = "\u001b[s";
const BACK_TO_START = "\u001b[u\u001b[2K";
const HIDE_CURSOR = "\u001b[?25l";
const SHOW_CURSOR = "\u001b[?25h";

export interface Copying {
  /** In front of the size: `Copying to container - `. */
  readonly header: string;
  /** `web:/etc` */
  readonly destination: string;
  readonly body: ReadableStream<Uint8Array>;
  readonly copy: (body: ReadableStream<Uint8Array>) => Promise<void>;
}

/** Copies, and tells on stderr how far it is and how much it was, unless it is to be quiet. */
export async function copyProgress({ context }: Invocation, quiet: boolean, copying: Copying): Promise<void> {
  const { header, destination, body, copy } = copying;
  if (quiet) return await copy(body);
  let copied = 0;
  async function* counted(): AsyncGenerator<Uint8Array, void, undefined> {
    for await (const chunk of chunksOf(body)) {
      copied += chunk.length;
      yield chunk;
    }
  }
  const drawing = context.stderr.isTerminal ? await startDrawing(context.stderr, header, () => copied) : undefined;
  try {
    await copy(streamFrom(counted()));
  } finally {
    await drawing?.();
    await complain(context, `Successfully copied ${humanSize(copied, 3)} to ${destination}`);
  }
}

/** @returns what ends the drawing and removes it */
async function startDrawing(output: CommandOutput, header: string, copied: () => number): Promise<() => Promise<void>> {
  await print(output, `${SAVE_CURSOR}Preparing to copy...${HIDE_CURSOR}${BACK_TO_START}${header}${humanSize(0, 3)}`);
  let last = 0;
  const timer = setInterval(() => {
    const now = copied();
    if (now === last) return;
    last = now;
    print(output, `\u001b[${header.length + 1}G\u001b[0K${humanSize(now, 3)}`).catch(() => undefined);
  }, REDRAW_EVERY_MS);
  return async () => {
    clearInterval(timer);
    await print(output, `${SHOW_CURSOR}${BACK_TO_START}`);
  };
}

/** Draws the stream of a pull: lines that move on a terminal, plain ones elsewhere. */
import type { CommandOutput } from "../command-context.ts";
import { jsonLinesOf } from "../client.ts";
import { type ProgressMessage, progressBar } from "../../wire/progress.ts";

/** Reads to the end. @throws Error with the engine's message when the pull failed on the way */
export async function showProgress(
  body: ReadableStream<Uint8Array> | undefined,
  output: CommandOutput | undefined,
): Promise<void> {
  const painter = new Painter(output);
  for await (const message of jsonLinesOf(body, (line) => JSON.parse(line) as ProgressMessage)) {
    if (message.aux !== undefined) continue;
    await output?.write(painter.paint(message));
    const error = message.errorDetail?.message ?? message.error;
    if (error !== undefined) throw new Error(error);
  }
}

/** Keeps one line per id; a message without progress ends the block of lines. */
class Painter {
  readonly #output: CommandOutput | undefined;
  #lines = new Map<string, number>();

  constructor(output: CommandOutput | undefined) {
    this.#output = output;
  }

  paint(message: ProgressMessage): string {
    if (message.errorDetail ?? message.error) return "";
    if (this.#output?.isTerminal !== true) return plainLine(message);
    if (message.id === undefined || message.progressDetail === undefined) {
      this.#lines = new Map();
      return `${this.#text(message)}${message.stream === undefined ? "\n" : ""}`;
    }
    const known = this.#lines.get(message.id);
    const line = known ?? this.#lines.size;
    if (known === undefined) this.#lines.set(message.id, line);
    const distance = this.#lines.size - line;
    return `${known === undefined ? "\n" : ""}${up(distance)}\u001b[2K\r${this.#text(message)}\r${down(distance)}`;
  }

  #text({ id, status = "", stream, progressDetail }: ProgressMessage): string {
    const bar =
      progressDetail &&
      progressBar(progressDetail.current ?? 0, progressDetail.total ?? 0, this.#output?.size().columns || 200);
    const name = id === undefined ? "" : `${id}: `;
    return `${name}${stream ?? (bar === undefined ? status : `${status} ${bar}`)}`;
  }
}

/** Bars are left out: only what has happened is said. */
function plainLine({ id, status = "", stream, progressDetail }: ProgressMessage): string {
  const hasBar = progressDetail !== undefined && ((progressDetail.current ?? 0) > 0 || (progressDetail.total ?? 0) > 0);
  if (hasBar) return "";
  return stream ?? `${id === undefined ? "" : `${id}: `}${status}\n`;
}

const up = (lines: number): string => `\u001b[${lines}A`;
const down = (lines: number): string => (lines === 0 ? "" : `\u001b[${lines}B`);

import type { BuildStatusModel } from "../../wire/build-status.ts";
import type { BuildTrace } from "./build-trace.ts";

/** One of the ways to show a build. It makes text; when to write it is the caller's business. */
export interface Display {
  /** Undefined for those that keep nothing. */
  readonly trace?: BuildTrace;
  update(status: BuildStatusModel, nowMs: number): void;
  /** What is to be written now. */
  draw(nowMs: number): string;
  /** The same, for the last time. */
  finish(nowMs: number): string;
}

/** How often a display is drawn at most, and at least. */
const SHORTEST_MS = 100;
const LONGEST_MS = 150;

/** Shows all statuses on `write`, until they end. */
export async function showBuild(
  statuses: AsyncIterable<BuildStatusModel>,
  display: Display,
  write: (text: string) => Promise<void>,
): Promise<void> {
  let drawnMs = -Infinity;
  let writing: Promise<void> = Promise.resolve();
  let failure: { readonly error: unknown } | undefined;
  let isWriting = false;
  // What cannot be written yet is drawn later, in one piece.
  const draw = (): void => {
    if (isWriting || failure !== undefined) return;
    const text = display.draw(Date.now());
    drawnMs = Date.now();
    if (text === "") return;
    isWriting = true;
    writing = write(text).then(
      () => void (isWriting = false),
      (error: unknown) => void (failure = { error }),
    );
  };
  const timer = setInterval(draw, LONGEST_MS);
  try {
    for await (const status of statuses) {
      display.update(status, Date.now());
      if (failure !== undefined) throw failure.error;
      if (Date.now() - drawnMs >= SHORTEST_MS) draw();
    }
  } finally {
    clearInterval(timer);
    await writing;
  }
  await write(display.finish(Date.now()));
}

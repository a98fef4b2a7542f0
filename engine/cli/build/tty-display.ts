/** `--progress tty`: all steps at once, redrawn in place. BuildKit's `util/progress/progressui/display.go` draws the same. */
import type { TerminalSize } from "../command-context.ts";
import type { BuildStatusModel } from "../../wire/build-status.ts";
import {
  BuildTrace,
  formatAmount,
  formatErrorLogs,
  type Interval,
  isCanceled,
  isCompleted,
  mergeIntervals,
  secondsOf,
  type TracedVertex,
} from "./build-trace.ts";
import type { Display } from "./display.ts";
import { WINDOW_ROWS } from "./log-window.ts";
import { cutToWidth, padToWidth } from "./text-width.ts";

const FALLBACK: TerminalSize = { rows: 10, columns: 80 };
/** A line that has no more room than this for its text is left out. */
const MIN_TEXT = 12;
const MIN_TEXT_WITH_AMOUNT = 20;
/** Times below are not worth telling. */
const INSTANT_SECONDS = 0.05;
/** A running step's lines of output, and the frame that they are given. */
const WINDOW_ROOM = WINDOW_ROWS + 3;
/** The screen's first and last line. */
const MARGIN_ROWS = 2;

const HIDE = "\u001b[?25l";
const SHOW = "\u001b[?25h";
const RESET = "\u001b[0m";
const FAINT = "\u001b[2m";

/** Colours of what is over; `NO_COLOR` takes them away. */
const COLORS = { done: "\u001b[34m", canceled: "\u001b[33m", failed: "\u001b[31m" } as const;

/** In a name they would take the layout apart: BuildKit replaces the tab alone. */
const CONTROL = /\p{Cc}/gu;

/** A line of the display. */
interface Job {
  readonly name: string;
  readonly amount: string;
  readonly intervals: readonly Interval[];
  readonly isCompleted: boolean;
  readonly color: keyof typeof COLORS;
  /** Of a step, not of one of its parts. */
  readonly traced?: TracedVertex;
}

export class TtyDisplay implements Display {
  readonly trace = new BuildTrace({ windows: true });
  readonly #description: string;
  readonly #size: () => TerminalSize;
  readonly #isColored: boolean;
  #lineCount = 0;
  #isRepeated = false;

  /** @param options.description at the right of the first line: `docker:default` */
  constructor(options: {
    readonly description: string;
    readonly size: () => TerminalSize;
    readonly isColored: boolean;
  }) {
    this.#description = options.description;
    this.#size = options.size;
    this.#isColored = options.isColored;
  }

  update(status: BuildStatusModel, nowMs: number): void {
    this.trace.update(status, nowMs, this.#sizeNow().columns);
  }

  draw(nowMs: number): string {
    return this.#paint(nowMs, false);
  }

  finish(nowMs: number): string {
    return this.#paint(nowMs, true) + formatErrorLogs(this.trace, ({ logs }) => logs);
  }

  #sizeNow(): TerminalSize {
    const size = this.#size();
    return size.columns > 0 && size.rows > 0 ? size : FALLBACK;
  }

  /** @param isLast everything, however long it is */
  #paint(nowMs: number, isLast: boolean): string {
    const { columns, rows } = this.#sizeNow();
    const { shown, windows } = chooseJobs(this.#jobs(), rows, isLast);
    let out = "\u001b[1A".repeat(this.#lineCount + 1) + (this.#isRepeated ? "" : "\u001b[1B") + "\u001b[0G" + HIDE;
    this.#isRepeated = true;
    out += `${this.#head(nowMs, columns, isLast)}\n`;
    let lineCount = 0;
    for (const job of shown) {
      const line = jobLine(job, columns, nowMs - this.trace.offsetMs);
      if (line === undefined) continue;
      out += job.isCompleted && this.#isColored ? COLORS[job.color] + line + RESET : line;
      lineCount += 1;
      const { traced } = job;
      if (traced === undefined || !windows.has(traced)) continue;
      traced.window?.resize(Math.max(1, columns - 10));
      for (const text of traced.window?.lines() ?? []) {
        out += `${FAINT} => => # ${text}\n${RESET}`;
        lineCount += 1;
      }
      traced.windowShown += 1;
    }
    const rest = this.#lineCount - lineCount;
    if (rest > 0) out += `${" ".repeat(columns)}\n`.repeat(rest) + `\u001b[${rest}A\u001b[0G`;
    this.#lineCount = lineCount;
    return out + SHOW;
  }

  /** `[+] Building 3.2s (7/9) FINISHED                 docker:default` */
  #head(nowMs: number, columns: number, isLast: boolean): string {
    const all = [...this.trace.byDigest.values()];
    const completed = all.filter(isCompleted).length;
    const finished = isLast && completed > 0 && completed === all.length ? "FINISHED" : "";
    const seconds = ((nowMs - this.trace.startMs(nowMs)) / 1000).toFixed(1);
    const text = `[+] Building ${seconds}s (${completed}/${all.length}) ${finished}`;
    const line = align(text, this.#description, this.#description === "" ? columns : columns - 1);
    return line.slice(0, columns);
  }

  #jobs(): readonly Job[] {
    return this.trace.started.flatMap((traced) => {
      const { vertex } = traced;
      const intervals = mergeIntervals([...traced.intervals.values()]);
      const isOver = intervals.every(({ stopMs }) => stopMs !== undefined);
      const error =
        vertex.error === undefined || vertex.error === "" ? "" : isCanceled(vertex) ? "CANCELED " : "ERROR ";
      const last = intervals.at(-1);
      return [
        {
          name: `${vertex.cached === true ? "CACHED " : ""}${error}${vertex.name.replaceAll(CONTROL, " ")}`,
          amount: "",
          intervals,
          isCompleted: isOver,
          color: error === "" ? "done" : error === "ERROR " ? "failed" : "canceled",
          traced,
        } satisfies Job,
        ...traced.statuses.map((part): Job => {
          const { startedMs = 0, completedMs } = part;
          return {
            name: `=> ${part.id.replaceAll(CONTROL, " ")}`,
            amount: formatAmount(part),
            intervals: [{ startMs: startedMs, ...(completedMs !== undefined && { stopMs: completedMs }) }],
            isCompleted: completedMs !== undefined,
            color: "done",
          };
        }),
        ...traced.warnings.map(({ short }): Job => ({
          name: `WARN: ${short.replaceAll(CONTROL, " ")}`,
          amount: "",
          intervals: last === undefined ? [] : [last],
          isCompleted: false,
          color: "canceled",
        })),
      ];
    });
  }
}

/** The lines that fit, and the steps whose output is shown too: those that have written most. */
function chooseJobs(
  jobs: readonly Job[],
  rows: number,
  isLast: boolean,
): { readonly shown: readonly Job[]; readonly windows: ReadonlySet<TracedVertex> } {
  const score = ({ windowBytes, windowShown }: TracedVertex): number => windowBytes + windowShown * 50;
  const candidates = jobs
    .flatMap(({ traced, isCompleted: isOver }) => (traced && traced.windowBytes > 0 && !isOver ? [traced] : []))
    .toSorted((a, b) => score(b) - score(a));
  const windows = new Set<TracedVertex>();
  let free = rows - MARGIN_ROWS - jobs.filter((job) => !job.isCompleted).length;
  let taken = 0;
  for (const candidate of candidates) {
    if (free <= WINDOW_ROOM) break;
    windows.add(candidate);
    taken += candidate.window?.usedRows ?? 0;
    free -= WINDOW_ROOM;
  }
  return { shown: isLast ? jobs : fitting(jobs, rows - MARGIN_ROWS - taken), windows };
}

/** The last lines; what goes on and would be out of sight takes the place of what is over. */
function fitting(jobs: readonly Job[], limit: number): readonly Job[] {
  if (limit < 0) return [];
  if (jobs.length <= limit) return jobs;
  const cut = jobs.length - limit;
  const hidden = jobs.slice(0, cut).filter((job) => !job.isCompleted);
  let replaceable = hidden.length;
  const kept = jobs.slice(cut).filter((job) => {
    const stays = !job.isCompleted || replaceable <= 0;
    replaceable -= 1;
    return stays;
  });
  const room = limit - kept.length;
  return [...(room > 0 ? hidden.slice(-room) : []), ...kept];
}

/** ` => [2/3] RUN make          1.2s`; undefined where there is no room. */
function jobLine({ name, amount, intervals }: Job, columns: number, nowMs: number): string | undefined {
  if (intervals.length === 0) return undefined;
  const seconds = secondsOf(intervals, nowMs);
  const timer = ` ${(seconds < INSTANT_SECONDS ? 0 : seconds).toFixed(1).padStart(3)}s`;
  // As BuildKit counts: the mark, the timer with its newline, a blank.
  const room = columns - 4 - timer.length - 1 - 1;
  const hasAmount = amount !== "" && room + amount.length > MIN_TEXT_WITH_AMOUNT;
  const left = hasAmount ? room - amount.length - 1 : room;
  if (left < MIN_TEXT) return undefined;
  return align(` => ${cutToWidth(name, left)}${hasAmount ? ` ${amount}` : ""}`, `${timer}\n`, columns);
}

function align(left: string, right: string, columns: number): string {
  return `${padToWidth(left, columns - right.length - 1)} ${right}`;
}

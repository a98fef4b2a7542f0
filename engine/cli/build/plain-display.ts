/** `--progress plain`: lines that are written once, `#5 [2/3] RUN make`. BuildKit's `util/progress/progressui/printer.go`. */
import type { BuildStatusModel, VertexStatusModel } from "../../wire/build-status.ts";
import {
  BuildTrace,
  formatAmount,
  formatErrorLogs,
  isCanceled,
  isCompleted,
  isStarted,
  mergeIntervals,
  secondsOf,
  stoppedMs,
  type TracedVertex,
} from "./build-trace.ts";
import type { Display } from "./display.ts";

/** A step that writes keeps its turn for this long at least, and waits for one this long at most. */
const TURN_SECONDS = 5;
const LONGEST_WAIT_SECONDS = 10;
/** A part's progress is told again after this share or this time. */
const PROGRESS_SHARE = 0.05;
const PROGRESS_MS = 5000;
/** So many lines are shown again when a step fails. */
const TAIL_LINES = 10;

/** What plain output remembers of a step. */
interface Printed {
  readonly index: number;
  /** The last line's part that is out. */
  lastLineLength: number;
  warnings: number;
  tail: string[];
  tailIsOpen: boolean;
}

export class PlainDisplay implements Display {
  readonly trace = new BuildTrace({ windows: false });
  readonly #description: string;
  readonly #printed = new Map<string, Printed>();
  readonly #lastProgress = new Map<string, { readonly current: number; readonly timestampMs: number }>();
  /** The step whose turn it is. */
  #current = "";
  #hasBegun = false;
  #out = "";

  /** `building with "default" instance using docker driver` */
  constructor(description: string) {
    this.#description = description;
  }

  update(status: BuildStatusModel, nowMs: number): void {
    this.trace.update(status, nowMs, 80);
  }

  draw(nowMs: number): string {
    this.#takeTurns(nowMs);
    const text = this.#out;
    this.#out = "";
    return text;
  }

  finish(nowMs: number): string {
    return this.draw(nowMs) + formatErrorLogs(this.trace, ({ vertex }) => this.#printed.get(vertex.digest)?.tail ?? []);
  }

  #takeTurns(nowMs: number): void {
    const pending = [...this.trace.updates].flatMap((digest) => this.trace.byDigest.get(digest) ?? []);
    const before = this.#current;
    const completed = pending.filter(isCompleted).toSorted((a, b) => stoppedMs(a) - stoppedMs(b));
    const rest = new Set(pending.filter((traced) => !isCompleted(traced)));
    // Whose turn it is comes first.
    for (const traced of completed.toSorted((a, b) => Number(digestOf(b) === before) - Number(digestOf(a) === before)))
      this.#print(traced, nowMs);
    const current = this.trace.byDigest.get(before);
    if (rest.size === 0) {
      if (current !== undefined && isStarted(current) && !isCompleted(current)) return;
      const open = [...this.trace.byDigest.values()].find((traced) => isStarted(traced) && !isCompleted(traced));
      if (open !== undefined) this.#print(open, nowMs);
      return;
    }
    if (current !== undefined && rest.has(current)) this.#print(current, nowMs);
    this.#nextTurn(
      rest,
      current,
      completed.some((traced) => traced === current),
      nowMs,
    );
  }

  /** The step with most to tell is next, once nobody has the turn or has had it for long enough. */
  #nextTurn(
    rest: ReadonlySet<TracedVertex>,
    current: TracedVertex | undefined,
    currentIsOver: boolean,
    nowMs: number,
  ): void {
    const waiting = [...new Set([...rest, ...(current === undefined ? [] : [current])])].flatMap((traced) => {
      if (traced.blockedSinceMs === undefined) return [];
      const seconds = (nowMs - traced.blockedSinceMs) / 1000;
      const speed = seconds === 0 ? Infinity : traced.count / seconds;
      return [{ traced, seconds, speed, isLate: seconds > LONGEST_WAIT_SECONDS && traced !== current }];
    });
    const fastest = waiting.reduce<(typeof waiting)[number] | undefined>(
      (best, one) => (best === undefined || one.isLate || one.speed > best.speed ? one : best),
      undefined,
    );
    if (fastest === undefined) return;
    if (current === undefined || currentIsOver) return this.#print(fastest.traced, nowMs);
    const late = waiting.find(({ isLate }) => isLate);
    if (late !== undefined) return this.#print(late.traced, nowMs);
    const own = waiting.find(({ traced }) => traced === current);
    const sum = waiting.reduce((total, { speed }) => total + speed, 0);
    if (own === undefined || sum === 0 || own.speed === Infinity) return;
    if (TURN_SECONDS / (1 - own.speed / sum) < own.seconds) this.#print(fastest.traced, nowMs);
  }

  #print(traced: TracedVertex, nowMs: number): void {
    const digest = digestOf(traced);
    const printed = this.#printed.get(digest) ?? { index: this.#printed.size + 1, lastLineLength: 0, warnings: 0, tail: [], tailIsOpen: false }; // prettier-ignore
    this.#printed.set(digest, printed);
    const say = (text: string): void => void (this.#out += `#${printed.index} ${text}\n`);
    if (digest !== this.#current) {
      this.#leave();
      if (this.#hasBegun) this.#out += "\n";
      else if (this.#description !== "") this.#out += `#0 ${this.#description}\n\n`;
      this.#hasBegun = true;
      say(traced.vertex.name);
    }
    const hasOpenPart = this.#printParts(traced, say);
    for (const { short } of traced.warnings.slice(printed.warnings)) say(`WARN: ${short}`);
    printed.warnings = traced.warnings.length;
    this.#printLogs(traced, printed);
    this.#current = digest;
    this.trace.updates.delete(digest);
    if (!isCompleted(traced) || hasOpenPart) return;
    this.#current = "";
    traced.count = 0;
    if (traced.isPartial) this.#out += "\n";
    say(outcome(traced, nowMs - this.trace.offsetMs));
  }

  /** Another step has its turn: this one says that it goes on. */
  #leave(): void {
    const old = this.trace.byDigest.get(this.#current);
    const printed = this.#printed.get(this.#current);
    if (old === undefined || printed === undefined) return;
    if (old.isPartial) this.#out += "\n";
    printed.lastLineLength = 0;
    old.count = 0;
    this.#out += `#${printed.index} ...\n`;
  }

  /** Returns whether a part goes on. */
  #printParts(traced: TracedVertex, say: (text: string) => void): boolean {
    let hasOpenPart = false;
    for (const part of traced.statuses) {
      if (!traced.changedStatuses.has(part.id) || !this.#isNews(part)) continue;
      this.#lastProgress.set(part.id, { current: part.current, timestampMs: part.timestampMs });
      const amount = formatAmount(part);
      const seconds =
        part.startedMs === undefined ? 0 : ((part.completedMs ?? part.timestampMs) - part.startedMs) / 1000;
      const time = seconds > 0.01 ? ` ${seconds.toFixed(1)}s` : "";
      if (part.completedMs === undefined) hasOpenPart = true;
      say(`${part.id}${amount === "" ? "" : ` ${amount}`}${time}${part.completedMs === undefined ? "" : " done"}`);
    }
    traced.changedStatuses.clear();
    return hasOpenPart;
  }

  #isNews({ id, current, total, timestampMs, completedMs }: VertexStatusModel): boolean {
    const last = this.#lastProgress.get(id);
    if (last === undefined || completedMs !== undefined) return true;
    const share = total > 0 ? (current - last.current) / total : 0;
    return share >= PROGRESS_SHARE || timestampMs - last.timestampMs >= PROGRESS_MS;
  }

  #printLogs(traced: TracedVertex, printed: Printed): void {
    for (const [index, line] of traced.logs.entries()) {
      const isLast = index === traced.logs.length - 1;
      const isContinued = index === 0 && printed.lastLineLength > 0;
      this.#out += isContinued ? line.slice(printed.lastLineLength) : `#${printed.index} ${line}`;
      if (!isLast || !traced.isPartial) this.#out += "\n";
      if (printed.tailIsOpen) printed.tail.pop();
      printed.tail = [...printed.tail, line].slice(-TAIL_LINES);
      printed.tailIsOpen = isLast && traced.isPartial;
    }
    const last = traced.logs.at(-1);
    if (last === undefined) return;
    traced.logs = traced.isPartial ? [last] : [];
    printed.lastLineLength = traced.isPartial ? last.length : 0;
  }
}

const digestOf = ({ vertex }: TracedVertex): string => vertex.digest;

function outcome({ vertex, intervals }: TracedVertex, nowMs: number): string {
  if (vertex.error !== undefined && vertex.error !== "")
    return isCanceled(vertex) ? "CANCELED" : `ERROR: ${vertex.error}`;
  if (vertex.cached === true) return "CACHED";
  return `DONE ${secondsOf(mergeIntervals([...intervals.values()]), nowMs).toFixed(1)}s`;
}

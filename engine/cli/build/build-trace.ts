/** What has been told of a build, as the displays need it: BuildKit's `util/progress/progressui` keeps the same. */
import type { BuildStatusModel, VertexModel, VertexStatusModel, VertexWarningModel } from "../../wire/build-status.ts";
import { LogWindow } from "./log-window.ts";

/** A time in which a step ran. Milliseconds since the epoch. */
export interface Interval {
  readonly startMs: number;
  readonly stopMs?: number;
}

/** A step, with all that was told of it. */
export interface TracedVertex {
  vertex: VertexModel;
  /** By start. A step that is asked for twice ran twice. */
  readonly intervals: Map<number, Interval>;
  /** Parts of it, in the order in which they began. */
  readonly statuses: VertexStatusModel[];
  /** Of which something changed since they were printed. */
  readonly changedStatuses: Set<string>;
  readonly warnings: VertexWarningModel[];
  /** Lines of output, `0.123 hello`; plain output takes away what it has printed. */
  logs: string[];
  /** The last of them goes on. */
  isPartial: boolean;
  readonly window: LogWindow | undefined;
  /** Bytes that went into the window, and how often it was shown. */
  windowBytes: number;
  windowShown: number;
  /** How much has happened since it was printed first, for plain output's turns. */
  count: number;
  blockedSinceMs: number | undefined;
}

const CANCELED = "context canceled";
export const TERMINAL_PADDING = 10;

/** A build's steps, by digest and in the order in which they began. */
export class BuildTrace {
  readonly byDigest = new Map<string, TracedVertex>();
  readonly started: TracedVertex[] = [];
  /** Steps of which something is to be printed. */
  readonly updates = new Set<string>();
  readonly warnings: VertexWarningModel[] = [];
  readonly #hasWindows: boolean;
  #startMs: number | undefined;
  #offsetMs: number | undefined;

  constructor(options: { readonly windows: boolean }) {
    this.#hasWindows = options.windows;
  }

  /** How much later our clock is than the builder's. */
  get offsetMs(): number {
    return this.#offsetMs ?? 0;
  }

  /** By our clock. */
  startMs(nowMs: number): number {
    return this.#startMs === undefined ? nowMs : this.#startMs + this.offsetMs;
  }

  update(status: BuildStatusModel, nowMs: number, columns: number): void {
    for (const vertex of status.vertexes ?? []) this.#updateVertex(vertex, nowMs, columns);
    for (const part of status.statuses ?? []) this.#updateStatus(part, nowMs);
    for (const warning of status.warnings ?? []) {
      this.warnings.push(warning);
      const traced = this.byDigest.get(warning.vertex);
      if (traced === undefined) continue;
      traced.warnings.push(warning);
      happen(traced, nowMs);
    }
    for (const log of status.logs ?? []) {
      const traced = this.byDigest.get(log.vertex);
      if (traced !== undefined) this.#addLog(traced, log, nowMs, columns);
    }
  }

  #updateVertex(vertex: VertexModel, nowMs: number, columns: number): void {
    const known = this.byDigest.get(vertex.digest);
    const traced = known ?? newVertex(vertex, this.#hasWindows ? columns : undefined);
    if (known === undefined) this.byDigest.set(vertex.digest, traced);
    this.#startMs ??= vertex.startedMs;
    const wasStarted = isStarted(traced);
    if (vertex.startedMs !== undefined) {
      if (!wasStarted || hasChanged(traced.vertex, vertex)) {
        happen(traced, nowMs);
        this.updates.add(vertex.digest);
      }
      this.#offsetMs ??= nowMs - vertex.startedMs;
      if (!wasStarted) this.started.push(traced);
      const stop = vertex.completedMs === undefined ? {} : { stopMs: vertex.completedMs };
      traced.intervals.set(vertex.startedMs, { startMs: vertex.startedMs, ...stop });
    }
    // One that is told of again before it runs changes nothing.
    if (!wasStarted || vertex.startedMs !== undefined) traced.vertex = vertex;
  }

  #updateStatus(part: VertexStatusModel, nowMs: number): void {
    const traced = this.byDigest.get(part.vertex);
    if (traced === undefined) return;
    const index = traced.statuses.findIndex(({ id }) => id === part.id);
    if (index >= 0) traced.statuses[index] = part;
    else if (part.startedMs !== undefined) traced.statuses.push(part);
    traced.changedStatuses.add(part.id);
    this.updates.add(part.vertex);
    happen(traced, nowMs);
  }

  #addLog(
    traced: TracedVertex,
    { bytes, timestampMs }: { readonly bytes: Uint8Array; readonly timestampMs: number },
    nowMs: number,
    columns: number,
  ): void {
    const text = new TextDecoder().decode(bytes);
    traced.window?.resize(Math.max(1, columns - TERMINAL_PADDING));
    traced.window?.write(text);
    traced.windowBytes += bytes.length;
    const lines = text.split("\n");
    const isWhole = lines.at(-1) === "";
    if (isWhole) lines.pop();
    for (const [index, line] of lines.entries()) {
      if (index === 0 && traced.isPartial && traced.logs.length > 0) traced.logs.push(`${traced.logs.pop()}${line}`);
      else traced.logs.push(`${logTime(traced, timestampMs)} ${line}`);
    }
    if (text !== "") traced.isPartial = !isWhole;
    this.updates.add(traced.vertex.digest);
    happen(traced, nowMs);
  }
}

export function isStarted({ intervals }: TracedVertex): boolean {
  return intervals.size > 0;
}

export function isCompleted(traced: TracedVertex): boolean {
  return isStarted(traced) && mergeIntervals([...traced.intervals.values()]).at(-1)?.stopMs !== undefined;
}

/** When it was over last; 0 for what is not. */
export function stoppedMs(traced: TracedVertex): number {
  return mergeIntervals([...traced.intervals.values()]).at(-1)?.stopMs ?? 0;
}

export function isCanceled({ error = "" }: VertexModel): boolean {
  return error.endsWith(CANCELED);
}

/** Times that overlap become one. */
export function mergeIntervals(intervals: readonly Interval[]): readonly Interval[] {
  const merged: Interval[] = [];
  for (const next of intervals.toSorted((a, b) => a.startMs - b.startMs)) {
    const last = merged.at(-1);
    if (last === undefined || (last.stopMs !== undefined && last.stopMs < next.startMs)) merged.push(next);
    else if (last.stopMs !== undefined && (next.stopMs === undefined || next.stopMs > last.stopMs)) {
      const stop = next.stopMs === undefined ? {} : { stopMs: next.stopMs };
      merged[merged.length - 1] = { startMs: last.startMs, ...stop };
    }
  }
  return merged;
}

/** @param nowMs by the clock of the intervals */
export function secondsOf(intervals: readonly Interval[], nowMs: number): number {
  return intervals.reduce((sum, { startMs, stopMs = nowMs }) => sum + (stopMs - startMs) / 1000, 0);
}

/** `1.05MB / 2.06MB`, `146B`; empty when there is nothing to tell. */
export function formatAmount({ current, total }: Pick<VertexStatusModel, "current" | "total">): string {
  if (total !== 0) return `${formatBytes(current)} / ${formatBytes(total)}`;
  return current === 0 ? "" : formatBytes(current);
}

const UNITS = ["B", "kB", "MB", "GB", "TB", "PB"] as const;

/** Decimal, two digits behind the point but for bytes (`github.com/tonistiigi/units`). */
function formatBytes(bytes: number): string {
  const unit = Math.min(UNITS.length - 1, Math.max(0, Math.floor(Math.log10(Math.max(1, Math.abs(bytes))) / 3)));
  return unit === 0 ? `${bytes}B` : `${(bytes / 1000 ** unit).toFixed(2)}${UNITS[unit]}`;
}

/** `------`, the step's name, the last of what it wrote: for each that failed. `tail`: its lines. */
export function formatErrorLogs(trace: BuildTrace, tail: (traced: TracedVertex) => readonly string[]): string {
  return trace.started
    .filter(({ vertex }) => vertex.error !== undefined && vertex.error !== "" && !isCanceled(vertex))
    .map(
      (traced) =>
        `------\n > ${traced.vertex.name}:\n${tail(traced)
          .map((line) => `${line}\n`)
          .join("")}------\n`,
    )
    .join("");
}

function newVertex(vertex: VertexModel, columns: number | undefined): TracedVertex {
  return {
    vertex,
    intervals: new Map(),
    statuses: [],
    changedStatuses: new Set(),
    warnings: [],
    logs: [],
    isPartial: false,
    window: columns === undefined ? undefined : new LogWindow(Math.max(1, columns - TERMINAL_PADDING)),
    windowBytes: 0,
    windowShown: 0,
    count: 0,
    blockedSinceMs: undefined,
  };
}

function happen(traced: TracedVertex, nowMs: number): void {
  if (traced.count === 0) traced.blockedSinceMs = nowMs;
  traced.count += 1;
}

function hasChanged(old: VertexModel, now: VertexModel): boolean {
  return (
    old.name !== now.name ||
    old.startedMs !== now.startedMs ||
    (now.completedMs !== undefined && old.completedMs !== now.completedMs) ||
    (old.cached ?? false) !== (now.cached ?? false) ||
    old.error !== now.error
  );
}

/** Seconds since the step began, as many digits as have room. */
function logTime(traced: TracedVertex, timestampMs: number): string {
  const start = mergeIntervals([...traced.intervals.values()]).at(-1)?.startMs ?? timestampMs;
  const seconds = (timestampMs - start) / 1000;
  return seconds.toFixed(seconds < 10 ? 3 : seconds < 100 ? 2 : 1);
}

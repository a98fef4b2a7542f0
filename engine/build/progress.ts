import type { Clock } from "../base/clock.ts";
import { Queue } from "../base/queue.ts";
import type { BuildStatus, BuildVertex, VertexWarning } from "./build-status.ts";

/** Tells what happens in a build, step by step. */
export class Progress {
  readonly #queue = new Queue<BuildStatus>();
  readonly #clock: Clock;
  readonly #vertexes = new Map<string, Vertex>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** What was told; one reader. */
  get statuses(): AsyncIterable<BuildStatus> {
    return this.#queue;
  }

  /** Announces a step, once. @param key what it is called within this build */
  add(name: string, key: string = name, inputs: readonly string[] = []): Vertex {
    const known = this.#vertexes.get(key);
    if (known !== undefined) return known;
    const vertex = new Vertex({ digest: newDigest(), name, inputs }, this.#clock, (status) => this.#queue.push(status));
    this.#vertexes.set(key, vertex);
    return vertex;
  }

  warn(warning: VertexWarning): void {
    this.#queue.push({ warnings: [warning] });
  }

  end(): void {
    this.#queue.close();
  }
}

/** It only has to look like a digest, and to be no other step's. */
function newDigest(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(32));
  return `sha256:${Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("")}`;
}

/** A step that is told of. */
export class Vertex {
  readonly #tell: (status: BuildStatus) => void;
  readonly #clock: Clock;
  #state: BuildVertex;
  /** Parts of it that are under way, by id. */
  readonly #parts = new Map<string, number>();

  constructor(state: BuildVertex, clock: Clock, tell: (status: BuildStatus) => void) {
    this.#state = state;
    this.#clock = clock;
    this.#tell = tell;
    this.#tell({ vertexes: [state] });
  }

  get digest(): string {
    return this.#state.digest;
  }

  /** What it is called turned out to be something else. */
  rename(name: string): void {
    if (name !== this.#state.name) this.#change({ name });
  }

  get isOver(): boolean {
    return this.#state.completedMs !== undefined;
  }

  start(): void {
    if (this.#state.startedMs === undefined) this.#change({ startedMs: this.#clock.now() });
  }

  /** It went well, or was there already. */
  done({ cached = false }: { readonly cached?: boolean } = {}): void {
    this.#end(cached ? { cached } : {});
  }

  fail(error: string): void {
    this.#end({ error });
  }

  /** Tells of a part: a transfer, an export. */
  part(
    id: string,
    { current = 0, total = 0, isOver = false }: { current?: number; total?: number; isOver?: boolean } = {},
  ): void {
    const now = this.#clock.now();
    const startedMs = this.#parts.get(id) ?? now;
    this.#parts.set(id, startedMs);
    this.#tell({
      statuses: [
        { id, vertex: this.digest, current, total, timestampMs: now, startedMs, ...(isOver && { completedMs: now }) },
      ],
    });
  }

  log(stream: "stdout" | "stderr", bytes: Uint8Array): void {
    this.#tell({ logs: [{ vertex: this.digest, stream, bytes, timestampMs: this.#clock.now() }] });
  }

  #end(change: Partial<BuildVertex>): void {
    if (this.isOver) return;
    const now = this.#clock.now();
    this.#change({ startedMs: this.#state.startedMs ?? now, completedMs: now, ...change });
  }

  #change(change: Partial<BuildVertex>): void {
    this.#state = { ...this.#state, ...change };
    this.#tell({ vertexes: [this.#state] });
  }
}

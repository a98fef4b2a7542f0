import type { Clock } from "../base/clock.ts";
import type { WorkspaceChange } from "./workspace-tree.ts";

/** How long changes are gathered: what is written piece by piece is told of once. */
const WINDOW_MS = 40;
/** More than that is one change of everything. */
const MAX_CHANGES = 1000;

/** Tells listeners of changes, a few at a time. */
export class WorkspaceEvents {
  readonly #clock: Pick<Clock, "sleep">;
  readonly #listeners = new Set<(changes: readonly WorkspaceChange[]) => void>();
  #pending: WorkspaceChange[] = [];

  constructor(clock: Pick<Clock, "sleep">) {
    this.#clock = clock;
  }

  /** Called with what has happened, in order. A change of "" means: look at everything anew. */
  subscribe(listener: (changes: readonly WorkspaceChange[]) => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  publish(change: WorkspaceChange): void {
    if (this.#listeners.size === 0) return;
    if (this.#pending.length === 0) void this.#clock.sleep(WINDOW_MS).then(() => this.#tell());
    if (this.#pending.length <= MAX_CHANGES) this.#add(change);
  }

  #add(change: WorkspaceChange): void {
    const last = this.#pending.at(-1);
    const isMore = change.kind === "changed" && last?.path === change.path && last.kind !== "removed";
    if (!isMore || last.origin !== change.origin) this.#pending.push(change);
  }

  #tell(): void {
    const changes = this.#pending;
    this.#pending = [];
    const told = changes.length > MAX_CHANGES ? [everything(changes)] : coalesce(changes);
    if (told.length > 0) for (const listener of this.#listeners) listener(told);
  }
}

function everything(changes: readonly WorkspaceChange[]): WorkspaceChange {
  return { path: "", kind: "changed", origin: changes[0]?.origin ?? "guest" };
}

/** Leaves out repeated changes, and what came and went. */
function coalesce(changes: readonly WorkspaceChange[]): readonly WorkspaceChange[] {
  // A rename moves what was told of before: nothing is put together across one.
  if (changes.some(({ kind }) => kind === "renamed")) return changes;
  const byPath = new Map<string, WorkspaceChange>();
  for (const change of changes) {
    const before = byPath.get(change.path);
    if (before === undefined) byPath.set(change.path, change);
    else if (before.kind === "created" && change.kind === "removed") byPath.delete(change.path);
    else if (before.kind === "removed" && change.kind === "created")
      byPath.set(change.path, { ...change, kind: "changed" });
    else if (before.kind !== "created" || change.kind !== "changed") byPath.set(change.path, change);
  }
  return [...byPath.values()];
}

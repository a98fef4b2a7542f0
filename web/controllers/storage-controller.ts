import type { ReactiveController, ReactiveControllerHost } from "lit";

/** Databases and caches of this page begin with this; others of the same origin are never touched. */
const PREFIX = "drydock";
const LOW_FRACTION = 0.9;

/** How much this browser keeps for the page. */
export class StorageController implements ReactiveController {
  usedBytes: number | undefined;
  quotaBytes: number | undefined;

  readonly #host: ReactiveControllerHost;
  #hasAsked = false;

  constructor(host: ReactiveControllerHost) {
    this.#host = host;
    host.addController(this);
  }

  hostConnected(): void {
    void this.measure();
  }

  /** Nearly everything that is granted is used. */
  get isLow(): boolean {
    return this.usedBytes !== undefined && !!this.quotaBytes && this.usedBytes > this.quotaBytes * LOW_FRACTION;
  }

  async measure(): Promise<void> {
    const estimate = await navigator.storage?.estimate().catch(() => undefined);
    if (!estimate) return;
    this.usedBytes = estimate.usage;
    this.quotaBytes = estimate.quota;
    this.#host.requestUpdate();
  }

  /** Asks the browser, once, not to drop images when the disk fills up. Some ask the person in turn: have a reason first. */
  async persist(): Promise<void> {
    if (this.#hasAsked) return;
    this.#hasAsked = true;
    await navigator.storage?.persist?.().catch(() => false);
  }

  /** Drops databases, private files and caches of this page. End the machine first: an open database cannot be deleted. */
  async erase(): Promise<void> {
    const databases = (await indexedDB.databases?.().catch(() => [])) ?? [];
    for (const { name } of databases) {
      if (name?.startsWith(PREFIX)) await deleteDatabase(name);
    }
    const root = await navigator.storage?.getDirectory?.().catch(() => undefined);
    await root?.removeEntry(PREFIX, { recursive: true }).catch(() => undefined);
    // Absent on plain HTTP, and refused in some private windows.
    const names = (await globalThis.caches?.keys().catch(() => [])) ?? [];
    for (const name of names.filter((each) => each.startsWith(PREFIX))) await caches.delete(name);
    await this.measure();
  }
}

/** Resolves also when another tab still holds the database: the browser deletes it when that closes. */
function deleteDatabase(name: string): Promise<void> {
  return new Promise((resolve) => {
    const request = indexedDB.deleteDatabase(name);
    request.onsuccess = request.onerror = request.onblocked = () => resolve();
  });
}

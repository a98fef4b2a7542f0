/** The 9P2000.L server of the guest's layers: read-only trees, one client. */
import type { NinePServer } from "../guest/nine-p.ts";
import { MAX_MESSAGE_BYTES, NinePDispatcher } from "./nine-p-dispatcher.ts";
import { Exports, type TreeExports, type TreeSource } from "./nine-p-exports.ts";
import { FidTable } from "./nine-p-fids.ts";
import { Errno, NinePError } from "./nine-p-messages.ts";
import { operations } from "./nine-p-operations.ts";
import type { ReadTrace, Session } from "./nine-p-session.ts";

/** Serves file trees. A response handed to `reply` is only valid during that call. */
export class FileTreeServer implements NinePServer, TreeExports {
  readonly #exports = new Exports();
  readonly #fids = new FidTable();
  readonly #dispatcher: NinePDispatcher;
  readonly #session: Session;

  constructor(options: { readonly readTrace?: ReadTrace } = {}) {
    const session: Session = {
      exports: this.#exports,
      fids: this.#fids,
      msize: MAX_MESSAGE_BYTES,
      readTrace: options.readTrace,
    };
    this.#session = session;
    this.#dispatcher = new NinePDispatcher({
      perform: (type, input, out) => {
        const operation = operations[type];
        if (!operation) throw new NinePError(Errno.EOPNOTSUPP);
        return operation(session, input, out);
      },
      reset: (msize) => {
        this.#fids.clear();
        session.msize = msize;
      },
    });
  }

  /** The hook may be set and taken away at any time. */
  set readTrace(trace: ReadTrace | undefined) {
    this.#session.readTrace = trace;
  }

  /** Exports a tree as `name` (`rootfs`, `l/0123456789abcdef`). */
  add(name: string, source: TreeSource): void {
    this.#exports.add(name, source);
  }

  /** The guest keeps the fids it has; using them gives ESTALE until the same content is exported again. */
  remove(name: string): void {
    this.#exports.remove(name);
  }

  handle(request: Uint8Array, reply: (response: Uint8Array) => void): void {
    this.#dispatcher.handle(request, reply);
  }

  saveState(): Uint8Array {
    if (this.pendingCount > 0) throw new Error(`${this.pendingCount} 9p requests are pending`);
    return this.#fids.save(this.#session.msize);
  }

  restoreState(state: Uint8Array): void {
    this.#dispatcher.abortAll();
    this.#session.msize = this.#fids.restore(state, this.#exports);
  }

  /** Files that the guest holds. */
  get fidCount(): number {
    return this.#fids.size;
  }

  /** Requests that are not answered yet. */
  get pendingCount(): number {
    return this.#dispatcher.pendingCount;
  }
}

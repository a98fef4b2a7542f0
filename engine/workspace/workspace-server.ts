/** The 9P2000.L server of the workspace: a tree that both sides write to. https://github.com/chaos/diod/blob/master/protocol.md */
import type { NinePServer } from "../guest/nine-p.ts";
import { MAX_MESSAGE_BYTES, NinePDispatcher } from "../snapshots/nine-p-dispatcher.ts";
import { Errno, NinePError } from "../snapshots/nine-p-messages.ts";
import { FileError } from "./file-error.ts";
import { WorkspaceFids } from "./nine-p-fid.ts";
import { fileOperations, type WorkspaceSession } from "./nine-p-file-operations.ts";
import { nameOperations } from "./nine-p-name-operations.ts";
import type { WorkspaceTree } from "./workspace-tree.ts";

const operations = { ...fileOperations, ...nameOperations };

/** Serves one tree to one guest. */
export class WorkspaceServer implements Pick<NinePServer, "handle"> {
  readonly #session: WorkspaceSession;
  readonly #dispatcher: NinePDispatcher;

  constructor(tree: WorkspaceTree, { flush }: Pick<WorkspaceSession, "flush">) {
    const fids = new WorkspaceFids(tree);
    const session: WorkspaceSession = { tree, fids, msize: MAX_MESSAGE_BYTES, flush };
    this.#session = session;
    this.#dispatcher = new NinePDispatcher({
      perform: (type, input, out) => {
        const operation = operations[type];
        if (!operation) throw new NinePError(Errno.EOPNOTSUPP);
        try {
          return operation(session, input, out)?.catch(asNinePError);
        } catch (error) {
          return asNinePError(error);
        }
      },
      reset: (msize) => {
        fids.clear();
        session.msize = msize;
      },
    });
  }

  handle(request: Uint8Array, reply: (response: Uint8Array) => void): void {
    this.#dispatcher.handle(request, reply);
  }

  /** Files that the guest holds. */
  get fidCount(): number {
    return this.#session.fids.size;
  }
}

function asNinePError(error: unknown): never {
  throw error instanceof FileError ? new NinePError(error.errno) : error;
}

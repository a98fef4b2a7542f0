/** The workspace as a part of the engine: from storage to `/root/workspace` in the guest. */
import { systemClock } from "./base/clock.ts";
import { EngineError, messageOf } from "./base/errors.ts";
import type { Storage } from "./content/browser-storage.ts";
import { MemoryBlobStore } from "./content/memory-blob-store.ts";
import { MemoryRecordStore } from "./content/memory-record-store.ts";
import { scopedRecords } from "./content/scoped-record-store.ts";
import type { Guest } from "./guest/guest.ts";
import type { NinePServer } from "./guest/nine-p.ts";
import { WORKSPACE_TAG } from "./guest/v86-machine.ts";
import { WORKSPACE_PATH } from "./workspace/resolve-path.ts";
import { Workspace } from "./workspace/workspace.ts";

const MS_NODEV = 4;

/**
 * Nothing is cached but what is mapped, and that as long as it is open (the server's qids say so): both sides see each other's changes
 * at once. Who attaches is told to the server, so that files belong to who made them.
 */
const MOUNT_OPTIONS = "trans=virtio,version=9p2000.L,cache=mmap,access=user,msize=512000";

const DEFAULT_NAME = "default";

export interface WorkspaceSource {
  readonly storage: Promise<Storage>;
  readonly name: string | undefined;
  readonly report: (error: unknown) => void;
}

/**
 * Opens a workspace of this machine. One that cannot be read stays as it is: an empty one takes its place until the next start.
 * @throws EngineError invalid-argument for a name that is none
 */
export async function openWorkspace({ storage, name = DEFAULT_NAME, report }: WorkspaceSource): Promise<Workspace> {
  if (!/^[a-z0-9-]{1,128}$/.test(name))
    throw new EngineError("invalid-argument", `invalid name of a workspace: ${name}`);
  const { records, workspaces, machine } = await storage;
  const common = { clock: systemClock, report };
  const sample = name === DEFAULT_NAME ? {} : { sample: {} };
  try {
    const own = scopedRecords(records, `machines/${machine}/workspaces/${name}/`);
    return await Workspace.open({ ...common, ...sample, records: own, blobs: workspaces });
  } catch (error) {
    report(error);
    return Workspace.open({
      ...common,
      records: new MemoryRecordStore(),
      blobs: new MemoryBlobStore(),
      sample: {
        "NOT-SAVED.txt": `What was here cannot be read: ${messageOf(error)}\nWhat you write here is not kept.\n`,
      },
    });
  }
}

/** The server of a workspace that is still being opened: the guest asks only once it is mounted. */
export function serveWhenOpen(opening: Promise<Workspace>): Pick<NinePServer, "handle"> {
  return { handle: (request, reply) => void opening.then((workspace) => workspace.server.handle(request, reply)) };
}

/** Mounts it. The guest's own operations on it are fine: what serves it is outside. */
export async function mountWorkspace(guest: Pick<Guest, "run">): Promise<void> {
  await guest.run([
    { op: "mkdir", path: WORKSPACE_PATH, mode: 0o755, parents: true },
    {
      op: "mount",
      source: WORKSPACE_TAG,
      target: WORKSPACE_PATH,
      type: "9p",
      flags: MS_NODEV,
      data: MOUNT_OPTIONS,
    },
  ]);
}

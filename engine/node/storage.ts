import { mkdir, open, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { openMemoryStorage, type Storage } from "../content/browser-storage.ts";
import { FileBlobStore } from "./file-blob-store.ts";
import { FileRecordStore } from "./file-record-store.ts";

/** Stores in a directory, or in memory for the name `memory`. Several processes may share a directory: each is its own machine. */
export async function openFileStorage(directory: string): Promise<Storage> {
  if (directory === "memory") return openMemoryStorage();
  await mkdir(directory, { recursive: true });
  const machine = await claimMachine(directory);
  return {
    blobs: new FileBlobStore({ directory: join(directory, "content") }),
    layers: new FileBlobStore({ directory: join(directory, "layers") }),
    volumes: new FileBlobStore({ directory: join(directory, "volumes") }),
    workspaces: new FileBlobStore({ directory: join(directory, "workspaces") }),
    records: new FileRecordStore({ directory }),
    machine: machine.number,
    [Symbol.asyncDispose]: machine.release,
  };
}

/** The lowest number whose lock file names no living process. */
async function claimMachine(directory: string): Promise<{ number: number; release: () => Promise<void> }> {
  for (let number = 1; ; number++) {
    const path = join(directory, `machine-${number}.lock`);
    if (await isHeld(path)) continue;
    await rm(path, { force: true });
    try {
      const file = await open(path, "wx");
      await file.writeFile(String(process.pid));
      await file.close();
      return { number, release: () => rm(path, { force: true }) };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
  }
}

async function isHeld(path: string): Promise<boolean> {
  const pid = Number(await readFile(path, "utf8").catch(() => "0"));
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

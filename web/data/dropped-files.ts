import type { Upload } from "../controllers/workspace-controller.ts";

/** The files that were dropped, those of dropped folders included, each with its path below `directory`. */
export async function droppedFiles(transfer: DataTransfer, directory: string): Promise<readonly Upload[]> {
  // The items are gone after the first turn of the event loop: ask for all of them now.
  const entries = [...transfer.items].flatMap((item) => item.webkitGetAsEntry() ?? []);
  // Not from a file manager but from a page's script, or a browser without entries: files are all there is.
  const found: Upload[] = entries.length > 0 ? [] : [...chosenFiles(transfer.files, directory)];
  for (const entry of entries) await collect(entry, directory, found);
  return found;
}

/** Chosen files; those of a chosen folder carry their place in it. */
export function chosenFiles(files: Iterable<File>, directory: string): readonly Upload[] {
  return [...files].map((blob) => ({ path: below(directory, blob.webkitRelativePath || blob.name), blob }));
}

async function collect(entry: FileSystemEntry, directory: string, found: Upload[]): Promise<void> {
  const path = below(directory, entry.name);
  if (entry.isFile) {
    const blob = await new Promise<File>((resolve, reject) => (entry as FileSystemFileEntry).file(resolve, reject));
    found.push({ path, blob });
    return;
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  for (;;) {
    // A reader tells some names at a time, none at the end.
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    if (some.length === 0) return;
    for (const each of some) await collect(each, path, found);
  }
}

function below(directory: string, name: string): string {
  return directory === "" ? name : `${directory}/${name}`;
}

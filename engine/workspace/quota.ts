import { ERRNO } from "../guest/errno.ts";
import { FileError } from "./file-error.ts";

/** How much a workspace may hold. */
export interface WorkspaceLimits {
  readonly maxBytes: number;
  /** Files of every kind, directories too. */
  readonly maxFiles: number;
}

export const DEFAULT_LIMITS: WorkspaceLimits = { maxBytes: 256 << 20, maxFiles: 10_000 };

/** Counts what a tree holds against its limits. */
export class Quota {
  readonly limits: WorkspaceLimits;
  usedBytes = 0;
  files = 0;
  /** The storage below takes nothing more: only what makes things smaller is allowed. */
  isStorageFull = false;

  constructor(limits: WorkspaceLimits) {
    this.limits = limits;
  }

  /** Bytes that may still be taken. */
  get freeBytes(): number {
    return this.isStorageFull ? 0 : Math.max(0, this.limits.maxBytes - this.usedBytes);
  }

  get freeFiles(): number {
    return this.isStorageFull ? 0 : Math.max(0, this.limits.maxFiles - this.files);
  }

  /** Counts bytes, or gives them back when negative. @throws FileError ENOSPC */
  take(bytes: number): void {
    if (bytes > 0 && bytes > this.freeBytes) throw new FileError(ERRNO.ENOSPC);
    this.usedBytes += bytes;
  }

  /** @throws FileError ENOSPC */
  takeFile(): void {
    if (this.freeFiles === 0) throw new FileError(ERRNO.ENOSPC);
    this.files += 1;
  }

  giveFile(): void {
    this.files -= 1;
  }
}

import type { CacheEntry, PruneCache } from "../build-service.ts";

/**
 * Which records go. As with BuildKit: never one in use; without `all` only what no image shares the layer of and what is not a step's own result
 * stays too; with `keepBytes` the oldest go until the rest fits.
 */
export function toPrune(entries: readonly CacheEntry[], options: PruneCache, nowMs: number): readonly string[] {
  const { all, unusedForMs, keepBytes } = options;
  const candidates = entries
    .filter(({ inUse, shared }) => !inUse && (all || !shared))
    .filter((entry) => unusedForMs === undefined || nowMs - lastUsed(entry) >= unusedForMs)
    .toSorted((a, b) => lastUsed(a) - lastUsed(b) || a.usageCount - b.usageCount);
  if (keepBytes === undefined) return candidates.map(({ id }) => id);
  let totalBytes = entries.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const gone: string[] = [];
  for (const { id, sizeBytes } of candidates) {
    if (totalBytes <= keepBytes) break;
    totalBytes -= sizeBytes;
    gone.push(id);
  }
  return gone;
}

function lastUsed({ lastUsedMs, createdMs }: CacheEntry): number {
  return lastUsedMs ?? createdMs;
}

/** One line of `docker diff`. */
interface WireChange {
  readonly Path: string;
  readonly Kind: 0 | 1 | 2;
}

const KINDS = { modified: 0, added: 1, deleted: 2 } as const;

/** Docker says `null` when nothing was changed. */
export function toWireChanges(
  changes: readonly { readonly path: string; readonly kind: keyof typeof KINDS }[],
): readonly WireChange[] | null {
  return changes.length === 0 ? null : changes.map(({ path, kind }) => ({ Path: path, Kind: KINDS[kind] }));
}

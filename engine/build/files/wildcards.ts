/** Whether a path holds something that makes it a pattern (BuildKit `containsWildcards`). */
export function hasWildcards(path: string): boolean {
  return /^(?:\\.|[^\\])*?[*?[]/su.test(path);
}

/** The part of a clean path up to its first component with a wildcard, and the rest (fsutil `splitWildcards`). */
export function splitWildcards(path: string): { readonly fixed: string; readonly pattern: string } {
  const parts = path.split("/");
  const first = parts.findIndex((part) => hasWildcards(part));
  if (first < 0) return { fixed: path, pattern: "" };
  return { fixed: parts.slice(0, first).join("/"), pattern: parts.slice(first).join("/") };
}

import { encodePath } from "../oci/path-bytes.ts";

/** Orders names by their bytes, as Linux and Go do. (UTF-16 orders characters beyond U+FFFF otherwise.) */
export function compareStrings(left: string, right: string): number {
  if (left === right) return 0;
  const a = encodePath(left);
  const b = encodePath(right);
  const at = a.findIndex((byte, index) => byte !== b[index]);
  if (at < 0) return -1;
  return at >= b.length ? 1 : (a[at] as number) - (b[at] as number);
}

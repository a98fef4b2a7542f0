/** More is no text that a person edits here. */
export const TEXT_LIMIT_BYTES = 2 << 20;
const PROBE_BYTES = 8000;

export type TextOrNot = { readonly text: string } | { readonly refused: "binary" | "too-large" };

/** Bytes as text that can be edited and written back as it was; or why not. A NUL near the beginning means binary, as git has it. */
export function textOf(bytes: Uint8Array): TextOrNot {
  if (bytes.length > TEXT_LIMIT_BYTES) return { refused: "too-large" };
  if (bytes.subarray(0, PROBE_BYTES).includes(0)) return { refused: "binary" };
  try {
    return { text: new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes) };
  } catch {
    return { refused: "binary" };
  }
}

/** Something to be said about a place in a text. Lines and columns from 1. */
export interface Finding {
  readonly message: string;
  readonly severity: "error" | "warning" | "info";
  readonly startLine: number;
  readonly startColumn: number;
  readonly endLine: number;
  /** Beyond the line's end: the end. */
  readonly endColumn: number;
  /** What it is about, and where that is explained. */
  readonly link?: { readonly name: string; readonly url: string };
}

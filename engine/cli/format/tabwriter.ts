/**
 * Columns as Go's `text/tabwriter` aligns them. A cell ends with a tab; what follows a line's last tab is not in a column. A column is a
 * run of lines that have a cell there; it is as wide as its widest cell plus the padding.
 */
export interface TabOptions {
  readonly minWidth: number;
  readonly padding: number;
}

/** Docker's tables. */
const TABLE_TABS: TabOptions = { minWidth: 10, padding: 3 };
/** Its wider ones, such as `docker top`. */
export const WIDE_TABS: TabOptions = { minWidth: 20, padding: 3 };

export function alignTabs(text: string, options: TabOptions = TABLE_TABS): string {
  const lines = text.split("\n").map((line) => line.split("\t"));
  const widths: number[][] = lines.map(() => []);
  setWidths(lines, widths, { first: 0, end: lines.length, column: 0 }, options);
  return lines
    .map((cells, index) => cells.map((cell, column) => pad(cell, widths[index]?.[column])).join(""))
    .join("\n");
}

function setWidths(
  lines: readonly string[][],
  widths: number[][],
  block: { first: number; end: number; column: number },
  options: TabOptions,
): void {
  const { first, end, column } = block;
  const hasCell = (line: number): boolean => line < end && column < (lines[line] as string[]).length - 1;
  for (let line = first; line < end; line += 1) {
    if (!hasCell(line)) continue;
    const start = line;
    let width = options.minWidth;
    for (; hasCell(line); line += 1)
      width = Math.max(width, lengthOf(lines[line]?.[column] as string) + options.padding);
    for (let index = start; index < line; index += 1) (widths[index] as number[])[column] = width;
    setWidths(lines, widths, { first: start, end: line, column: column + 1 }, options);
  }
}

function pad(cell: string, width: number | undefined): string {
  return width === undefined ? cell : cell + " ".repeat(Math.max(0, width - lengthOf(cell)));
}

/** In characters, as Go counts them. */
function lengthOf(text: string): number {
  return Array.from(text).length;
}

/** One measured quantity of the benchmark. */
export interface Row {
  /** Stable key, for comparing runs. */
  readonly id: string;
  readonly title: string;
  readonly unit: "ms" | "MB" | "MB/s" | "ratio" | "count";
  readonly samples: readonly number[];
  /** What `docs/performance.md` and the design ask for; `at-most` unless said otherwise. */
  readonly target?: number;
  readonly direction?: "at-most" | "at-least";
  readonly where: "node" | "chromium" | "files";
}

/** The value below which `share` (0–1) of the samples lie, by linear interpolation between ranks. */
export function quantile(samples: readonly number[], share: number): number {
  if (samples.length === 0) return Number.NaN;
  const sorted = samples.toSorted((a, b) => a - b);
  const rank = (sorted.length - 1) * share;
  const low = sorted[Math.floor(rank)] as number;
  const high = sorted[Math.ceil(rank)] as number;
  return low + (high - low) * (rank - Math.floor(rank));
}

/** p50 and p90; for a quantity that should be large, p90 is the value that nine of ten samples reach. */
export function summary(row: Row): { readonly p50: number; readonly p90: number; readonly met: boolean | undefined } {
  const least = row.direction === "at-least";
  const p50 = quantile(row.samples, 0.5);
  const p90 = quantile(row.samples, least ? 0.1 : 0.9);
  const met = row.target === undefined ? undefined : least ? p50 >= row.target : p50 <= row.target;
  return { p50, p90, met };
}

/** A plain-text table of rows. */
export function formatTable(rows: readonly Row[]): string {
  const lines = [["where", "what", "p50", "p90", "target", "", "runs"]];
  for (const row of rows) {
    const { p50, p90, met } = summary(row);
    const sign = row.direction === "at-least" ? "≥" : "≤";
    lines.push([
      row.where,
      row.title,
      `${formatNumber(p50)} ${row.unit}`,
      `${formatNumber(p90)} ${row.unit}`,
      row.target === undefined ? "" : `${sign} ${formatNumber(row.target)}`,
      met === undefined ? "" : met ? "met" : "missed",
      String(row.samples.length),
    ]);
  }
  const widths = (lines[0] as string[]).map((_, column) =>
    Math.max(...lines.map((line) => (line[column] as string).length)),
  );
  return lines
    .map((line) =>
      line
        .map((cell, column) => cell.padEnd(widths[column] as number))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

function formatNumber(value: number): string {
  return Math.abs(value) >= 100 ? value.toFixed(0) : Math.abs(value) >= 10 ? value.toFixed(1) : value.toFixed(2);
}

import type { SourceModel } from "../../wire/build-status.ts";

/**
 * Lines of a Dockerfile with those that are meant marked, and some around them (BuildKit's `solver/errdefs`). Empty when there are no such lines.
 *
 *     Dockerfile:2
 *     --------------------
 *        1 |     FROM busybox
 *        2 | >>> RUN false
 *     --------------------
 */
export function formatSource({ fileName, data, ranges }: SourceModel): string {
  const lines = data.split("\n");
  const first = Math.min(...ranges.map(({ start }) => start));
  const last = Math.min(lines.length, Math.max(...ranges.map(({ start, end }) => Math.max(start, end))));
  if (ranges.length === 0 || first < 1 || first > lines.length) return "";
  let [start, end] = [first, last];
  const around = start === end ? 4 : 2;
  for (let count = 0; count < around; count += 1) {
    if (start > 1) {
      start -= 1;
      count += 1;
    }
    if (end !== lines.length) {
      end += 1;
      count += 1;
    }
  }
  const isMeant = (line: number): boolean =>
    ranges.some((range) => range.start <= line && Math.max(range.start, range.end) >= line);
  const shown = lines.slice(start - 1, end).map((text, index) => {
    const number = start + index;
    return ` ${String(number).padStart(3)} | ${isMeant(number) ? ">>>" : "   "} ${text}\n`;
  });
  return `${fileName}:${first}\n--------------------\n${shown.join("")}--------------------\n`;
}

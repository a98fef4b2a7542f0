/** A Dockerfile of these lines. */
export function lines(...all: readonly string[]): string {
  return `${all.join("\n")}\n`;
}

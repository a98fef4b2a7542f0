/** What this engine says it speaks. A client sends `/v1.50/…` once it has seen `Api-Version`. */
export const API_VERSION = "1.50";
export const MIN_API_VERSION = "1.24";

/** The Docker release whose behaviour this engine follows: `docker version` shows it on both sides. */
export const DOCKER_VERSION = "28.2.2";

/** Compares `1.41` with `1.50`: negative, zero or positive. */
export function compareVersions(left: string, right: string): number {
  const [a, b] = [left, right].map((version) => version.split(".").map(Number)) as [number[], number[]];
  for (let index = 0; index < Math.max(a.length, b.length); index += 1) {
    const difference = (a[index] ?? 0) - (b[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

const UNITS = ["B", "kB", "MB", "GB"] as const;

/** Bytes for a person, in decimal units as Docker prints them: `4.42 MB`. */
export function formatBytes(bytes: number): string {
  const power = bytes < 1000 ? 0 : Math.min(UNITS.length - 1, Math.floor(Math.log10(bytes) / 3));
  const value = bytes / 1000 ** power;
  return `${power === 0 ? value : Number(value.toPrecision(3))} ${UNITS[power]}`;
}

/** A duration for a person: `0.84 s`, `12 s`. */
export function formatSeconds(milliseconds: number): string {
  const seconds = milliseconds / 1000;
  return `${seconds < 10 ? seconds.toFixed(seconds < 1 ? 2 : 1) : Math.round(seconds)} s`;
}

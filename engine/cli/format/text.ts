/** Small texts that several commands print. */

/** The twelve digits people know an id by; `sha256:` goes. */
export function shortId(id: string): string {
  return id.replace(/^sha256:/, "").slice(0, 12);
}

/** At most `length` characters, the last one an ellipsis where something was cut. */
export function ellipsis(text: string, length: number): string {
  const characters = Array.from(text);
  return characters.length <= length ? text : `${characters.slice(0, length - 1).join("")}…`;
}

/** Go's `net.JoinHostPort`. */
export function joinHostPort(host: string, port: string | number): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}

/** Order in which numbers inside texts count as numbers: `9/tcp` before `10/tcp`. */
export function compareNaturally(a: string, b: string): number {
  const [left, right] = [partsOf(a), partsOf(b)];
  for (const [index, part] of left.entries()) {
    const other = right[index];
    if (other === undefined) return 1;
    if (part === other) continue;
    const bothNumbers = /\d/.test(part) && /\d/.test(other);
    return bothNumbers ? Number(part) - Number(other) : part < other ? -1 : 1;
  }
  return left.length - right.length;
}

function partsOf(text: string): readonly string[] {
  return text.match(/\d+|\D/g) ?? [];
}

/** A moment of RFC 3339 (in UTC) as Go prints one: `2026-11-21 02:10:09.5 +0000 UTC`. */
export function goTime(text: string): string {
  const [, date, time, fraction = ""] = /^([\d-]+)T([\d:]+)(\.\d+)?/.exec(text) ?? [];
  return date === undefined ? text : `${date} ${time}${fraction.replace(/\.?0*$/, "")} +0000 UTC`;
}

/** Fills the array with random bytes. */
export type RandomBytes = (into: Uint8Array<ArrayBuffer>) => unknown;

export const systemRandom: RandomBytes = (into) => crypto.getRandomValues(into);

const SHORT_LENGTH = 12;

/**
 * 64 random hex digits. Never one whose first twelve are all decimal: those are the default hostname, and a number is none
 * (moby's `pkg/stringid`).
 */
export function createId(random: RandomBytes = systemRandom): string {
  const bytes = new Uint8Array(32);
  for (;;) {
    random(bytes);
    const id = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
    if (!/^\d+$/.test(shortId(id))) return id;
  }
}

/** The twelve digits that people see. */
export function shortId(id: string): string {
  return id.slice(0, SHORT_LENGTH);
}

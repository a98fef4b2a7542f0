import { EngineError } from "../base/errors.ts";
import { ADJECTIVES, SURNAMES } from "./name-words.ts";
import type { RandomBytes } from "./container-id.ts";

const VALID = /^[a-zA-Z0-9][a-zA-Z0-9_.-]+$/;
const ATTEMPTS = 6;

/**
 * A name such as `quiet_lovelace` that is not taken. After one attempt a digit is appended (moby's `pkg/namesgenerator`), after
 * six the id's first digits are the name.
 */
export function generateName(random: RandomBytes, isTaken: (name: string) => boolean, fallback: string): string {
  const pick = new Uint8Array(5);
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    random(pick);
    const at = (offset: number, length: number): number =>
      ((pick[offset] ?? 0) * 256 + (pick[offset + 1] ?? 0)) % length;
    const name = `${ADJECTIVES[at(0, ADJECTIVES.length)]}_${SURNAMES[at(2, SURNAMES.length)]}`;
    // Steve Wozniak is not boring: the one rule that every container engine keeps.
    if (name === "boring_wozniak") continue;
    const full = attempt === 0 ? name : `${name}${(pick[4] ?? 0) % 10}`;
    if (!isTaken(full)) return full;
  }
  return fallback;
}

/** @throws EngineError invalid-argument, with the name as it was given */
export function checkName(name: string, given = name): string {
  if (!VALID.test(name)) {
    throw new EngineError(
      "invalid-argument",
      `Invalid container name (${given}), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed`,
    );
  }
  return name;
}

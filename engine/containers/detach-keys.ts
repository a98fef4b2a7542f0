import { EngineError } from "../base/errors.ts";

export const DEFAULT_DETACH_KEYS = "ctrl-p,ctrl-q";

/**
 * The bytes of a key sequence: comma-separated, each a single character or `ctrl-` and one of `a`–`z`, `@`, `[`, `\`, `]`, `^`, `_`
 * (`github.com/moby/term`, ascii.go). Empty text means no sequence.
 * @throws EngineError invalid-argument
 */
export function parseDetachKeys(text: string): readonly number[] {
  if (text === "") return [];
  return text.split(",").map((key) => {
    if (key.length === 1 && key.charCodeAt(0) < 0x80) return key.charCodeAt(0);
    const control = /^ctrl-([a-z@[\\\]^_])$/.exec(key)?.[1];
    if (control === undefined)
      throw new EngineError("invalid-argument", `invalid detach keys (${text}): Unknown character: '${key}'`);
    return control.toUpperCase().charCodeAt(0) & 0x1f;
  });
}

/** Watches typed bytes for the sequence. Bytes of a beginning that leads nowhere are passed on later. */
export class DetachScanner {
  readonly #keys: readonly number[];
  #matched = 0;

  constructor(keys: readonly number[]) {
    this.#keys = keys;
  }

  /** What to pass on, and whether the sequence is complete (nothing after it is passed). */
  push(bytes: Uint8Array): { readonly pass: Uint8Array; readonly detached: boolean } {
    if (this.#keys.length === 0) return { pass: bytes, detached: false };
    const pass: number[] = [];
    for (const byte of bytes) {
      if (byte !== this.#keys[this.#matched]) {
        pass.push(...this.#keys.slice(0, this.#matched));
        this.#matched = 0;
      }
      if (byte === this.#keys[this.#matched]) this.#matched += 1;
      else pass.push(byte);
      if (this.#matched === this.#keys.length) return { pass: Uint8Array.from(pass), detached: true };
    }
    return { pass: Uint8Array.from(pass), detached: false };
  }
}

/** Keys that end an attachment without ending the process. */
export const DEFAULT_DETACH_KEYS = "ctrl-p,ctrl-q";

/**
 * The bytes of `ctrl-p,ctrl-q` or `a,b`; undefined when it is not understood. An empty text means that there are none.
 * https://docs.docker.com/reference/cli/docker/container/attach/#detach-keys
 */
export function parseDetachKeys(text: string): Uint8Array | undefined {
  const codes = text.split(",").map((key) => {
    if (key.length === 1) return key.charCodeAt(0);
    const control = /^ctrl-([a-z@[\\\]^_])$/i.exec(key)?.[1];
    return control === undefined ? undefined : control.toUpperCase().charCodeAt(0) - 64;
  });
  return codes.every((code) => code !== undefined) ? Uint8Array.from(codes) : undefined;
}

/** Looks for the keys in what is typed. Keys that may yet become the sequence are held back until the next ones tell. */
export class DetachScanner {
  readonly #keys: Uint8Array;
  #matched = 0;

  constructor(keys: Uint8Array) {
    this.#keys = keys;
  }

  /** What to pass on, and whether the sequence is complete (what follows it is dropped). */
  push(bytes: Uint8Array): { readonly bytes: Uint8Array; readonly detached: boolean } {
    const passed: number[] = [];
    for (const byte of bytes) {
      if (byte !== this.#keys[this.#matched]) {
        passed.push(...this.#keys.subarray(0, this.#matched));
        this.#matched = 0;
      }
      if (byte !== this.#keys[this.#matched]) {
        passed.push(byte);
        continue;
      }
      this.#matched += 1;
      if (this.#matched === this.#keys.length) return { bytes: Uint8Array.from(passed), detached: true };
    }
    return { bytes: Uint8Array.from(passed), detached: false };
  }
}

import type { GuestConsole } from "./guest.ts";

const DEFAULT_CAPACITY = 256 << 10;

/** The kernel's console: bytes of the serial line in, UTF-8 text out, the newest 256 Ki characters kept. */
export class SerialConsole implements GuestConsole {
  readonly #capacity: number;
  readonly #decoder = new TextDecoder();
  readonly #listeners = new Set<(text: string) => void>();
  #bytes: number[] = [];
  #text = "";
  #scheduled = false;

  constructor(options: { capacity?: number } = {}) {
    this.#capacity = options.capacity ?? DEFAULT_CAPACITY;
  }

  /** One byte of the line. Listeners hear of it in a microtask, or at the end of the line. */
  write(byte: number): void {
    this.#bytes.push(byte);
    if (byte === 0x0a) this.#flush();
    else if (!this.#scheduled) {
      this.#scheduled = true;
      queueMicrotask(() => {
        this.#scheduled = false;
        this.#flush();
      });
    }
  }

  /** Text that did not come over the line, such as the agent's log. */
  append(text: string): void {
    if (text.length === 0) return;
    this.#text += text;
    // Twice, so that cutting is rare.
    if (this.#text.length > this.#capacity * 2) this.#text = this.#text.slice(-this.#capacity);
    for (const listener of this.#listeners) listener(text);
  }

  text(): string {
    return this.#text.slice(-this.#capacity);
  }

  subscribe(listener: (text: string) => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  #flush(): void {
    if (this.#bytes.length === 0) return;
    const bytes = Uint8Array.from(this.#bytes);
    this.#bytes = [];
    this.append(this.#decoder.decode(bytes, { stream: true }));
  }
}

/** Calls `onDeath` once, with the line by which the kernel says that it is no more. */
export function watchForPanic(console: GuestConsole, onDeath: (line: string) => void): Disposable {
  let line = "";
  const subscription = console.subscribe((text) => {
    const lines = (line + text).split("\n");
    line = lines.pop() ?? "";
    const last = lines.find((candidate) => LAST_WORDS.test(candidate));
    if (last === undefined) return;
    subscription[Symbol.dispose]();
    onDeath(last.replace(/^\[[^\]]*\] */, "").trim());
  });
  return subscription;
}

const LAST_WORDS = /Kernel panic|reboot: (Power down|System halted|Restarting system|machine restart)/;

import type { BootProgress } from "../../engine/index.ts";

/**
 * The kernel's console while it boots. The engine sends it as details of the step `boot`: the first is a caption, the rest is what
 * the kernel writes.
 */
export class BootLog {
  text = "";
  #hasCaption = false;
  readonly #show: (text: string) => void;

  constructor(show: (text: string) => void) {
    this.#show = show;
  }

  /** True when this was console text, and no progress in itself. */
  take(progress: BootProgress): boolean {
    if (progress.step !== "boot" || progress.detail === undefined) return false;
    if (!this.#hasCaption) {
      this.#hasCaption = true;
      return false;
    }
    this.text += progress.detail;
    this.#show(progress.detail);
    return true;
  }
}

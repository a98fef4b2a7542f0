import type { WorkbenchHost } from "../elements/workbench/workbench-host.ts";

const PROMPT_PATIENCE_MS = 10_000;
const ECHO_PATIENCE_MS = 1_000;
const POLL_MS = 50;

/** Types the commands of the editor's buttons where a shell waits for them, and remembers where that was. */
export class BuildRunner {
  /** The terminal in which the last build was started. */
  #tab: number | undefined;
  #isTyping = false;

  /**
   * Types a line and Enter: where the last one was if its shell waits, else in the terminal in front, else in a new one. Does nothing
   * until the shell has taken the line before: a second click is a slip.
   */
  async run(host: WorkbenchHost, lineFor: (directory: string | undefined) => string): Promise<void> {
    if (this.#isTyping) return;
    this.#isTyping = true;
    try {
      await this.#type(host, lineFor);
      await this.#taken(host);
    } finally {
      this.#isTyping = false;
    }
  }

  async #type(host: WorkbenchHost, lineFor: (directory: string | undefined) => string): Promise<void> {
    const before = this.#tab === undefined ? undefined : host.promptDirectory(this.#tab);
    if (this.#tab !== undefined && before !== undefined) {
      host.type(`${lineFor(before)}\r`, this.#tab);
      return;
    }
    const here = host.promptDirectory();
    if (here !== undefined) this.#tab = host.type(`${lineFor(here)}\r`);
    else this.#tab = await this.inNewTerminal(host, lineFor);
  }

  /** The prompt has gone: the shell has read the line. */
  async #taken(host: WorkbenchHost): Promise<void> {
    const deadline = performance.now() + ECHO_PATIENCE_MS;
    while (host.promptDirectory(this.#tab) !== undefined && performance.now() < deadline) {
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }

  /** Types a line into a new terminal as soon as its shell waits. Resolves with the terminal's id. */
  async inNewTerminal(host: WorkbenchHost, lineFor: (directory: string | undefined) => string): Promise<number> {
    const tab = host.type("", "new");
    const deadline = performance.now() + PROMPT_PATIENCE_MS;
    while (host.promptDirectory(tab) === undefined && performance.now() < deadline) {
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
    host.type(`${lineFor(host.promptDirectory(tab))}\r`, tab);
    return tab;
  }

  /** Ctrl+C into the terminal of the build; into the one in front when the build was started by hand. */
  stop(host: WorkbenchHost): void {
    host.type("\x03", this.#tab ?? "active");
  }
}

import { chunksOf, encodeUtf8 } from "../base/streams.ts";
import type { Engine, Terminal } from "../engine-options.ts";

/** What a typed command did. */
export interface CommandResult {
  /** Everything on the screen between the typed line and the next prompt. */
  readonly output: string;
  readonly code: number;
  /** From the Enter key to the next prompt. */
  readonly milliseconds: number;
}

/** Characters for private use, so that no output is taken for a prompt. */
const PROMPT = /\ue000(\d+)\ue001$/;

/** Types commands into a terminal of the guest as a person would, and reads the screen until the next prompt. */
export class ShellSession implements AsyncDisposable {
  readonly #terminal: Terminal;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;
  #screen = "";
  #changed: () => void = () => undefined;

  static async open(engine: Engine, size = { rows: 40, columns: 200 }): Promise<ShellSession> {
    const session = new ShellSession(await engine.openTerminal(size));
    await session.#until((screen) => /[$#] $/.test(screen));
    await session.run("bind 'set enable-bracketed-paste off'; PROMPT_COMMAND=; PS1='\ue000$?\ue001'");
    return session;
  }

  private constructor(terminal: Terminal) {
    this.#terminal = terminal;
    this.#writer = terminal.input.getWriter();
    this.#read().catch(() => undefined);
  }

  /** Types a line and waits for the prompt. */
  async run(command: string, options: { timeoutMs?: number } = {}): Promise<CommandResult> {
    this.#screen = "";
    const started = performance.now();
    await this.type(`${command}\n`);
    await this.#until((screen) => PROMPT.test(screen), options.timeoutMs);
    const milliseconds = performance.now() - started;
    const code = Number(PROMPT.exec(this.#screen)?.[1]);
    const output = this.#screen.replace(PROMPT, "").replaceAll("\r\n", "\n");
    return { output: output.slice(output.indexOf("\n") + 1), code, milliseconds };
  }

  async type(text: string): Promise<void> {
    await this.#writer.write(encodeUtf8(text));
  }

  /** Waits until what was printed since the last command matches. */
  async waitFor(pattern: RegExp, timeoutMs?: number): Promise<string> {
    await this.#until((screen) => pattern.test(screen), timeoutMs);
    return this.#screen;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#terminal.close();
  }

  async #read(): Promise<void> {
    const decoder = new TextDecoder();
    for await (const chunk of chunksOf(this.#terminal.output)) {
      this.#screen += decoder.decode(chunk, { stream: true });
      this.#changed();
    }
  }

  async #until(met: (screen: string) => boolean, timeoutMs = 30_000): Promise<void> {
    const deadline = performance.now() + timeoutMs;
    while (!met(this.#screen)) {
      const leftMs = deadline - performance.now();
      if (leftMs <= 0)
        throw new Error(
          `the terminal did not show what was expected within ${timeoutMs} ms; it shows:\n${this.#screen}`,
        );
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, leftMs);
        this.#changed = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }
}

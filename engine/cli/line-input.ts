import { CommandError } from "./command.ts";
import type { CommandContext } from "./command-context.ts";

/** What the kernel's line discipline does for a line, done here while the terminal is raw. */
const ERASE = ["\u007f", "\b"];
const KILL_LINE = "\u0015";
const INTERRUPT = "\u0003";
const END_OF_INPUT = "\u0004";
/** As a shell shows a death by Ctrl-C. */
const INTERRUPTED = 130;

/** Reads stdin line by line: what was read too far stays for the next line. */
export class LineInput {
  readonly #context: CommandContext;
  readonly #decoder = new TextDecoder();
  #reader: ReadableStreamDefaultReader<Uint8Array> | undefined;
  #rest = "";

  constructor(context: CommandContext) {
    this.#context = context;
  }

  /** A line without its end; what there is when the input ends before. */
  async readLine(): Promise<string> {
    for (;;) {
      const newline = this.#rest.indexOf("\n");
      if (newline >= 0) return this.#take(newline + 1).slice(0, newline);
      if (!(await this.#fill())) return this.#take(this.#rest.length);
    }
  }

  /** A line that a terminal does not show. @throws CommandError for Ctrl-C */
  async readSecret(): Promise<string> {
    const { stdin } = this.#context;
    stdin.setRaw(true);
    try {
      let line = "";
      for (;;) {
        const character = await this.#character();
        if (character === undefined || character === "\r" || character === "\n" || character === END_OF_INPUT)
          return line;
        if (character === INTERRUPT) {
          await this.#context.stdout.write("\r\n");
          throw new CommandError("", INTERRUPTED);
        }
        if (ERASE.includes(character)) line = line.slice(0, -1);
        else if (character === KILL_LINE) line = "";
        else line += character;
      }
    } finally {
      stdin.setRaw(false);
    }
  }

  async #character(): Promise<string | undefined> {
    if (this.#rest === "" && !(await this.#fill())) return undefined;
    const [character = ""] = this.#rest;
    return this.#take(character.length);
  }

  #take(length: number): string {
    const text = this.#rest.slice(0, length);
    this.#rest = this.#rest.slice(length);
    return text;
  }

  async #fill(): Promise<boolean> {
    this.#reader ??= this.#context.stdin.stream().getReader();
    const { done, value } = await this.#reader.read();
    if (done) return false;
    this.#rest += this.#decoder.decode(value, { stream: true });
    return true;
  }
}

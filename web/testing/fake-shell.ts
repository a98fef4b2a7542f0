import type { FakeBuildOptions } from "./fake-builds.ts";
import type { Terminal } from "../../engine/index.ts";

/** What a command of the toy shell can do beyond printing. */
export interface FakeShellHost {
  run(image: string): void;
  die(): void;
  /** Files of the workspace. */
  read(path: string): string | undefined;
  write(path: string, text: string): void;
  build(options: FakeBuildOptions): Promise<number>;
}

const WORKSPACE = "/root/workspace";

/** A toy shell with a line editor of its own, so that a terminal has something to talk to. */
export class FakeShell implements Terminal {
  readonly output: ReadableStream<Uint8Array>;
  readonly input: WritableStream<Uint8Array>;
  readonly exited: Promise<{ readonly code: number }>;
  readonly #host: FakeShellHost;
  #size: { rows: number; columns: number };
  #line = "";
  #directory = "/root";
  #running: AbortController | undefined;
  #bytesIn = 0;
  #isPasting = false;
  #isFlooding = false;
  #controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  #pulled: () => void = () => undefined;
  #exit: (status: { code: number }) => void = () => undefined;

  constructor(size: { rows: number; columns: number }, host: FakeShellHost) {
    this.#size = size;
    this.#host = host;
    this.exited = new Promise((resolve) => (this.#exit = resolve));
    this.output = new ReadableStream<Uint8Array>(
      { start: (controller) => void (this.#controller = controller), pull: () => this.#pulled() },
      { highWaterMark: 4 },
    );
    const decoder = new TextDecoder();
    this.input = new WritableStream<Uint8Array>({
      write: (chunk) => {
        this.#bytesIn += chunk.length;
        this.#type(decoder.decode(chunk, { stream: true }));
      },
    });
    this.#print(`\x1b[?2004hA toy shell: no kernel behind it.\r\n${this.#prompt()}`);
  }

  async resize(rows: number, columns: number): Promise<void> {
    this.#size = { rows, columns };
  }

  async close(): Promise<void> {
    this.#end(129);
  }

  #print(text: string): void {
    this.#controller?.enqueue(new TextEncoder().encode(text));
  }

  #end(code: number): void {
    this.#isFlooding = false;
    try {
      this.#controller?.close();
    } catch {
      return;
    }
    this.#controller = undefined;
    this.#exit({ code });
  }

  #type(text: string): void {
    let rest = text;
    while (rest !== "") {
      if (this.#isPasting) {
        const end = rest.indexOf("\x1b[201~");
        this.#line += end < 0 ? rest : rest.slice(0, end);
        rest = end < 0 ? "" : rest.slice(end + 6);
        this.#isPasting = end < 0;
        if (!this.#isPasting) this.#print(this.#line.length > 200 ? `<${this.#line.length} pasted>` : this.#line);
        continue;
      }
      if (rest.startsWith("\x1b[200~")) {
        this.#isPasting = true;
        rest = rest.slice(6);
        continue;
      }
      const [character = ""] = rest;
      rest = rest.slice(character.length);
      this.#key(character);
    }
  }

  #key(character: string): void {
    if (character === "\x03") {
      this.#isFlooding = false;
      this.#line = "";
      if (this.#running) this.#running.abort();
      else this.#print(`^C\r\n${this.#prompt()}`);
    } else if (character === "\r") {
      this.#print("\r\n");
      const line = this.#line.trim();
      this.#line = "";
      void this.#list(line).then((result) => {
        if (this.#controller && result !== undefined) this.#print(`${result}${result ? "\r\n" : ""}${this.#prompt()}`);
      });
    } else if (character === "\x7f") {
      if (this.#line) this.#print("\b \b");
      this.#line = this.#line.slice(0, -1);
    } else if (character >= " ") {
      this.#line += character;
      this.#print(character);
    }
  }

  #prompt(): string {
    return `\x1b[32mdock\x1b[0m:${this.#directory.replace(/^\/root(?=\/|$)/, "~")}# `;
  }

  /** Commands joined by `&&`. */
  async #list(line: string): Promise<string | undefined> {
    const results: string[] = [];
    for (const part of line.split("&&")) {
      const result = await this.#command(part.trim());
      if (result === undefined) return undefined;
      if (result) results.push(result);
    }
    return results.join("\r\n");
  }

  /** A name as the workspace has it. */
  #workspacePath(name: string): string {
    const path = name.replace(/^~/, "/root");
    return (path.startsWith("/") ? path : `${this.#directory}/${path}`).slice(WORKSPACE.length + 1);
  }

  async #build(words: readonly string[]): Promise<string> {
    const tag = words[words.indexOf("-t") + 1] ?? "";
    const name = words.includes("-f") ? (words[words.indexOf("-f") + 1] ?? "") : "Dockerfile";
    const text = this.#host.read(this.#workspacePath(name));
    if (text === undefined) return `ERROR: failed to read dockerfile: open ${name}: no such file or directory`;
    this.#running = new AbortController();
    const { signal } = this.#running;
    const code = await this.#host.build({ tag, text, name, contextPath: this.#directory, signal });
    this.#running = undefined;
    return code === 0 ? `naming to docker.io/library/${tag} done` : `ERROR: failed to solve`;
  }

  async #command(line: string): Promise<string | undefined> {
    const [name = "", ...words] = line.split(/\s+/);
    const rest = words.join(" ");
    const told = this.#fileCommand(name, rest);
    if (told !== undefined) return told;
    switch (name) {
      case "":
        return "";
      case "echo":
        return rest.length > 200 ? `${rest.length} characters` : rest;
      case "size":
        return `${this.#size.rows} ${this.#size.columns}`;
      case "bytes":
        return String(this.#bytesIn);
      case "raw":
        return rest.replace(/\\e/g, "\x1b").replace(/\\a/g, "\x07");
      case "colors":
        return Array.from({ length: 64 }, (_, n) => `\x1b[48;2;${n * 4};${200 - n * 2};${120 + n}m \x1b[0m`).join("");
      case "docker":
        if (words[0] === "build") return this.#build(words);
        if (words[0] === "run") this.#host.run(words.at(-1) ?? "");
        return `docker ${rest}`;
      case "lines":
        return Array.from({ length: Number(rest) }, (_, n) => `line ${n + 1}`).join("\r\n");
      case "yes":
        return this.#flood();
      case "exit":
        this.#end(Number(rest || 0));
        return undefined;
      case "die":
        this.#host.die();
        return undefined;
      case "crash":
        setTimeout(() => {
          throw new Error("out of memory (the test engine pretends)");
        });
        return undefined;
      default:
        return `sh: ${name}: not found`;
    }
  }

  /** `cd`, `cat` and `echo` into a file; undefined for what is none of them. */
  #fileCommand(name: string, rest: string): string | undefined {
    if (name === "cd") {
      this.#directory = rest.replace(/^~/, "/root") || "/root";
      return "";
    }
    if (name === "cat") {
      const text = this.#host.read(this.#workspacePath(rest)) ?? `cat: ${rest}: No such file or directory`;
      return text.trimEnd().replaceAll("\n", "\r\n");
    }
    return name === "echo" && rest.includes(">") ? this.#redirect(rest) : undefined;
  }

  #redirect(rest: string): string {
    const [, text = "", arrows, name = ""] = /^(.*?)\s*(>>?)\s*(\S+)$/.exec(rest) ?? [];
    const path = this.#workspacePath(name);
    this.#host.write(path, `${arrows === ">>" ? (this.#host.read(path) ?? "") : ""}${text}\n`);
    return "";
  }

  async #flood(): Promise<undefined> {
    this.#isFlooding = true;
    const chunk = "y\r\n".repeat(4096);
    while (this.#isFlooding && this.#controller) {
      if ((this.#controller.desiredSize ?? 0) > 0) this.#print(chunk);
      else await new Promise<void>((resolve) => (this.#pulled = resolve));
      // Input is another task: let it in.
      await new Promise((resolve) => setTimeout(resolve));
    }
    return undefined;
  }
}

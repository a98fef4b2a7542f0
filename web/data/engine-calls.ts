import type { CommandRequest, CommandRun, Engine, EngineRequest, Terminal } from "../../engine/index.ts";
import { serveLink } from "../preview/serve-link.ts";
import type { CallName, Calls, FromPage, StreamRef, WireRequest, WireResponse } from "../worker-api.ts";
import type { MessageStreams } from "./message-streams.ts";

type CallMessage = Extract<FromPage, { type: "call" }>;
type Answer = Calls[CallName]["answer"];

/** The worker's side of every call: translates messages to the engine's objects and back. */
export class EngineCalls {
  readonly #engine: Engine;
  readonly #streams: MessageStreams;
  readonly #terminals = new Map<number, Terminal>();
  /** Requests whose answer or body is still wanted, by call id. */
  readonly #requests = new Map<number, AbortController>();
  #lastTerminal = 0;
  /** Of open previews. */
  readonly #links = new Map<number, Disposable>();
  #lastLink = 0;
  readonly #commands = new Map<number, CommandRun>();
  #lastCommand = 0;

  constructor(engine: Engine, streams: MessageStreams) {
    this.#engine = engine;
    this.#streams = streams;
  }

  async run(message: CallMessage): Promise<Answer> {
    switch (message.name) {
      case "fetch":
        return this.#fetch(message.id, message.argument);
      case "openTerminal":
        return this.#openTerminal(message.argument);
      case "resizeTerminal":
        return this.#terminals.get(message.argument.terminal)?.resize(message.argument.rows, message.argument.columns);
      case "closeTerminal":
        return this.#terminals.get(message.argument.terminal)?.close();
      case "waitTerminal":
        return this.#waitTerminal(message.argument.terminal);
      case "runCommand":
        return this.#runCommand(message.argument);
      case "waitCommand":
        return this.#waitCommand(message.argument.command);
      case "killCommand":
        return this.#commands.get(message.argument.command)?.kill();
      case "openLink":
        return this.#openLink(message.argument);
      case "closeLink":
        return this.#closeLink(message.argument.link);
      case "readConsole":
        return this.#engine.console.text();
      case "stop":
        return this.#engine[Symbol.asyncDispose]();
      case "ping":
        return undefined;
    }
  }

  abort(id: number): void {
    this.#requests.get(id)?.abort();
    this.#requests.delete(id);
  }

  async #fetch(id: number, wire: WireRequest): Promise<WireResponse> {
    const url = new URL(wire.path, "http://localhost");
    const controller = new AbortController();
    this.#requests.set(id, controller);
    try {
      const request: EngineRequest = {
        method: wire.method,
        path: decodeURIComponent(url.pathname),
        query: url.searchParams,
        headers: new Map(wire.headers.map(([name, value]) => [name.toLowerCase(), value])),
        body: this.#bodyOf(wire.body),
        signal: controller.signal,
      };
      const response = await this.#engine.fetch(request);
      const over = (): void => void this.#requests.delete(id);
      const body = response.body ? this.#streams.send(response.body, over) : undefined;
      if (!body) over();
      return { status: response.status, headers: [...response.headers], ...(body && { body }) };
    } catch (error) {
      this.#requests.delete(id);
      throw error;
    }
  }

  #bodyOf(body: Uint8Array<ArrayBuffer> | StreamRef | undefined): ReadableStream<Uint8Array> | undefined {
    if (body === undefined) return undefined;
    return body instanceof Uint8Array ? new Blob([body]).stream() : this.#streams.receive(body);
  }

  async #openTerminal(argument: Calls["openTerminal"]["argument"]): Promise<Calls["openTerminal"]["answer"]> {
    // Before anything is awaited: the input's first bytes may be right behind this message.
    const input = this.#streams.receive(argument.input);
    const terminal = await this.#engine.openTerminal({ rows: argument.rows, columns: argument.columns });
    // A shell that has gone takes no more input; its output says why.
    input.pipeTo(terminal.input).catch(() => undefined);
    const id = ++this.#lastTerminal;
    this.#terminals.set(id, terminal);
    return { terminal: id, output: this.#streams.send(terminal.output) };
  }

  #openLink({ port, link }: Calls["openLink"]["argument"]): Calls["openLink"]["answer"] {
    const id = ++this.#lastLink;
    this.#links.set(id, serveLink(link, this.#engine.ports.client(port)));
    return { link: id };
  }

  #closeLink(id: number): void {
    this.#links.get(id)?.[Symbol.dispose]();
    this.#links.delete(id);
  }

  async #waitTerminal(id: number): Promise<{ code: number }> {
    const terminal = this.#terminals.get(id);
    if (!terminal) return { code: 0 };
    const exited = await terminal.exited;
    this.#terminals.delete(id);
    return { code: exited.code };
  }

  async #runCommand(request: CommandRequest): Promise<Calls["runCommand"]["answer"]> {
    const run = await this.#engine.runCommand(request);
    const id = ++this.#lastCommand;
    this.#commands.set(id, run);
    return { command: id, output: this.#streams.send(run.output) };
  }

  async #waitCommand(id: number): Promise<{ code: number }> {
    const run = this.#commands.get(id);
    if (!run) throw new Error(`no such command: ${id}`);
    try {
      const { code } = await run.exited;
      return { code };
    } finally {
      this.#commands.delete(id);
    }
  }
}

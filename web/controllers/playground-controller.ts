import type { ReactiveController, ReactiveControllerHost } from "lit";
import type { CommandRequest } from "../../engine/index.ts";
import type { ClientCommand, DockerFetch } from "../data/engine-client.ts";
import { filesApi, runCommand, type RunOptions } from "../embed/playground-api.ts";
import type { SessionHost } from "../embed/playground-session.ts";
import type { EventName, Events, RunResult } from "../embed/protocol.ts";
import type { PageHost } from "../public-api.ts";
import type { EngineController } from "./engine-controller.ts";
import type { TerminalsController } from "./terminals-controller.ts";

export interface PlaygroundParts {
  readonly engine: EngineController;
  readonly terminals: TerminalsController;
  /** Shows a place of the workbench, where the layout has it. */
  readonly show: (place: string, what?: string) => void;
}

/** What scripts, and the document of an embedded or shared playground, can do with the page. */
export class PlaygroundController implements ReactiveController, PageHost, SessionHost {
  /** Command lines to offer beside the terminal. */
  offered: readonly string[] = [];
  /** What of the document did not work. */
  problem: string | undefined;
  /** Set when a document is opened. */
  session: { reset(): Promise<void> } | undefined;
  readonly files = filesApi(this);

  readonly #host: ReactiveControllerHost;
  readonly #parts: PlaygroundParts;

  constructor(host: ReactiveControllerHost, parts: PlaygroundParts) {
    this.#host = host;
    this.#parts = parts;
    host.addController(this);
  }

  hostConnected(): void {
    // Lives as long as the page.
  }

  get ready(): Promise<void> {
    return this.#parts.terminals.firstPrompt;
  }

  readonly fetch: DockerFetch = (path, init) => this.#parts.engine.fetch(path, init);

  type(text: string): void {
    this.#parts.terminals.type(text);
  }

  screen(): string {
    return this.#parts.terminals.activeView?.text() ?? "";
  }

  run(command: string, options?: RunOptions): Promise<RunResult> {
    return runCommand(this, command, options);
  }

  async runCommand(request: CommandRequest, options: { signal?: AbortSignal }): Promise<ClientCommand> {
    const { client, phase } = this.#parts.engine;
    if (phase !== "ready" || !client) throw new Error("the machine is not up");
    return client.runCommand(request, options);
  }

  onOutput(listener: (text: string) => void): () => void {
    const { outputListeners } = this.#parts.terminals;
    outputListeners.add(listener);
    return () => outputListeners.delete(listener);
  }

  async restart(): Promise<void> {
    const { engine, terminals } = this.#parts;
    await engine.restart();
    do await terminals.nextOutput();
    while (engine.phase !== "ready");
  }

  reset(): Promise<void> {
    return this.session ? this.session.reset() : this.restart();
  }

  show(place: string, what?: string): void {
    this.#parts.show(place, what);
  }

  offer(commands: readonly string[]): void {
    this.offered = commands;
    this.#host.requestUpdate();
  }

  /** What the document's session tells; errors are for the person too. */
  told<E extends EventName>(event: E, detail: Events[E]): void {
    if (event !== "error") return;
    this.problem = (detail as Events["error"]).message;
    this.#host.requestUpdate();
  }

  forgetProblem(): void {
    this.problem = undefined;
    this.#host.requestUpdate();
  }
}

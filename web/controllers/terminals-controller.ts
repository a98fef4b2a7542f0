import type { ReactiveController, ReactiveControllerHost } from "lit";
import type { ClientTerminal, EngineClient } from "../data/engine-client.ts";
import { writeBatched } from "../data/batches.ts";
import { InputPipe } from "../data/input-pipe.ts";
import type { TerminalSize } from "../worker-api.ts";
import type { EngineObserver } from "./engine-controller.ts";

/** Where a shell's output goes: the terminal element, seen from here. */
export interface TerminalView {
  readonly size: TerminalSize;
  /** Resolves when the terminal has digested the bytes: the next ones are asked for only then. */
  write(data: Uint8Array | string): Promise<void>;
  text(): string;
  focus(): void;
}

export interface TerminalTab {
  readonly id: number;
  readonly number: number;
  /** What the shell calls itself (OSC 0/2). */
  readonly title: string | undefined;
  readonly state: "opening" | "open" | "exited" | "lost";
  readonly exitCode?: number;
  /** Why no shell could be opened. */
  readonly problem?: string;
}

interface Session {
  tab: TerminalTab;
  view: TerminalView | undefined;
  shell: ClientTerminal | undefined;
  input: InputPipe;
}

/** How long a shell may keep quiet before it counts as ready without a prompt. */
const PROMPT_PATIENCE_MS = 2_000;
const encoder = new TextEncoder();

/** The shells of the page: one tab each. */
export class TerminalsController implements ReactiveController, EngineObserver {
  activeId = 0;
  /** Resolves when the first shell has said something: it takes input. */
  readonly firstPrompt: Promise<void>;
  /** Told what the terminal in front shows, with escape sequences. */
  readonly outputListeners = new Set<(text: string) => void>();

  readonly #host: ReactiveControllerHost;
  readonly #sessions: Session[] = [];
  #client: EngineClient | undefined;
  #lastId = 0;
  #prompted: () => void = () => undefined;

  constructor(host: ReactiveControllerHost) {
    this.#host = host;
    this.firstPrompt = new Promise((resolve) => (this.#prompted = resolve));
    host.addController(this);
    this.add();
  }

  hostConnected(): void {
    // Tabs live as long as the page.
  }

  get tabs(): readonly TerminalTab[] {
    return this.#sessions.map((session) => session.tab);
  }

  get activeView(): TerminalView | undefined {
    return this.#find(this.activeId)?.view;
  }

  /** Resolves when a shell says something from now on. */
  nextOutput(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const earlier = this.#prompted;
    this.#prompted = () => {
      earlier();
      resolve();
    };
    return promise;
  }

  /** A new tab, with a shell as soon as there is a machine and the tab's terminal is attached. */
  add(): number {
    const id = ++this.#lastId;
    const used = new Set(this.#sessions.map((session) => session.tab.number));
    let number = 1;
    while (used.has(number)) number++;
    this.#sessions.push({
      tab: { id, number, title: undefined, state: "opening" },
      view: undefined,
      shell: undefined,
      input: new InputPipe(),
    });
    this.activate(id);
    return id;
  }

  activate(id: number): void {
    if (!this.#find(id)) return;
    this.activeId = id;
    this.#host.requestUpdate();
  }

  /** Activates the tab `offset` places further, round the end. */
  step(offset: number): void {
    const index = this.#sessions.findIndex((session) => session.tab.id === this.activeId);
    const count = this.#sessions.length;
    const next = this.#sessions[(index + offset + count) % count];
    if (next) this.activate(next.tab.id);
  }

  /** Ends a tab; its shell gets SIGHUP. The last tab is replaced by a new one. */
  close(id: number): void {
    const index = this.#sessions.findIndex((session) => session.tab.id === id);
    const [session] = index < 0 ? [] : this.#sessions.splice(index, 1);
    if (!session) return;
    session.input.close();
    session.shell?.close();
    const neighbour = this.#sessions[Math.min(index, this.#sessions.length - 1)];
    if (!neighbour) this.add();
    else if (this.activeId === id) this.activate(neighbour.tab.id);
    this.#host.requestUpdate();
  }

  /** Joins a tab with the terminal that shows it. */
  attach(id: number, view: TerminalView): void {
    const session = this.#find(id);
    if (!session || session.view === view) return;
    session.view = view;
    if (this.#client && session.tab.state === "opening") void this.#open(session, this.#client);
  }

  /** A new shell in a tab whose shell has ended. */
  reopen(id: number): void {
    const session = this.#find(id);
    if (!session || !this.#client || session.tab.state === "open") return;
    session.input = new InputPipe();
    this.#update(session, { state: "opening", title: undefined });
    void this.#open(session, this.#client);
  }

  /** Keystrokes, pastes and mouse reports of a tab. Kept until its shell is there. */
  input(id: number, bytes: Uint8Array): void {
    this.#find(id)?.input.push(bytes);
  }

  /** Text into the active tab, as if typed. */
  type(text: string): void {
    this.input(this.activeId, encoder.encode(text));
  }

  /** The last line of a tab's screen, a prompt when its shell waits for a command; undefined when it has no shell. */
  lastLine(id: number = this.activeId): string | undefined {
    const session = this.#find(id);
    return session?.tab.state === "open" ? session.view?.text().split("\n").at(-1) : undefined;
  }

  resize(id: number, size: TerminalSize): void {
    this.#find(id)?.shell?.resize(size);
  }

  rename(id: number, title: string): void {
    const session = this.#find(id);
    if (session) this.#update(session, { ...session.tab, title: title.trim() || undefined });
  }

  engineReady(client: EngineClient): void {
    this.#client = client;
    for (const session of this.#sessions) {
      if (session.view && session.tab.state !== "open") {
        this.#update(session, { state: "opening", title: undefined });
        void this.#open(session, client);
      }
    }
  }

  engineLost(): void {
    this.#client = undefined;
    for (const session of this.#sessions) {
      session.input.close();
      session.input = new InputPipe();
      session.shell = undefined;
      this.#update(session, { state: "lost", title: session.tab.title });
    }
  }

  /** While there is no shell, the kernel's console is shown where it will be. */
  engineConsole(text: string): void {
    const [first] = this.#sessions;
    if (this.#client || !first?.view) return;
    void first.view.write(text.replace(/\r?\n/g, "\r\n"));
  }

  async #open(session: Session, client: EngineClient): Promise<void> {
    const { view } = session;
    if (!view) return;
    try {
      // A full reset in the stream of output, behind whatever of the boot log is still being shown.
      await view.write("\x1bc");
      const shell = await client.openTerminal(view.size, session.input.readable);
      session.shell = shell;
      this.#update(session, { state: "open", title: session.tab.title });
      setTimeout(() => this.#prompted(), PROMPT_PATIENCE_MS);
      // The terminal may have got another size while the shell was starting.
      shell.resize(view.size);
      const exited = shell.exited.catch(() => undefined);
      await this.#show(shell, view, session.tab.id);
      const status = await exited;
      if (session.shell !== shell || !status) return;
      session.input.close();
      session.shell = undefined;
      this.#update(session, { state: "exited", title: session.tab.title, exitCode: status.code });
    } catch (error) {
      if (this.#client !== client) return;
      session.input.close();
      const problem = error instanceof Error ? error.message : String(error);
      this.#update(session, { state: "exited", title: undefined, problem });
    }
  }

  /** Moves output to the screen, never faster than the terminal takes it. */
  async #show(shell: ClientTerminal, view: TerminalView, id: number): Promise<void> {
    const decoder = new TextDecoder();
    try {
      await writeBatched(shell.output, async (batch) => {
        await view.write(batch);
        const text = this.outputListeners.size > 0 ? decoder.decode(batch, { stream: true }) : "";
        if (text !== "" && id === this.activeId) for (const listener of this.outputListeners) listener(text);
        this.#prompted();
      });
    } catch {
      // The machine is gone: `engineLost` tells it.
    }
  }

  #find(id: number): Session | undefined {
    return this.#sessions.find((session) => session.tab.id === id);
  }

  #update(session: Session, change: Omit<TerminalTab, "id" | "number">): void {
    session.tab = { ...change, id: session.tab.id, number: session.tab.number };
    this.#host.requestUpdate();
  }
}

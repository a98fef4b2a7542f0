import { html, LitElement, nothing, type PropertyValues } from "lit";
import { customElement, state } from "lit/decorators.js";
import { DockerController } from "../../controllers/docker-controller.ts";
import { EngineController } from "../../controllers/engine-controller.ts";
import { PreferencesController } from "../../controllers/preferences-controller.ts";
import { StorageController } from "../../controllers/storage-controller.ts";
import { TerminalsController } from "../../controllers/terminals-controller.ts";
import { UpdateController } from "../../controllers/update-controller.ts";
import type { DockerFetch, EngineClient } from "../../data/engine-client.ts";
import { formatBytes } from "../../data/format.ts";
import type { PageHost } from "../../public-api.ts";
import { strings } from "../../strings.ts";
import { shared } from "../../styles/shared.styles.ts";
import type { Failure } from "../../worker-api.ts";
import type { FailureAction } from "../failure/failure.ts";
import { chordOf } from "../../data/chords.ts";
import { titleOf } from "../tabs/tabs.ts";
import type { DrydockTerminal } from "../terminal/terminal.ts";
import "../boot/boot.ts";
import "../failure/failure.ts";
import "../footer/footer.ts";
import "../keys/keys.ts";
import "../tabs/tabs.ts";
import { styles } from "./app.styles.ts";
import { pageHeader } from "./head.ts";
import { notices, type NoticeKind } from "./notices.ts";
import { pane, viewTabs, type View } from "./pane.ts";
import { terminalPlaces } from "./places.ts";
import { helpSheet, logSheet, spaceSheet, usageText, type Sheet } from "./sheets.ts";

/** The page: the only element that knows the controllers. */
@customElement("dd-app")
export class DrydockApp extends LitElement implements PageHost {
  static override styles = [shared, styles];

  /** Makes a new engine, for a restart. Set before `start`. */
  createEngine: (options: { coldBoot: boolean }) => EngineClient = () => {
    throw new Error("the page has not been started");
  };

  @state() private view: View = "terminal";
  @state() private sheet: Sheet | undefined;
  @state() private spaceResult: string | undefined;
  @state() private dismissed: ReadonlySet<NoticeKind> = new Set();

  readonly #preferences = new PreferencesController(this);
  readonly #storage = new StorageController(this);
  readonly #updates = new UpdateController(this);
  readonly #terminals = new TerminalsController(this);
  readonly #docker = new DockerController(this, () => {
    void this.#storage.measure();
    if (this.#docker.images?.length) void this.#storage.persist();
  });
  readonly #engine = new EngineController(this, {
    create: (options) => this.createEngine(options),
    observers: [this.#terminals, this.#docker],
  });

  /** Takes an engine that is booting already. */
  start(client: EngineClient): void {
    this.#engine.adopt(client);
    void this.ready.then(() => {
      performance.mark("drydock:ready");
      void this.#updates.register();
    });
  }

  /** Shows a failure without ever having had an engine. */
  refuse(failure: Failure): void {
    this.#engine.refuse(failure);
  }

  get ready(): Promise<void> {
    return this.#terminals.firstPrompt;
  }

  type(text: string): void {
    this.#terminals.type(text);
  }

  screen(): string {
    return this.#terminals.activeView?.text() ?? "";
  }

  readonly fetch: DockerFetch = (path, init) => this.#engine.fetch(path, init);

  override connectedCallback(): void {
    super.connectedCallback();
    document.addEventListener("keydown", this.#onKey);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    document.removeEventListener("keydown", this.#onKey);
  }

  protected override render() {
    const { isNarrow, isPaneShown, isTouch } = this.#preferences;
    return html`
      <div class="frame ${isNarrow ? "narrow" : "wide"} ${isPaneShown ? "with-pane" : ""}">
        <a class="skip" href="#terminal" @click=${this.#focusTerminal}>${strings.skip}</a>
        ${pageHeader(this.#engine, this.#preferences, () => (this.sheet = "help"))}
        <div class="notices">${this.#notices()}</div>
        <main>
          <div class="work ${isNarrow && this.view !== "terminal" ? "away" : ""}">${this.#tabs()}${this.#work()}</div>
          ${this.#pane()}
        </main>
        ${
          isTouch && this.view === "terminal"
            ? html`<dd-keys @key-press=${(event: CustomEvent<string>) => this.#terminals.type(event.detail)}></dd-keys>`
            : nothing
        }
        ${isNarrow ? viewTabs(this.view, (view) => this.#show(view)) : nothing}
        <dd-footer
          role="contentinfo"
          .usedBytes=${this.#storage.usedBytes}
          .isNarrow=${isNarrow}
          @log-open=${() => (this.sheet = "log")}
          @space-open=${this.#openSpace}
        ></dd-footer>
      </div>
      ${this.#sheet()}
    `;
  }

  protected override updated(changed: PropertyValues): void {
    super.updated(changed);
    for (const terminal of this.renderRoot.querySelectorAll<DrydockTerminal>("dd-terminal")) {
      this.#terminals.attach(Number(terminal.dataset["tab"]), terminal);
    }
    this.#focusWhatIsNew();
  }

  #shownTab = 0;
  #shownPhase = "";

  /** A new or newly chosen terminal takes the keys; so does the way out of a failure. */
  #focusWhatIsNew(): void {
    const { activeId } = this.#terminals;
    const { phase } = this.#engine;
    const hasChanged = activeId !== this.#shownTab || phase !== this.#shownPhase;
    this.#shownTab = activeId;
    this.#shownPhase = phase;
    if (!hasChanged || this.sheet) return;
    if (phase === "failed") void this.updateComplete.then(() => this.renderRoot.querySelector("dd-failure")?.focus());
    // Where a focused terminal means a keyboard over half the screen, the person asks for it.
    else if (!this.#preferences.isTouch) this.#focusTerminal();
  }

  #tabs() {
    return html`<dd-tabs
      .tabs=${this.#terminals.tabs}
      .activeId=${this.#terminals.activeId}
      @tab-select=${(event: CustomEvent<number>) => this.#terminals.activate(event.detail)}
      @tab-close=${(event: CustomEvent<number>) => this.#closeTab(event.detail)}
      @tab-add=${() => this.#terminals.add()}
    ></dd-tabs>`;
  }

  #work() {
    const { phase, progress, failure } = this.#engine;
    return html`<div class="terminals" id="terminal">
      ${terminalPlaces(this.#terminals, this.#preferences, {
        leave: () => this.renderRoot.querySelector("dd-tabs")?.focus(),
        reopen: (id) => {
          this.#terminals.reopen(id);
          this.#focusTerminal();
        },
      })}
      ${phase === "booting" ? html`<dd-boot .progress=${progress}></dd-boot>` : nothing}
      ${
        phase === "failed"
          ? html`<dd-failure
              .failure=${failure}
              .usage=${usageText(this.#storage.usedBytes, this.#storage.quotaBytes)}
              @failure-action=${(event: CustomEvent<FailureAction>) => this.#resolveFailure(event.detail)}
            ></dd-failure>`
          : nothing
      }
    </div>`;
  }

  #pane() {
    const { isNarrow, isPaneShown } = this.#preferences;
    if (!isNarrow && !isPaneShown) return nothing;
    return pane(this.#docker, { isNarrow, view: this.view, suggest: (command) => this.#suggest(command) });
  }

  #notices() {
    return notices({
      isAnswering: this.#engine.isAnswering,
      isStorageLasting: this.#engine.readyInfo?.isStorageLasting ?? true,
      storage: this.#storage,
      isUpdateReady: this.#updates.isUpdateReady,
      dismissed: this.dismissed,
      act: (kind) => this.#resolveNotice(kind),
      dismiss: (kind) => (this.dismissed = new Set([...this.dismissed, kind])),
    });
  }

  #sheet() {
    if (!this.sheet) return nothing;
    const sheets: Record<Sheet, () => unknown> = {
      help: helpSheet,
      log: () => logSheet(this.#engine.consoleText),
      space: () =>
        spaceSheet({
          usedBytes: this.#storage.usedBytes,
          quotaBytes: this.#storage.quotaBytes,
          canPrune: this.#engine.phase === "ready",
          result: this.spaceResult,
          prune: () => void this.#prune(),
          erase: () => void this.#erase(),
        }),
    };
    return html`<div @dialog-close=${this.#closeSheet}>${sheets[this.sheet]()}</div>`;
  }

  readonly #openSpace = (): void => {
    this.spaceResult = undefined;
    this.sheet = "space";
    void this.#storage.measure();
  };

  readonly #closeSheet = (): void => {
    this.sheet = undefined;
    if (this.#engine.phase !== "failed") this.#focusTerminal();
  };

  async #prune(): Promise<void> {
    try {
      this.spaceResult = strings.space.pruned(formatBytes(await this.#docker.prune()));
    } catch (error) {
      this.spaceResult = strings.actions.failed(error instanceof Error ? error.message : String(error));
    }
    await this.#storage.measure();
  }

  async #erase(): Promise<void> {
    if (!confirm(strings.space.eraseQuestion)) return;
    await this.#engine.stop();
    await this.#storage.erase();
    this.sheet = undefined;
    await this.#engine.restart();
  }

  #resolveFailure(action: FailureAction): void {
    if (action === "reload") location.reload();
    else if (action === "free-space") this.#openSpace();
    else void this.#engine.restart({ coldBoot: action === "cold-boot" });
  }

  #closeTab(id: number): void {
    const tab = this.#terminals.tabs.find((each) => each.id === id);
    if (!tab) return;
    if (tab.state === "open" && !confirm(strings.tabs.closeQuestion(titleOf(tab)))) return;
    this.#terminals.close(id);
  }

  /** Types a command the page offers, and Enter. */
  #suggest(command: string): void {
    if (this.#engine.phase !== "ready") return;
    this.#show("terminal");
    this.#terminals.type(`${command}\r`);
    this.#focusTerminal();
  }

  #resolveNotice(kind: NoticeKind): void {
    if (kind === "not-answering") void this.#engine.restart();
    else if (kind === "storage-low") this.#openSpace();
    else if (kind === "update") this.#updates.apply();
  }

  #show(view: View): void {
    this.view = view;
    if (view === "terminal") this.#focusTerminal();
  }

  readonly #focusTerminal = (event?: Event): void => {
    event?.preventDefault();
    void this.updateComplete.then(() => this.#terminals.activeView?.focus());
  };

  readonly #onKey = (event: KeyboardEvent): void => {
    const chord = this.sheet ? undefined : chordOf(event);
    if (!chord) return;
    event.preventDefault();
    if (chord === "new") this.#terminals.add();
    else if (chord === "close") this.#closeTab(this.#terminals.activeId);
    else this.#terminals.step(chord === "next" ? 1 : -1);
  };
}

declare global {
  interface HTMLElementTagNameMap {
    "dd-app": DrydockApp;
  }
}

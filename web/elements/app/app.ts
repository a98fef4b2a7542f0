import { html, LitElement, nothing, type PropertyValues } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { DockerController } from "../../controllers/docker-controller.ts";
import { EngineController } from "../../controllers/engine-controller.ts";
import { PlaygroundController } from "../../controllers/playground-controller.ts";
import { PortsController } from "../../controllers/ports-controller.ts";
import { PreferencesController } from "../../controllers/preferences-controller.ts";
import { StorageController } from "../../controllers/storage-controller.ts";
import { TerminalsController } from "../../controllers/terminals-controller.ts";
import { UpdateController } from "../../controllers/update-controller.ts";
import type { EngineClient } from "../../data/engine-client.ts";
import { formatBytes } from "../../data/format.ts";
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
import { bench, placeInFront, viewInFront, workbenchHost, type Controllers } from "./bench.ts";
import { pageHeader } from "./head.ts";
import { parseLayout, type Layout } from "./layout.ts";
import { isSecond, notices, type NoticeKind } from "./notices.ts";
import { pane, viewTabs, type View } from "./pane.ts";
import { terminalPlaces } from "./places.ts";
import { embedBar, playgroundStrip, type ShownPlayground } from "./playground.ts";
import { beginSharing, shareSheet, type Sharing } from "./share-sheet.ts";
import { helpSheet, logSheet, spaceSheet, usageText, type Sheet } from "./sheets.ts";

/** The page: the only element that knows the controllers. */
@customElement("dd-app")
export class DrydockApp extends LitElement {
  static override styles = [shared, styles];

  /** Makes a new engine, for a restart. Set before `start`. */
  createEngine: (options: { coldBoot: boolean }) => EngineClient = () => {
    throw new Error("the page has not been started");
  };

  /** What of the page is shown, such as `editor+terminal`, see `parseLayout`; "" lets the person choose. */
  @property() layout = "";

  /** The document that is shown, of an embedded or shared playground. */
  @property({ attribute: false }) playground: ShownPlayground | undefined;
  @state() private view: View = "terminal";
  @state() private sheet: Sheet | undefined;
  @state() private sharing: Sharing | undefined;
  @state() private spaceResult: string | undefined;
  @state() private dismissed: ReadonlySet<NoticeKind> = new Set();

  readonly #preferences = new PreferencesController(this);
  readonly #storage = new StorageController(this);
  readonly #updates = new UpdateController(this);
  readonly #terminals = new TerminalsController(this);
  readonly #ports = new PortsController(this);
  readonly #docker = new DockerController(this, () => {
    this.#ports.update(this.#docker.containers);
    void this.#storage.measure();
    if (this.#docker.images?.length) void this.#storage.persist();
  });
  readonly #engine = new EngineController(this, {
    create: (options) => this.createEngine(options),
    observers: [this.#terminals, this.#docker],
  });

  /** The page as scripts and documents see it. */
  readonly scripts = new PlaygroundController(this, {
    engine: this.#engine,
    terminals: this.#terminals,
    show: (id, what) => {
      if (parseLayout(this.layout).tabs.some((tab) => tab.id === id)) this.#showPlace(id, what);
    },
  });

  readonly #controllers: Controllers = {
    engine: this.#engine,
    docker: this.#docker,
    terminals: this.#terminals,
    preferences: this.#preferences,
  };

  /** Takes an engine that is booting already. */
  start(client: EngineClient): void {
    this.#engine.adopt(client);
    void this.scripts.ready.then(() => {
      performance.mark("drydock:ready");
      // A reader of another page is not made to download everything for later.
      if (!this.playground?.isEmbedded) void this.#updates.register();
    });
  }

  /** Shows a failure without ever having had an engine. */
  refuse(failure: Failure): void {
    this.#engine.refuse(failure);
  }

  override connectedCallback(): void {
    super.connectedCallback();
    document.addEventListener("keydown", this.#onKey);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    document.removeEventListener("keydown", this.#onKey);
  }

  protected override render() {
    const { isNarrow, isTouch, split } = this.#preferences;
    const layout = parseLayout(this.layout);
    const view = viewInFront(layout, this.view);
    const place = placeInFront(layout, this.#preferences.workbench, { isNarrow, view });
    const classes = [
      isNarrow ? "narrow" : "wide",
      place === "" ? "" : layout.hasTerminal ? "with-bench" : "bench-only",
    ];
    return html`
      <div class="frame ${classes.join(" ")}">
        <a class="skip" href="#terminal" @click=${this.#focusTerminal}>${strings.skip}</a>
        ${this.playground?.isEmbedded ? nothing : pageHeader(this.#engine, this.#preferences, { help: () => (this.sheet = "help"), share: this.#share })}
        <div class="notices">${this.#notices()}${this.#strip()}</div>
        <main
          style="--split: ${split}"
          @address-open=${(event: CustomEvent<string>) => this.#showPlace("preview", event.detail)}
        >
          ${bench(this.#controllers, { layout, active: place, host: this.#host(), select: this.#select })}
          <div class="work ${isNarrow && view !== "terminal" ? "away" : ""}">${this.#tabs()}${this.#work()}</div>
          ${this.#pane(layout, view)}
        </main>
        ${
          isTouch && view === "terminal"
            ? html`<dd-keys @key-press=${(event: CustomEvent<string>) => this.#terminals.type(event.detail)}></dd-keys>`
            : nothing
        }
        ${isNarrow ? viewTabs(layout, view, (next) => this.#show(next)) : nothing}
        ${
          this.playground?.isEmbedded
            ? embedBar(this.playground, this.#engine.phase, () => void this.#startOver())
            : html`<dd-footer
                role="contentinfo"
                .usedBytes=${this.#storage.usedBytes}
                .isNarrow=${isNarrow}
                @log-open=${() => (this.sheet = "log")}
                @space-open=${this.#openSpace}
              ></dd-footer>`
        }
      </div>
      ${this.#sheet()}
    `;
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    const { theme } = this.playground ?? {};
    if (!changed.has("playground") || theme === undefined) return;
    this.toggleAttribute("embedded", this.playground?.isEmbedded ?? false);
    if (theme !== "auto") this.#preferences.imposeTheme(theme);
    this.#preferences.imposeWorkbench(parseLayout(this.layout).tabs[0]?.id ?? "");
  }

  #strip() {
    return playgroundStrip(this.scripts, (command) => {
      this.#terminals.type(command);
      this.#show("terminal");
    });
  }

  async #startOver(): Promise<void> {
    if (this.#engine.phase !== "booting") await this.scripts.reset().catch(() => undefined);
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
        leave: () =>
          this.renderRoot.querySelector<HTMLElement>(this.playground?.isEmbedded ? "dd-embed-bar" : "dd-tabs")?.focus(),
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

  #pane(layout: Layout, view: View) {
    const { isNarrow, isPaneShown } = this.#preferences;
    if (!layout.hasLists || !(isNarrow || layout.isFixed || isPaneShown)) return nothing;
    return pane(this.#docker, {
      isNarrow,
      view,
      suggest: (command) => this.#suggest(command),
      showLayers: (image) => this.#showPlace("layers", image),
    });
  }

  #host() {
    return workbenchHost(this.#controllers, {
      isReadOnly: this.playground?.readOnly ?? false,
      show: (tab, what) => this.#showPlace(tab, what),
      showTerminal: () => this.#show("terminal"),
    });
  }

  readonly #select = (id: string): void => {
    if (id === "preview") this.#ports.settle();
    this.#preferences.showWorkbench(id);
    if (id === "") this.#focusTerminal();
  };

  /** Shows a place of the workbench, and there what is meant. */
  #showPlace(id: string, what?: string): void {
    if (id === "preview") this.#ports.settle();
    if (this.#preferences.isNarrow) this.#show(id);
    else this.#preferences.showWorkbench(id);
    if (what === undefined) return;
    void this.updateComplete.then(() => this.renderRoot.querySelector("dd-workbench")?.open(id, what));
  }

  /** A port that could be previewed here, and is not shown by itself. */
  #portToOffer() {
    const { latest } = this.#ports;
    const hasPreview = parseLayout(this.layout).tabs.some(({ id }) => id === "preview");
    return hasPreview && latest?.port !== this.playground?.port ? latest : undefined;
  }

  #notices() {
    return notices({
      isAnswering: this.#engine.isAnswering,
      isStorageLasting: this.#engine.readyInfo?.isStorageLasting ?? true,
      isSecondMachine: !this.playground && isSecond(this.#engine.readyInfo),
      storage: this.#storage,
      isUpdateReady: this.#updates.isUpdateReady,
      newPort: this.#portToOffer(),
      dismissed: this.dismissed,
      act: (kind) => this.#resolveNotice(kind),
      dismiss: (kind) => {
        if (kind === "published") this.#ports.settle();
        else this.dismissed = new Set([...this.dismissed, kind]);
      },
    });
  }

  #sheet() {
    if (!this.sheet) return nothing;
    const sheets: Record<Sheet, () => unknown> = {
      help: helpSheet,
      log: () => logSheet(this.#engine.consoleText),
      share: () => (this.sharing ? shareSheet(this.sharing) : nothing),
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

  readonly #share = (): void => {
    this.sharing = beginSharing(this.#engine.fetch, this.playground);
    this.sheet = "share";
  };

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
    else if (kind === "published") this.#showPlace("preview", String(this.#ports.latest?.port));
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

import { html, LitElement, nothing, type PropertyValues } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { repeat } from "lit/directives/repeat.js";
import type { EngineClient } from "../../data/engine-client.ts";
import { previewOrigins, type PreviewOrigins } from "../../preview/preview-origin.ts";
import { strings } from "../../strings.ts";
import { icon, type IconName } from "../../styles/icons.ts";
import { shared } from "../../styles/shared.styles.ts";
import type { WorkbenchHost, WorkbenchPanel } from "../workbench/workbench-host.ts";
import { parseAddress, type PreviewAddress } from "./address.ts";
import { PreviewFrame } from "./preview-frame.ts";
import { homeAddress, isSameSite, linkTo } from "./preview-link.ts";
import { openPreviewTab } from "./preview-tab.ts";
import { styles } from "./preview.styles.ts";
import "./response-view.ts";

interface PortRow {
  readonly port: number;
  /** Names of the containers behind it; empty for a port that is not published any more. */
  readonly container: string;
}

const NOTE_MS = 4_000;

/** What containers serve on published ports, each port in a frame of its own that stays while another is shown. */
@customElement("dd-preview")
export class DrydockPreview extends LitElement implements WorkbenchPanel {
  static override styles = [shared, styles];

  @property({ attribute: false }) host!: WorkbenchHost;
  @property({ type: Boolean }) isShown = false;
  /** `<meta name="drydock-preview-origin">` of the page. */
  @property() template = document.querySelector<HTMLMetaElement>("meta[name=drydock-preview-origin]")?.content ?? "";

  /** The port in front. */
  @state() private port: number | undefined;
  /** Of the response view, by port. */
  @state() private targets: ReadonlyMap<number, { readonly target: string; readonly status?: number }> = new Map();
  @state() private note = "";
  /** What is being typed into the path's field. */
  @state() private draft: string | undefined;

  readonly #frames = new Map<number, PreviewFrame>();
  readonly #tabs: Disposable[] = [];
  #client: EngineClient | undefined;

  /** Shows an address: `http://localhost:8080/path`, `8080`. Others are ignored. */
  open(what: string): void {
    const address = parseAddress(what, this.port);
    if (address) this.#open(address);
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (!changed.has("host") || this.host.client === this.#client) return;
    this.#client = this.host.client;
    for (const frame of this.#frames.values()) frame.engineChanged();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    queueMicrotask(() => {
      if (this.isConnected) return;
      for (const frame of this.#frames.values()) frame[Symbol.dispose]();
      this.#frames.clear();
      for (const tab of this.#tabs.splice(0)) tab[Symbol.dispose]();
    });
  }

  protected override render() {
    return html`${this.#bar()}
      <div class="body">
        ${repeat(
          this.#openPorts(),
          (port) => port,
          (port) => this.#place(port),
        )}${this.#say()}
      </div>`;
  }

  #bar() {
    const words = strings.preview;
    const frame = this.#frame;
    const rows = this.#rows();
    const isOpen = this.port !== undefined;
    const status = frame ? frame.status : this.targets.get(this.port ?? 0)?.status;
    return html`<form aria-label=${words.address} @submit=${this.#submit}>
      ${this.#button("back", words.back, () => frame?.back(), frame?.canGoBack === true)}
      ${this.#button("chevron", words.forward, () => frame?.forward(), frame?.canGoForward === true)}
      ${this.#button("reload", words.reload, () => this.#reload(), isOpen)}
      <div class="field">
        <select aria-label=${words.port} ?disabled=${rows.length === 0} @change=${this.#choose}>
          ${isOpen ? nothing : html`<option value="" selected></option>`}
          ${rows.map(
            ({ port, container }) =>
              html`<option value=${port} ?selected=${port === this.port}>${words.portName(port, container)}</option>`,
          )}
        </select>
        <input
          aria-label=${words.path}
          spellcheck="false"
          autocapitalize="off"
          autocomplete="off"
          ?disabled=${!isOpen}
          .value=${this.draft ?? this.#shownTarget()}
          @input=${(event: Event) => (this.draft = (event.target as HTMLInputElement).value)}
          @blur=${() => (this.draft = undefined)}
        />
        ${
          status === undefined || !isOpen
            ? nothing
            : html`<span class="status ${status === 0 || status >= 400 ? "bad" : ""}" title=${words.statusHint(status)}
                >${words.status(status)}</span
              >`
        }
      </div>
      ${this.#button("copy", words.copyLink, () => void this.#copy(), this.#hasLink)}
      ${this.#button("window", words.openTab, () => this.#openTab(), frame !== undefined)}
      ${this.note ? html`<p class="note" role="status">${this.note}</p>` : nothing}
    </form>`;
  }

  #button(name: IconName, label: string, act: () => void, isEnabled: boolean) {
    return html`<button
      type="button"
      class="quiet icon"
      title=${label}
      aria-label=${label}
      ?disabled=${!isEnabled}
      @click=${act}
    >
      ${icon(name)}
    </button>`;
  }

  /** One port's frame, or what stands for it. */
  #place(port: number) {
    const away = port === this.port ? "" : "away";
    const frame = this.#frames.get(port);
    if (frame) {
      frame.element.className = away;
      frame.element.inert = away !== "";
      return frame.element;
    }
    const { target = "/" } = this.targets.get(port) ?? {};
    return html`<dd-response-view
      class=${away}
      .openLink=${(link: MessagePort) => this.#openLink(port, link)}
      .target=${target}
      @response-shown=${({ detail }: CustomEvent<number>) => this.#setTarget(port, target, detail)}
    ></dd-response-view>`;
  }

  /** Over the frame: why there is nothing in it. */
  #say() {
    const words = strings.preview;
    const frame = this.#frame;
    if (this.port === undefined) return this.#empty();
    const again = html`<button class="primary" @click=${() => this.#reload()}>${words.again}</button>`;
    switch (frame?.phase) {
      case "connecting":
        return html`<div class="say"><p role="status">${words.connecting}</p></div>`;
      case "unable":
        return this.#unable(frame, again);
      case "silent":
        return html`<div class="say">
          <p role="alert">${words.silent(frame.origin)}</p>
          ${again}
        </div>`;
      case "lost":
        return html`<div class="say">
          <p role="alert">${words.lost}</p>
          ${again}
        </div>`;
      default:
        return nothing;
    }
  }

  /** Frames of other sites get no service worker in many browsers; tabs do. */
  #unable(frame: PreviewFrame, again: unknown) {
    const words = strings.preview;
    const home = homeAddress(location);
    return html`<div class="say">
      <p role="alert">${isSameSite(new URL(frame.origin), location) ? words.unable(frame.message) : words.apart}</p>
      <button class="primary" @click=${() => this.#openTab()}>${words.openTab}</button>
      ${home === undefined ? nothing : html`<p>${words.elsewhere} <a href=${home} target="_blank" rel="noopener">${home}</a></p>`}
      <details>
        <summary>${words.details}</summary>
        <p class="soft">${frame.message}</p>
      </details>
      ${again}
    </div>`;
  }

  #empty() {
    const words = strings.preview;
    const rows = this.#published();
    if (rows.length > 0) {
      return html`<div class="say">
        <p>${words.choose}</p>
        <ul>
          ${rows.map(
            ({ port, container }) =>
              html`<li>
                <button class="primary" @click=${() => this.#open({ port, target: "/" })}>
                  ${words.open(port, container)}
                </button>
              </li>`,
          )}
        </ul>
      </div>`;
    }
    return html`<div class="say">
      <p>${words.empty}</p>
      <button @click=${this.#suggest} ?disabled=${!this.host?.client}><code>${words.suggestion}</code></button>
      <p class="soft">${words.explanation}</p>
    </div>`;
  }

  get #frame(): PreviewFrame | undefined {
    return this.port === undefined ? undefined : this.#frames.get(this.port);
  }

  /** Elsewhere a link would lead to a page that is cut off. */
  get #hasLink(): boolean {
    const frame = this.#frame;
    return frame?.phase === "shown" && isSameSite(new URL(frame.origin), location);
  }

  get #origins(): PreviewOrigins {
    return previewOrigins(location, { template: this.template, machine: this.host.client?.machine ?? "1" });
  }

  #openPorts(): readonly number[] {
    return [...new Set([...this.#frames.keys(), ...this.targets.keys()])];
  }

  #published(): readonly PortRow[] {
    const running = (this.host?.containers ?? []).filter(({ state }) => state === "running");
    return running
      .flatMap(({ name, published }) => published.map(({ port }) => ({ port, container: name })))
      .toSorted((a, b) => a.port - b.port);
  }

  /** What can be chosen: published ports, and the one in front if it is none any more. */
  #rows(): readonly PortRow[] {
    const published = this.#published();
    const isKnown = this.port === undefined || published.some(({ port }) => port === this.port);
    return isKnown ? published : [...published, { port: this.port as number, container: "" }];
  }

  #shownTarget(): string {
    if (this.port === undefined) return "";
    const frame = this.#frame;
    return frame ? (frame.target ?? strings.preview.outside) : (this.targets.get(this.port)?.target ?? "/");
  }

  #open({ port, target }: PreviewAddress): void {
    const origins = this.#origins;
    const origin = origins.originOf(port);
    this.draft = undefined;
    if (!origins.isOnePerPort) this.#closeOthers(port);
    this.port = port;
    const frame = this.#frames.get(port);
    if (origin === undefined) this.#setTarget(port, target);
    else if (frame?.origin === origin) frame.open(target);
    else {
      frame?.[Symbol.dispose]();
      const title = strings.preview.frame(port);
      const openLink = (link: MessagePort): Promise<Disposable> => this.#openLink(port, link);
      const made = new PreviewFrame({ port, origin, title, openLink, changed: () => this.requestUpdate() }, target);
      this.#frames.set(port, made);
    }
    this.requestUpdate();
  }

  /** Ports that share an origin are shown one at a time. */
  #closeOthers(port: number): void {
    for (const [other, frame] of this.#frames) {
      if (other === port) continue;
      frame[Symbol.dispose]();
      this.#frames.delete(other);
    }
  }

  #openLink(port: number, link: MessagePort): Promise<Disposable> {
    const { client } = this.host;
    return client ? client.openLink(port, link) : Promise.reject(new Error("the machine is not up"));
  }

  #setTarget(port: number, target: string, status?: number): void {
    this.targets = new Map([...this.targets, [port, { target, ...(status !== undefined && { status }) }]]);
  }

  #reload(): void {
    if (this.#frame) this.#frame.reload();
    else
      void this.renderRoot
        .querySelector<HTMLElementTagNameMap["dd-response-view"]>("dd-response-view:not(.away)")
        ?.reload();
  }

  #address(): PreviewAddress {
    return { port: this.port ?? 80, target: this.#frame?.target ?? this.targets.get(this.port ?? 0)?.target ?? "/" };
  }

  async #copy(): Promise<void> {
    const link = linkTo(this.#address(), this.#frame?.origin ?? "");
    try {
      await navigator.clipboard.writeText(link);
      this.#tell(strings.preview.copied);
    } catch {
      // Not allowed (an embedded page, say): at least it can be seen.
      this.#tell(link);
    }
  }

  #tell(note: string): void {
    this.note = note;
    setTimeout(() => {
      if (this.note === note) this.note = "";
    }, NOTE_MS);
  }

  #openTab(): void {
    const address = this.#address();
    const origin = this.#origins.originOf(address.port);
    if (origin === undefined) return;
    if (this.#frame?.phase === "shown" && isSameSite(new URL(origin), location)) {
      window.open(linkTo(address, origin), "_blank", "noopener");
      return;
    }
    const { port, target } = address;
    const tab = openPreviewTab({ port, origin, openLink: (link) => this.#openLink(port, link) }, target);
    if (tab) this.#tabs.push(tab);
  }

  readonly #choose = (event: Event): void => {
    const port = Number((event.target as HTMLSelectElement).value);
    if (!port) return;
    this.#open({ port, target: this.#frames.get(port)?.target ?? this.targets.get(port)?.target ?? "/" });
  };

  readonly #submit = (event: Event): void => {
    event.preventDefault();
    const text = this.draft ?? this.#shownTarget();
    const address = parseAddress(/^[^/:]*$/.test(text) && !/^\d+$/.test(text) ? `/${text}` : text, this.port);
    if (address) this.#open(address);
  };

  readonly #suggest = (): void => {
    this.host.type(`${strings.preview.suggestion}\r`);
    this.host.showTerminal();
  };
}

declare global {
  interface HTMLElementTagNameMap {
    "dd-preview": DrydockPreview;
  }
}

/**
 * The left half of the page: a rail of places, and the place in front.
 *
 * To add one: a row in `workbench-tabs.ts` (id, label, icon, tag and an `import()` of the file that defines the tag). The element is
 * created when it is first shown, then kept; it has the properties of `WorkbenchPanel` (`host`, `isShown`, and a method `open(what)`
 * if it can be asked for something in particular). `host` is a new object after every change, so a Lit `@property` is enough.
 * Anywhere in the page `host.show("preview", "http://localhost:8080/")` opens a place. What of the page is shown at all is said by
 * `<dd-app layout="editor+terminal">`, see `app/layout.ts`: words of it are the ids here, `terminal` and `lists`.
 */
import { html, LitElement, nothing, type PropertyValues } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { typedEvent } from "../../data/typed-event.ts";
import { strings } from "../../strings.ts";
import { icon } from "../../styles/icons.ts";
import { shared } from "../../styles/shared.styles.ts";
import type { WorkbenchHost, WorkbenchPanel } from "./workbench-host.ts";
import type { WorkbenchTab } from "./workbench-tabs.ts";
import { styles } from "./workbench.styles.ts";

/**
 * The rail and its panels.
 *
 * @fires place-select {string} a tab's id, or "" to close the workbench
 */
@customElement("dd-workbench")
export class DrydockWorkbench extends LitElement {
  static override styles = [shared, styles];

  @property({ attribute: false }) tabs: readonly WorkbenchTab[] = [];
  /** The tab in front; "" is none. */
  @property() active = "";
  @property({ attribute: false }) host!: WorkbenchHost;
  /** The machine is up, or will not come up: what waited for it may load. */
  @property({ type: Boolean }) isSettled = false;
  /** A choice of places beside the panel; elsewhere something else chooses. */
  @property({ type: Boolean }) hasRail = true;

  @state() private problem: string | undefined;

  readonly #panels = new Map<string, WorkbenchPanel>();
  readonly #loading = new Set<string>();
  /** What panels were asked to show before they were there. */
  readonly #wanted = new Map<string, string>();

  /** Hands `what` to a panel, now or when it is there. */
  open(tab: string, what: string): void {
    const panel = this.#panels.get(tab);
    if (panel) panel.open?.(what);
    else this.#wanted.set(tab, what);
  }

  protected override render() {
    return html`
      ${this.hasRail ? this.#rail() : nothing}
      <section class="panels ${this.active ? "" : "away"}" aria-label=${strings.workbench.label}>
        ${[...this.#panels.values()]}
        ${this.active && !this.#panels.has(this.active) ? html`<p class="wait" role="status">${this.problem ?? strings.workbench.waiting}</p>` : nothing}
      </section>
    `;
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    const tab = this.tabs.find((each) => each.id === this.active);
    if (tab && (this.isSettled || !tab.needsMachine) && !this.#panels.has(tab.id)) void this.#load(tab);
    if (changed.has("active")) this.problem = undefined;
    for (const [id, panel] of this.#panels) this.#update(id, panel);
  }

  #rail() {
    const step = (event: KeyboardEvent): void => {
      const offset = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (offset === undefined) return;
      event.preventDefault();
      const buttons = [...this.renderRoot.querySelectorAll<HTMLButtonElement>(".rail button")];
      const index = buttons.findIndex((button) => button === event.target);
      buttons[(index + offset + buttons.length) % buttons.length]?.focus();
    };
    return html`<nav class="rail" aria-label=${strings.workbench.places} @keydown=${step}>
      ${this.tabs.map((tab) => {
        const isActive = tab.id === this.active;
        return html`<button
          aria-pressed=${isActive}
          title=${isActive ? strings.workbench.close(tab.label) : strings.workbench.open(tab.label)}
          @click=${() => this.dispatchEvent(typedEvent("place-select", isActive ? "" : tab.id))}
        >
          ${icon(tab.icon)}<span>${tab.label}</span>
        </button>`;
      })}
    </nav>`;
  }

  async #load(tab: WorkbenchTab): Promise<void> {
    if (this.#loading.has(tab.id)) return;
    this.#loading.add(tab.id);
    try {
      await tab.load();
      const panel = document.createElement(tab.tag) as WorkbenchPanel;
      this.#panels.set(tab.id, panel);
      this.#update(tab.id, panel);
      const wanted = this.#wanted.get(tab.id);
      this.#wanted.delete(tab.id);
      if (wanted !== undefined) panel.open?.(wanted);
    } catch (error) {
      this.problem = strings.workbench.failed(error instanceof Error ? error.message : String(error));
    } finally {
      this.#loading.delete(tab.id);
      this.requestUpdate();
    }
  }

  #update(id: string, panel: WorkbenchPanel): void {
    const isShown = id === this.active;
    panel.host = this.host;
    panel.isShown = isShown;
    panel.classList.toggle("away", !isShown);
    panel.inert = !isShown;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "dd-workbench": DrydockWorkbench;
  }
}

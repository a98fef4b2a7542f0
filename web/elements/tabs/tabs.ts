import { html, LitElement, nothing } from "lit";
import { customElement, property } from "lit/decorators.js";
import { repeat } from "lit/directives/repeat.js";
import type { TerminalTab } from "../../controllers/terminals-controller.ts";
import { typedEvent } from "../../data/typed-event.ts";
import { strings } from "../../strings.ts";
import { icon } from "../../styles/icons.ts";
import { shared } from "../../styles/shared.styles.ts";
import { styles } from "./tabs.styles.ts";

/** What a tab is called: the shell's own title, or its number. */
export function titleOf(tab: TerminalTab): string {
  return tab.title ?? strings.tabs.untitled(tab.number);
}

/**
 * The row of terminals. Arrow keys move between tabs, Delete closes one.
 *
 * @fires tab-select {number} @fires tab-close {number} @fires tab-add {undefined}
 */
@customElement("dd-tabs")
export class DrydockTabs extends LitElement {
  static override styles = [shared, styles];

  @property({ attribute: false }) tabs: readonly TerminalTab[] = [];
  @property({ type: Number }) activeId = 0;

  /** Moves focus to the active tab. */
  override focus(): void {
    this.renderRoot.querySelector<HTMLElement>('[role="tab"][aria-selected="true"]')?.focus();
  }

  protected override render() {
    return html`
      <div role="tablist" aria-label=${strings.tabs.label} @keydown=${(event: KeyboardEvent) => this.#onKey(event)}>
        ${repeat(
          this.tabs,
          (tab) => tab.id,
          (tab) => this.#tab(tab),
        )}
      </div>
      <button
        class="quiet icon add"
        title=${strings.tabs.addHint}
        aria-label=${strings.tabs.add}
        @click=${() => this.#tell("tab-add", undefined)}
      >
        ${icon("plus")}
      </button>
    `;
  }

  #tab(tab: TerminalTab) {
    const isActive = tab.id === this.activeId;
    const title = titleOf(tab);
    const hasEnded = tab.state === "exited" || tab.state === "lost";
    return html`<div class="tab ${isActive ? "active" : ""} ${hasEnded ? "ended" : ""}" role="presentation">
      <button
        role="tab"
        id="tab-${tab.id}"
        aria-selected=${isActive}
        tabindex=${isActive ? 0 : -1}
        title=${title}
        @click=${() => this.#tell("tab-select", tab.id)}
        @auxclick=${(event: MouseEvent) => event.button === 1 && this.#tell("tab-close", tab.id)}
      >
        ${title}
      </button>
      ${
        this.tabs.length > 1 || hasEnded
          ? html`<button
              class="quiet icon close"
              tabindex=${isActive ? 0 : -1}
              aria-label=${strings.tabs.close(title)}
              @click=${() => this.#tell("tab-close", tab.id)}
            >
              ${icon("close")}
            </button>`
          : nothing
      }
    </div>`;
  }

  #onKey(event: KeyboardEvent): void {
    const index = this.tabs.findIndex((tab) => tab.id === this.activeId);
    const last = this.tabs.length - 1;
    const target = {
      ArrowLeft: index === 0 ? last : index - 1,
      ArrowRight: index === last ? 0 : index + 1,
      Home: 0,
      End: last,
    }[event.key];
    const next = target === undefined ? undefined : this.tabs[target];
    if (next) {
      event.preventDefault();
      this.#tell("tab-select", next.id);
      void this.updateComplete.then(() => this.focus());
    } else if (event.key === "Delete") this.#tell("tab-close", this.activeId);
  }

  #tell(type: string, detail: unknown): void {
    this.dispatchEvent(typedEvent(type, detail));
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "dd-tabs": DrydockTabs;
  }
}

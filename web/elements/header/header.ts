import { html, LitElement, nothing } from "lit";
import { customElement, property } from "lit/decorators.js";
import type { EnginePhase } from "../../controllers/engine-controller.ts";
import type { Theme } from "../../controllers/preferences-controller.ts";
import { typedEvent } from "../../data/typed-event.ts";
import { strings } from "../../strings.ts";
import { icon, logo } from "../../styles/icons.ts";
import { shared } from "../../styles/shared.styles.ts";
import { styles } from "./header.styles.ts";

/**
 * Name, state of the machine, and the page's switches.
 *
 * @fires theme-next @fires reader-toggle @fires pane-toggle @fires help-open @fires share-open
 */
@customElement("dd-header")
export class DrydockHeader extends LitElement {
  static override styles = [shared, styles];

  @property() phase: EnginePhase = "booting";
  /** What the machine is doing, or how it came up. */
  @property() detail = "";
  @property() kernelRelease = "";
  /** 0 to 1, of a boot. */
  @property({ type: Number }) fraction = 0;
  @property() theme: Theme = "system";
  @property({ type: Boolean }) isScreenReader = false;
  @property({ type: Boolean }) isPaneShown = true;
  @property({ type: Boolean }) isNarrow = false;

  protected override render() {
    const { header, pane, state } = strings;
    const reader = this.isScreenReader ? header.screenReader.on : header.screenReader.off;
    const words = { booting: state.booting, ready: state.ready, failed: state.failed }[this.phase];
    return html`
      <h1 class="brand">${logo()}<span>${strings.name}</span></h1>
      <div class="state ${this.phase}" role="status">
        <span class="lamp"></span>
        ${
          this.phase === "ready" && this.kernelRelease
            ? html`<span class="release">${state.kernel(this.kernelRelease)}</span>`
            : html`<span>${words}</span>`
        }
        ${this.detail ? html`<span class="aside">· ${this.detail}</span>` : nothing}
      </div>
      <nav>
        <button
          class="quiet icon"
          title=${strings.share.button}
          aria-label=${strings.share.button}
          ?disabled=${this.phase !== "ready"}
          @click=${() => this.#tell("share-open")}
        >
          ${icon("share")}
        </button>
        <button
          class="quiet icon"
          aria-pressed=${this.isScreenReader}
          title=${reader}
          aria-label=${reader}
          @click=${() => this.#tell("reader-toggle")}
        >
          ${icon("reader")}
        </button>
        <button
          class="quiet icon"
          title=${header.theme[this.theme]}
          aria-label=${header.theme[this.theme]}
          @click=${() => this.#tell("theme-next")}
        >
          ${icon(this.theme)}
        </button>
        <button
          class="quiet icon"
          title=${header.help}
          aria-label=${header.help}
          @click=${() => this.#tell("help-open")}
        >
          ${icon("help")}
        </button>
        ${
          this.isNarrow
            ? nothing
            : html`<button
                class="quiet icon"
                aria-pressed=${this.isPaneShown}
                title=${this.isPaneShown ? pane.hide : pane.show}
                aria-label=${pane.label}
                @click=${() => this.#tell("pane-toggle")}
              >
                ${icon("pane")}
              </button>`
        }
      </nav>
      <div class="waterline" style="transform: scaleX(${this.phase === "booting" ? 1 - this.fraction : 0})"></div>
    `;
  }

  #tell(type: string): void {
    this.dispatchEvent(typedEvent(type, undefined));
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "dd-header": DrydockHeader;
  }
}

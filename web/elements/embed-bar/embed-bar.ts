import { css, html, LitElement, nothing } from "lit";
import { customElement, property } from "lit/decorators.js";
import type { EnginePhase } from "../../controllers/engine-controller.ts";
import { typedEvent } from "../../data/typed-event.ts";
import { strings } from "../../strings.ts";
import { icon, logo } from "../../styles/icons.ts";
import { shared } from "../../styles/shared.styles.ts";

/**
 * The head of a playground inside another page: its title, the machine's state, and the ways out of the small frame.
 *
 * @fires reset-request
 */
@customElement("dd-embed-bar")
export class DrydockEmbedBar extends LitElement {
  static override shadowRootOptions: ShadowRootInit = { ...LitElement.shadowRootOptions, delegatesFocus: true };
  static override styles = [
    shared,
    css`
      :host {
        display: flex;
        align-items: center;
        gap: 0.5rem;
        min-width: 0;
        padding: 0 0.25rem 0 0.625rem;
        border-bottom: 1px solid var(--line);
        background: var(--ground);
      }
      .logo {
        flex: none;
        width: 1.25rem;
        height: 1.25rem;
      }
      h1 {
        margin: 0;
        min-width: 0;
        overflow: hidden;
        text-overflow: ellipsis;
        white-space: nowrap;
        font-size: 0.875rem;
        font-weight: 650;
        line-height: 1.3;
      }
      .lamp {
        flex: none;
        width: 0.5rem;
        height: 0.5rem;
        border-radius: 50%;
        background: var(--warn);
      }
      .ready {
        background: var(--ok);
      }
      .failed {
        background: var(--bad);
        border-radius: 1px;
      }
      nav {
        display: flex;
        flex: none;
        align-items: center;
        margin-left: auto;
      }
      a {
        display: inline-grid;
        place-items: center;
        width: 2rem;
        height: 2rem;
        color: var(--ink-soft);
      }
      a:hover {
        color: var(--ink);
      }
    `,
  ];

  @property() override title = "";
  @property() phase: EnginePhase = "booting";
  /** Of the same document in a page of its own; "" until it is known. */
  @property() address = "";

  protected override render() {
    const words = strings.playground;
    const state = { booting: strings.state.booting, ready: strings.state.ready, failed: strings.state.failed }[
      this.phase
    ];
    const button = (label: string, name: "reset" | "fullscreen", act: () => void) =>
      html`<button class="quiet icon" title=${label} aria-label=${label} @click=${act}>${icon(name)}</button>`;
    return html`
      ${logo()}
      <h1>${this.title || strings.name}</h1>
      <span class="lamp ${this.phase}" role="img" aria-label=${state} title=${state}></span>
      <nav>
        ${button(words.reset, "reset", () => this.dispatchEvent(typedEvent("reset-request", undefined)))}
        ${document.fullscreenEnabled ? button(words.fullscreen, "fullscreen", toggleFullscreen) : nothing}
        ${
          this.address
            ? html`<a href=${this.address} target="_blank" rel="noopener" title=${words.open} aria-label=${words.open}
                >${icon("leave")}</a
              >`
            : nothing
        }
      </nav>
    `;
  }
}

/** The frame over the whole screen, or back in its page. */
function toggleFullscreen(): void {
  const change = document.fullscreenElement ? document.exitFullscreen() : document.documentElement.requestFullscreen();
  // The embedding page may forbid it.
  change.catch(() => undefined);
}

declare global {
  interface HTMLElementTagNameMap {
    "dd-embed-bar": DrydockEmbedBar;
  }
}

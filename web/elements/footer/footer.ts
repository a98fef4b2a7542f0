import { css, html, LitElement, nothing } from "lit";
import { customElement, property } from "lit/decorators.js";
import { formatBytes } from "../../data/format.ts";
import { typedEvent } from "../../data/typed-event.ts";
import { strings } from "../../strings.ts";
import { shared } from "../../styles/shared.styles.ts";

/**
 * Honest facts, and the way to the kernel's log and to used storage.
 *
 * @fires log-open {undefined} @fires space-open {undefined}
 */
@customElement("dd-footer")
export class DrydockFooter extends LitElement {
  static override styles = [
    shared,
    css`
      :host {
        display: flex;
        align-items: center;
        gap: 0.5rem;
        padding: 0 0.5rem 0 1rem;
        border-top: 1px solid var(--line);
        color: var(--ink-soft);
        font-size: 0.8125rem;
        white-space: nowrap;
      }
      p {
        flex: 1;
        min-width: 0;
        overflow: hidden;
        text-overflow: ellipsis;
      }
      button {
        min-height: 1.625rem;
        padding: 0 0.5rem;
        text-decoration: underline;
        text-decoration-color: var(--line);
        text-underline-offset: 0.2em;
      }
    `,
  ];

  @property({ type: Number }) usedBytes: number | undefined;
  @property({ type: Boolean }) isNarrow = false;

  protected override render() {
    const words = strings.footer;
    return html`<p title=${words.facts}>${this.isNarrow ? words.shortFacts : words.facts}</p>
      ${
        this.usedBytes === undefined || this.isNarrow
          ? nothing
          : html`<button class="quiet" @click=${() => this.#tell("space-open")}>
              ${words.stored(formatBytes(this.usedBytes))}
            </button>`
      }
      <button class="quiet" @click=${() => this.#tell("log-open")}>${words.kernelLog}</button>`;
  }

  #tell(type: string): void {
    this.dispatchEvent(typedEvent(type, undefined));
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "dd-footer": DrydockFooter;
  }
}

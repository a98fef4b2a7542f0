import { css, html, LitElement, nothing } from "lit";
import { customElement, property } from "lit/decorators.js";
import { typedEvent } from "../../data/typed-event.ts";
import { strings } from "../../strings.ts";
import { icon } from "../../styles/icons.ts";
import { shared } from "../../styles/shared.styles.ts";

/**
 * One line the page has to say, with at most one thing to do about it.
 *
 * @fires notice-action {undefined} @fires notice-dismiss {undefined}
 */
@customElement("dd-notice")
export class DrydockNotice extends LitElement {
  static override styles = [
    shared,
    css`
      :host {
        display: flex;
        align-items: center;
        gap: 0.75rem;
        padding: 0.375rem 0.5rem 0.375rem 1rem;
        background: color-mix(in srgb, var(--warn) 14%, var(--surface));
        border-bottom: 1px solid var(--line);
      }
      span {
        flex: 1;
      }
      button:not(.icon) {
        white-space: nowrap;
      }
    `,
  ];

  @property() text = "";
  /** Label of the button; none without. */
  @property() action = "";

  protected override render() {
    return html`<span role="status">${this.text}</span>
      ${this.action ? html`<button @click=${() => this.#tell("notice-action")}>${this.action}</button>` : nothing}
      <button class="quiet icon" aria-label=${strings.notices.dismiss} @click=${() => this.#tell("notice-dismiss")}>
        ${icon("close")}
      </button>`;
  }

  #tell(type: string): void {
    this.dispatchEvent(typedEvent(type, undefined));
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "dd-notice": DrydockNotice;
  }
}

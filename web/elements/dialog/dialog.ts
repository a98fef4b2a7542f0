import { css, html, LitElement } from "lit";
import { customElement, property, query } from "lit/decorators.js";
import { typedEvent } from "../../data/typed-event.ts";
import { strings } from "../../strings.ts";
import { icon } from "../../styles/icons.ts";
import { shared } from "../../styles/shared.styles.ts";

/**
 * A modal sheet around whatever is put into it; the browser's own `<dialog>` keeps focus inside and closes it on Escape.
 *
 * @fires dialog-close {undefined}
 */
@customElement("dd-dialog")
export class DrydockDialog extends LitElement {
  static override styles = [
    shared,
    css`
      dialog {
        width: min(44rem, calc(100vw - 2rem));
        max-height: calc(100dvh - 4rem);
        padding: 0;
        border: 1px solid var(--line);
        border-radius: 10px;
        background: var(--raised);
        color: var(--ink);
        box-shadow: 0 16px 48px rgb(0 0 0 / 0.3);
      }
      dialog[open] {
        display: flex;
        flex-direction: column;
      }
      dialog::backdrop {
        background: rgb(5 10 12 / 0.5);
      }
      header {
        display: flex;
        align-items: center;
        justify-content: space-between;
        padding: 0.875rem 0.75rem 0.5rem 1.25rem;
      }
      h2 {
        font-size: 1.0625rem;
        font-weight: 650;
      }
      .content {
        padding: 0 1.25rem 1.25rem;
        overflow: auto;
      }
    `,
  ];

  @property() heading = "";

  @query("dialog") private dialog!: HTMLDialogElement;

  protected override firstUpdated(): void {
    this.dialog.showModal();
  }

  protected override render() {
    return html`<dialog aria-labelledby="heading" @close=${this.#close} @click=${this.#onClick}>
      <header>
        <h2 id="heading">${this.heading}</h2>
        <button class="quiet icon" aria-label=${strings.help.close} @click=${() => this.dialog.close()}>
          ${icon("close")}
        </button>
      </header>
      <div class="content"><slot></slot></div>
    </dialog>`;
  }

  /** A click beside the sheet closes it. */
  readonly #onClick = (event: MouseEvent): void => {
    if (event.target !== this.dialog) return;
    const box = this.dialog.getBoundingClientRect();
    const isInside =
      event.clientX >= box.left &&
      event.clientX <= box.right &&
      event.clientY >= box.top &&
      event.clientY <= box.bottom;
    if (!isInside) this.dialog.close();
  };

  readonly #close = (): void => {
    this.dispatchEvent(typedEvent("dialog-close", undefined));
  };
}

declare global {
  interface HTMLElementTagNameMap {
    "dd-dialog": DrydockDialog;
  }
}

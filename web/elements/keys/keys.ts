import { css, html, LitElement } from "lit";
import { customElement } from "lit/decorators.js";
import { typedEvent } from "../../data/typed-event.ts";
import { strings } from "../../strings.ts";
import { shared } from "../../styles/shared.styles.ts";

const { keys } = strings;
/** What is written on a key, its name, and what a terminal sends for it. */
const KEYS: readonly (readonly [face: string, name: string, sent: string])[] = [
  ["esc", keys.escape, "\x1b"],
  ["tab", keys.tab, "\t"],
  ["^C", keys.interrupt, "\x03"],
  ["^D", keys.end, "\x04"],
  ["←", keys.left, "\x1b[D"],
  ["↓", keys.down, "\x1b[B"],
  ["↑", keys.up, "\x1b[A"],
  ["→", keys.right, "\x1b[C"],
];

/**
 * The keys a shell needs and a touch keyboard lacks.
 *
 * @fires key-press {string} what the terminal shall send
 */
@customElement("dd-keys")
export class DrydockKeys extends LitElement {
  static override styles = [
    shared,
    css`
      :host {
        display: grid;
        grid-auto-flow: column;
        grid-auto-columns: 1fr;
        gap: 0.25rem;
        padding: 0.3125rem 0.375rem;
        background: var(--surface);
        border-top: 1px solid var(--line);
      }
      button {
        padding: 0;
        min-height: 2.375rem;
        font-family: var(--mono);
        font-size: 0.8125rem;
        touch-action: manipulation;
      }
    `,
  ];

  protected override render() {
    return KEYS.map(
      ([face, name, sent]) =>
        html`<button
          aria-label=${name}
          @mousedown=${keepFocus}
          @click=${() => this.dispatchEvent(typedEvent("key-press", sent))}
        >
          ${face}
        </button>`,
    );
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.role = "toolbar";
    this.ariaLabel = keys.label;
  }
}

/** A press must not take focus from the terminal: the touch keyboard would go down. */
function keepFocus(event: Event): void {
  event.preventDefault();
}

declare global {
  interface HTMLElementTagNameMap {
    "dd-keys": DrydockKeys;
  }
}

import { css, html, LitElement } from "lit";
import { customElement, property } from "lit/decorators.js";
import { typedEvent } from "../../data/typed-event.ts";
import { strings } from "../../strings.ts";
import { icon } from "../../styles/icons.ts";
import { shared } from "../../styles/shared.styles.ts";

/**
 * The command lines of a document, one after the other; a click types one and leaves Enter to the person.
 *
 * @fires command-type {string}
 */
@customElement("dd-commands")
export class DrydockCommands extends LitElement {
  static override styles = [
    shared,
    css`
      :host {
        display: block;
        min-width: 0;
        border-bottom: 1px solid var(--line);
        background: var(--surface);
      }
      ol {
        display: flex;
        gap: 0.375rem;
        padding: 0.3125rem 0.5rem;
        overflow-x: auto;
        scrollbar-width: thin;
      }
      li {
        flex: none;
        max-width: 100%;
      }
      button {
        display: flex;
        align-items: center;
        gap: 0.375rem;
        max-width: min(28rem, 80vw);
        min-height: 1.75rem;
        padding: 0.125rem 0.5rem;
        font-family: var(--mono);
        font-size: 0.75rem;
      }
      button span {
        overflow: hidden;
        text-overflow: ellipsis;
        white-space: nowrap;
      }
      svg.icon {
        flex: none;
        width: 0.875rem;
        height: 0.875rem;
      }
    `,
  ];

  @property({ attribute: false }) commands: readonly string[] = [];

  protected override render() {
    return html`<ol aria-label=${strings.playground.commands}>
      ${this.commands.map(
        (command) =>
          html`<li>
            <button
              title=${strings.actions.type(command)}
              @click=${() => this.dispatchEvent(typedEvent("command-type", command))}
            >
              ${icon("terminal")}<span>${command}</span>
            </button>
          </li>`,
      )}
    </ol>`;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "dd-commands": DrydockCommands;
  }
}

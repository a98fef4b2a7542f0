import { css, html, LitElement, nothing } from "lit";
import { customElement, property } from "lit/decorators.js";
import { formatBytes } from "../../data/format.ts";
import { typedEvent } from "../../data/typed-event.ts";
import type { Playground } from "../../embed/playground-document.ts";
import { strings } from "../../strings.ts";
import { shared } from "../../styles/shared.styles.ts";
import "../dialog/dialog.ts";

/**
 * What a shared link holds, before anything of it is opened. Leaving leads to the visitor's own playground.
 *
 * @fires shared-open @fires shared-leave
 */
@customElement("dd-shared-link")
export class DrydockSharedLink extends LitElement {
  static override styles = [
    shared,
    css`
      .parts {
        display: grid;
        gap: 0.875rem;
      }
      .description {
        white-space: pre-line;
        overflow-wrap: anywhere;
      }
      h3 {
        font-size: 0.8125rem;
        font-weight: 600;
        color: var(--ink-soft);
        margin: 0 0 0.25rem;
      }
      .list {
        max-height: 30vh;
        overflow: auto;
        padding: 0.5rem 0.75rem;
        border: 1px solid var(--line);
        border-radius: 6px;
        background: var(--basin);
        font-family: var(--mono);
        font-size: 0.8125rem;
        overflow-wrap: anywhere;
      }
      .list li {
        display: flex;
        justify-content: space-between;
        gap: 1rem;
      }
      .soft,
      .list span + span {
        color: var(--ink-soft);
        flex: none;
      }
      .problem {
        color: var(--bad);
        overflow-wrap: anywhere;
      }
      .actions {
        display: flex;
        flex-wrap: wrap;
        gap: 0.5rem;
      }
    `,
  ];

  @property({ attribute: false }) playground: Playground | undefined;
  /** Why the link cannot be opened. */
  @property() problem: string | undefined;

  /** How the dialog was left: any way but the first button leaves the link. */
  #isOpened = false;

  protected override render() {
    const words = strings.sharedLink;
    const { playground } = this;
    return html`<dd-dialog heading=${playground?.title || words.title} @dialog-close=${this.#closed}>
      <div class="parts">
        ${this.problem === undefined ? nothing : html`<p class="problem" role="alert">${words.broken(this.problem)}</p>`}
        ${playground ? this.#parts(playground) : nothing}
        <div class="actions">
          ${playground ? html`<button class="primary" autofocus @click=${this.#open}>${words.open}</button>` : nothing}
          <button @click=${() => this.#tell("shared-leave")}>${words.leave}</button>
        </div>
      </div>
    </dd-dialog>`;
  }

  #parts({ description, files, commands, images }: Playground) {
    const words = strings.sharedLink;
    const list = (title: string, items: readonly unknown[]) =>
      items.length === 0
        ? nothing
        : html`<div>
            <h3>${title}</h3>
            <ul class="list" tabindex="0" aria-label=${title}>
              ${items}
            </ul>
          </div>`;
    return html`
      ${description ? html`<p class="description">${description}</p>` : nothing}
      ${list(
        words.files,
        files.map((file) => html`<li><span>${file.path}</span><span>${formatBytes(file.bytes.length)}</span></li>`),
      )}
      ${list(
        words.commands,
        commands.map((command) => html`<li><span>${command}</span></li>`),
      )}
      ${list(
        words.images,
        images.map((image) => html`<li><span>${image}</span></li>`),
      )}
      <p class="soft">${words.apart}</p>
    `;
  }

  readonly #open = (): void => {
    this.#isOpened = true;
    this.#tell("shared-open");
  };

  readonly #closed = (event: Event): void => {
    event.stopPropagation();
    if (!this.#isOpened) this.#tell("shared-leave");
  };

  #tell(type: string): void {
    this.dispatchEvent(typedEvent(type, undefined));
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "dd-shared-link": DrydockSharedLink;
  }
}

import { html, LitElement, nothing } from "lit";
import { customElement, property } from "lit/decorators.js";
import { repeat } from "lit/directives/repeat.js";
import type { ImageRow } from "../../data/docker-lists.ts";
import { formatBytes } from "../../data/format.ts";
import { typedEvent } from "../../data/typed-event.ts";
import { strings } from "../../strings.ts";
import { icon } from "../../styles/icons.ts";
import { listStyles } from "../../styles/list.styles.ts";
import { shared } from "../../styles/shared.styles.ts";

/**
 * The images of the engine.
 *
 * @fires image-remove {string} the image's name @fires image-layers {string} its layers are to be shown @fires command-suggest {string} a command to type
 */
@customElement("dd-images")
export class DrydockImages extends LitElement {
  static override styles = [shared, listStyles];

  /** Undefined: not known yet. */
  @property({ attribute: false }) rows: readonly ImageRow[] | undefined;
  @property({ attribute: false }) busy: ReadonlySet<string> = new Set();

  protected override render() {
    const { rows } = this;
    return html`
      <header>
        <h2 id="title">${strings.images.title}</h2>
        <span class="count">${rows?.length || nothing}</span>
      </header>
      ${rows === undefined ? html`<p class="empty">${strings.pane.waiting}</p>` : rows.length === 0 ? this.#empty() : this.#list(rows)}
    `;
  }

  #empty() {
    const command = strings.images.suggestion;
    return html`<p class="empty">
      ${strings.images.empty}
      <button
        class="suggestion"
        title=${strings.actions.type(command)}
        @click=${() => this.#tell("command-suggest", command)}
      >
        ${command}
      </button>
    </p>`;
  }

  #list(rows: readonly ImageRow[]) {
    return html`<ul aria-labelledby="title">
      ${repeat(
        rows,
        (row) => row.name,
        (row) => this.#row(row),
      )}
    </ul>`;
  }

  #row(row: ImageRow) {
    const command = `docker run -it --rm ${row.name}`;
    return html`<li>
      <span class="glyph">${icon("box")}</span>
      <div class="words">
        <div class="name" title=${row.id}>${row.name}</div>
        <div class="more">${formatBytes(row.sizeBytes)}</div>
      </div>
      <div class="acts">
        <button
          class="quiet icon"
          title=${strings.actions.type(command)}
          aria-label=${strings.images.run(row.name)}
          @click=${() => this.#tell("command-suggest", command)}
        >
          ${icon("play")}
        </button>
        <button
          class="quiet icon"
          title=${strings.images.layers(row.name)}
          aria-label=${strings.images.layers(row.name)}
          @click=${() => this.#tell("image-layers", row.name)}
        >
          ${icon("layers")}
        </button>
        <button
          class="quiet icon"
          title=${strings.images.remove(row.name)}
          aria-label=${strings.images.remove(row.name)}
          ?disabled=${this.busy.has(row.name)}
          @click=${() => this.#tell("image-remove", row.name)}
        >
          ${icon("trash")}
        </button>
      </div>
    </li>`;
  }

  #tell(type: string, detail: unknown): void {
    this.dispatchEvent(typedEvent(type, detail));
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "dd-images": DrydockImages;
  }
}

import { html, LitElement, nothing } from "lit";
import { customElement, property } from "lit/decorators.js";
import { repeat } from "lit/directives/repeat.js";
import type { ContainerAction } from "../../controllers/docker-controller.ts";
import type { ContainerRow } from "../../data/docker-lists.ts";
import { typedEvent } from "../../data/typed-event.ts";
import { strings } from "../../strings.ts";
import { icon, type IconName } from "../../styles/icons.ts";
import { listStyles } from "../../styles/list.styles.ts";
import { shared } from "../../styles/shared.styles.ts";

/** A container and what shall become of it. */
export interface ContainerActionDetail {
  readonly id: string;
  readonly action: ContainerAction;
}

/**
 * The containers of the engine.
 *
 * @fires address-open {string} a published port's, to be shown
 * @fires container-action {ContainerActionDetail} @fires command-suggest {string} a command to type
 */
@customElement("dd-containers")
export class DrydockContainers extends LitElement {
  static override styles = [shared, listStyles];

  /** Undefined: not known yet. */
  @property({ attribute: false }) rows: readonly ContainerRow[] | undefined;
  @property({ attribute: false }) busy: ReadonlySet<string> = new Set();

  protected override render() {
    const { rows } = this;
    return html`
      <header>
        <h2 id="title">${strings.containers.title}</h2>
        <span class="count">${rows?.length || nothing}</span>
      </header>
      ${rows === undefined ? html`<p class="empty">${strings.pane.waiting}</p>` : rows.length === 0 ? this.#empty() : this.#list(rows)}
    `;
  }

  #empty() {
    const command = strings.containers.suggestion;
    return html`<p class="empty">
      ${strings.containers.empty}
      <button
        class="suggestion"
        title=${strings.actions.type(command)}
        @click=${() => this.#tell("command-suggest", command)}
      >
        ${command}
      </button>
    </p>`;
  }

  #list(rows: readonly ContainerRow[]) {
    return html`<ul aria-labelledby="title">
      ${repeat(
        rows,
        (row) => row.id,
        (row) => this.#row(row),
      )}
    </ul>`;
  }

  #row(row: ContainerRow) {
    const isRunning = row.state === "running" || row.state === "paused" || row.state === "restarting";
    const words = strings.containers;
    return html`<li>
      <span class="lamp ${row.state}" title=${words.states[row.state] ?? row.state}></span>
      <div class="words">
        <div class="name" title=${row.id.slice(0, 12)}>${row.name}</div>
        <div class="more" title="${row.image} · ${row.status}">${row.image} · ${row.status || row.state}</div>
        ${row.ports.length > 0 ? html`<div class="port">${row.ports.map((port) => this.#port(row, port))}</div>` : nothing}
      </div>
      <div class="acts">
        ${isRunning ? this.#button(row, "stop", "stop", words.stop(row.name)) : this.#button(row, "start", "play", words.start(row.name))}
        ${isRunning ? nothing : this.#button(row, "remove", "trash", words.remove(row.name))}
      </div>
    </li>`;
  }

  /** A published TCP port of a running container opens in the preview. */
  #port(row: ContainerRow, text: string) {
    const found = row.published.find(({ port, containerPort }) => text === `${port}→${containerPort}/tcp`);
    if (!found || row.state !== "running") return html`<span>${text}</span> `;
    const address = `http://localhost:${found.port}/`;
    const label = strings.preview.openAddress(address);
    return html`<button title=${label} aria-label=${label} @click=${() => this.#tell("address-open", address)}>
      ${text}
    </button> `;
  }

  #button(row: ContainerRow, action: ContainerAction, name: IconName, label: string) {
    return html`<button
      class="quiet icon"
      title=${label}
      aria-label=${label}
      ?disabled=${this.busy.has(row.id)}
      @click=${() => this.#tell("container-action", { id: row.id, action } satisfies ContainerActionDetail)}
    >
      ${icon(name)}
    </button>`;
  }

  #tell(type: string, detail: unknown): void {
    this.dispatchEvent(typedEvent(type, detail));
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "dd-containers": DrydockContainers;
  }
}

import { css, html, LitElement, nothing } from "lit";
import { customElement, property } from "lit/decorators.js";
import { typedEvent } from "../../data/typed-event.ts";
import { strings } from "../../strings.ts";
import { icon } from "../../styles/icons.ts";
import { shared } from "../../styles/shared.styles.ts";

/**
 * Name of the image, Build (Stop while a build runs) and Run.
 *
 * @fires build-name {string} @fires build-start @fires build-stop @fires build-run
 */
@customElement("dd-build-bar")
export class DrydockBuildBar extends LitElement {
  static override styles = [
    shared,
    css`
      :host {
        display: flex;
        align-items: center;
        justify-content: flex-end;
        gap: 0.375rem;
        min-width: 0;
      }
      input {
        flex: 0 1 9rem;
        min-width: 3rem;
        min-height: 1.875rem;
        padding: 0 0.5rem;
        border: 1px solid var(--line);
        border-radius: 6px;
        background: var(--basin);
        color: var(--ink);
        font-family: var(--mono);
        font-size: 0.75rem;
      }
      input:user-invalid {
        border-color: var(--bad);
      }
      button {
        display: flex;
        align-items: center;
        gap: 0.3125rem;
        flex: none;
        min-height: 1.875rem;
        padding: 0 0.75rem;
      }
      button svg {
        width: 0.9375rem;
        height: 0.9375rem;
      }
      @media (pointer: coarse) {
        button,
        input {
          min-height: 2.5rem;
        }
      }
    `,
  ];

  @property() name = "";
  /** The commands as they would be typed; "" when there is nothing to build. */
  @property() command = "";
  @property() runLine = "";
  @property({ type: Boolean }) isBuilding = false;
  /** The image was built: running it is the next thing to do. */
  @property({ type: Boolean }) isBuilt = false;
  @property({ type: Boolean }) isReady = false;

  protected override render() {
    const words = strings.build;
    const hint = this.command ? words.buildHint(this.command) : words.noDockerfile;
    return html`
      <input
        aria-label=${words.name}
        title=${words.name}
        autocomplete="off"
        autocapitalize="off"
        spellcheck="false"
        required
        pattern="[a-z0-9]+([._\\-\\/]+[a-z0-9]+)*(:[\\w][\\w.\\-]*)?"
        .value=${this.name}
        @change=${(event: Event) => this.#rename(event.target as HTMLInputElement)}
        @keydown=${(event: KeyboardEvent) => this.#onKey(event)}
      />
      ${
        this.isBuilding
          ? html`<button title=${words.stopHint} @click=${() => this.#tell("build-stop")}>
              ${icon("stop")}${words.stop}
            </button>`
          : html`<button
              class=${this.isBuilt ? "" : "primary"}
              title=${hint}
              ?disabled=${!this.isReady || !this.command}
              @click=${() => this.#tell("build-start")}
            >
              ${icon("hammer")}${words.build}
            </button>`
      }
      ${
        this.runLine
          ? html`<button
              class=${this.isBuilt && !this.isBuilding ? "primary" : ""}
              title=${words.runHint(this.runLine)}
              ?disabled=${!this.isReady || !this.isBuilt || this.isBuilding}
              @click=${() => this.#tell("build-run")}
            >
              ${icon("play")}${words.run}
            </button>`
          : nothing
      }
    `;
  }

  #rename(input: HTMLInputElement): void {
    if (input.validity.valid) this.dispatchEvent(typedEvent("build-name", input.value));
  }

  #onKey(event: KeyboardEvent): void {
    const input = event.target as HTMLInputElement;
    if (event.key !== "Enter" || !input.validity.valid) return;
    this.#rename(input);
    this.#tell("build-start");
  }

  #tell(type: string): void {
    this.dispatchEvent(typedEvent(type, undefined));
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "dd-build-bar": DrydockBuildBar;
  }
}

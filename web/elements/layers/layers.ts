import { html, LitElement, nothing, type PropertyValues } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { messageOf } from "../../data/drydock-api.ts";
import type { EngineClient } from "../../data/engine-client.ts";
import { formatBytes } from "../../data/format.ts";
import {
  efficiency,
  instructionOf,
  readImageLayers,
  readLayerFiles,
  type ImageLayer,
  type LayerFiles,
} from "../../data/layer-files.ts";
import { strings } from "../../strings.ts";
import { shared } from "../../styles/shared.styles.ts";
import type { WorkbenchHost, WorkbenchPanel } from "../workbench/workbench-host.ts";
import "./layer-files.ts";
import { layersStyles } from "./layers.styles.ts";

/** A panel of the workbench: an image's layers, and the files of each. */
@customElement("dd-layers")
export class DrydockLayers extends LitElement implements WorkbenchPanel {
  static override styles = [shared, layersStyles];

  @property({ attribute: false }) host!: WorkbenchHost;
  @property({ type: Boolean }) isShown = false;

  @state() private image = "";
  @state() private layers: readonly ImageLayer[] | undefined;
  @state() private index = -1;
  @state() private files: LayerFiles | undefined;
  @state() private isCumulative = false;
  @state() private problem = "";

  #client: EngineClient | undefined;

  /** Shows an image, by any of its names. */
  open(image: string): void {
    void this.#openImage(image);
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (!changed.has("host") || this.host.client === this.#client) return;
    this.#client = this.host.client;
    if (this.#client && this.image) void this.#openImage(this.image);
  }

  protected override render() {
    const { layers, image } = this;
    const words = strings.layers;
    const images = this.host.images ?? [];
    return html`
      <header>
        <select
          aria-label=${words.image}
          .value=${image}
          @change=${(event: Event) => this.open((event.target as HTMLSelectElement).value)}
        >
          <option value="" ?selected=${image === ""}>${words.choose}</option>
          ${images.map((each) => html`<option value=${each.name} ?selected=${each.name === image}>${each.name}</option>`)}
          ${image && !images.some((each) => each.name === image) ? html`<option value=${image} selected>${image}</option>` : nothing}
        </select>
        ${layers ? this.#facts(layers) : nothing}
      </header>
      ${layers && image ? this.#stack(layers) : nothing}
      ${
        image === "" || (this.problem && !layers)
          ? html`<p class="empty" role=${this.problem ? "alert" : nothing}>
              ${this.problem ? strings.actions.failed(this.problem) : words.hint}
            </p>`
          : html`<dd-layer-files
              .files=${this.files?.files}
              .isTruncated=${this.files?.isTruncated ?? false}
              .isCumulative=${this.isCumulative}
              .problem=${this.problem}
              .isTouch=${this.host.isTouch}
              @cumulative-change=${(event: CustomEvent<boolean>) => {
                this.isCumulative = event.detail;
                void this.#openLayer(this.index);
              }}
            ></dd-layer-files>`
      }
    `;
  }

  #facts(layers: readonly ImageLayer[]) {
    const sizeBytes = layers.reduce((sum, layer) => sum + layer.sizeBytes, 0);
    const wasteBytes = layers.reduce((sum, layer) => sum + layer.wasteBytes, 0);
    const percent = (efficiency(layers) * 100).toFixed(wasteBytes > 0 ? 1 : 0);
    return html`<span class="facts"
      >${strings.layers.facts(formatBytes(sizeBytes), percent, formatBytes(wasteBytes))}</span
    >`;
  }

  #stack(layers: readonly ImageLayer[]) {
    const largest = Math.max(1, ...layers.map((layer) => layer.sizeBytes));
    return html`<ol class="stack" aria-label=${strings.layers.title}>
      ${layers.map(
        (layer, index) =>
          html`<li>
            <button
              class="layer"
              aria-pressed=${index === this.index}
              title=${layer.createdBy}
              @click=${() => void this.#openLayer(index)}
            >
              <span class="number">${index + 1}</span>
              <code>${instructionOf(layer.createdBy) || layer.digest.slice(0, 19)}</code>
              <span class="size"
                >${layer.wasteBytes > 0 ? html`<span class="waste">${strings.layers.waste(formatBytes(layer.wasteBytes))}</span> ` : nothing}${formatBytes(layer.sizeBytes)}</span
              >
              <span class="share" style="--share: ${layer.sizeBytes / largest}"></span>
            </button>
          </li>`,
      )}
    </ol>`;
  }

  async #openImage(image: string): Promise<void> {
    this.image = image;
    this.layers = undefined;
    this.files = undefined;
    this.problem = "";
    this.index = -1;
    if (image === "") return;
    try {
      const layers = await readImageLayers(this.host.fetch, image);
      if (this.image !== image) return;
      this.layers = layers;
      await this.#openLayer(layers.length - 1);
    } catch (error) {
      if (this.image === image) this.problem = messageOf(error);
    }
  }

  async #openLayer(index: number): Promise<void> {
    const { image, isCumulative } = this;
    this.index = index;
    this.files = undefined;
    this.problem = "";
    const isCurrent = (): boolean => this.image === image && this.index === index && this.isCumulative === isCumulative;
    try {
      const path = `/drydock/images/${encodeURIComponent(image)}/layers/${index}`;
      const files =
        index < 0 ? { files: [], isTruncated: false } : await readLayerFiles(this.host.fetch, path, isCumulative);
      if (isCurrent()) this.files = files;
    } catch (error) {
      if (isCurrent()) this.problem = messageOf(error);
    }
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "dd-layers": DrydockLayers;
  }
}

import { css, html, LitElement, nothing, type PropertyValues } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import type { StepLine } from "../../data/build-lines.ts";
import type { BuildRecord } from "../../data/build-records.ts";
import { messageOf } from "../../data/drydock-api.ts";
import type { DockerFetch } from "../../data/engine-client.ts";
import { formatBytes } from "../../data/format.ts";
import { readLayerFiles, type LayerFiles } from "../../data/layer-files.ts";
import { buildSentence, STEP_ICONS, stepSentence, stepSize, stepTime } from "../../data/step-words.ts";
import { typedEvent } from "../../data/typed-event.ts";
import { strings } from "../../strings.ts";
import { icon } from "../../styles/icons.ts";
import { shared } from "../../styles/shared.styles.ts";
import "../layers/layer-files.ts";
import { drawerStyles } from "./editor.styles.ts";

/**
 * What the last build did, in words: one line, a list of its steps, or one step's layer with its files.
 *
 * @fires step-open {number} -1 closes the step @fires step-shell {number} @fires drawer-toggle {undefined} the list is to be shown or hidden
 */
@customElement("dd-step-drawer")
export class DrydockStepDrawer extends LitElement {
  static override styles = [
    shared,
    drawerStyles,
    css`
      :host {
        display: flex;
        flex-direction: column;
        min-height: 0;
        background: var(--surface);
      }
    `,
  ];

  @property({ attribute: false }) record!: BuildRecord;
  @property({ attribute: false }) lines: readonly StepLine[] = [];
  /** The step whose layer is shown; -1 is none. */
  @property({ type: Number }) selected = -1;
  @property({ type: Boolean }) isOpen = false;
  @property({ type: Boolean }) isTouch = false;
  @property({ attribute: false }) fetch!: DockerFetch;

  @state() private files: LayerFiles | undefined;
  @state() private isCumulative = false;
  @state() private problem = "";

  /** What `files` are of. */
  #shown = "";

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has("selected")) this.isCumulative = false;
    this.#readWhenNew();
  }

  protected override render() {
    const { record } = this;
    const nowMs = Date.now();
    const isOpen = this.isOpen || this.selected >= 0;
    const words = strings.build.steps;
    return html`
      <div class="bar ${record.status}">
        <button
          class="summary"
          aria-expanded=${isOpen}
          aria-description=${isOpen ? words.hide : words.show}
          @click=${() => this.dispatchEvent(typedEvent("drawer-toggle", undefined))}
        >
          <span class="triangle ${isOpen ? "open" : ""}">${icon("chevron")}</span>
          <span class="lamp"></span>
          <span class="words">${buildSentence(record, nowMs)}</span>
        </button>
        <span class="unseen" role="status"
          >${record.status === "running" ? "" : `${record.tags[0] ?? ""}: ${buildSentence(record, nowMs)}`}</span
        >
      </div>
      ${this.selected >= 0 ? this.#step() : this.isOpen ? this.#list(nowMs) : nothing}
    `;
  }

  #list(nowMs: number) {
    return html`<ol class="steps" aria-label=${strings.build.steps.label}>
      ${this.lines.map((line) => {
        const { step } = line;
        return html`<li class="${step.status} ${line.isStale ? "stale" : ""}">
          <button aria-label=${stepSentence(line, nowMs)} @click=${() => this.#open(step.index)}>
            <span class="mark">${icon(STEP_ICONS[step.status])}</span>
            <code>${step.text}</code>
            <span class="time">${stepTime(step, nowMs)}</span>
            <span class="size">${stepSize(step)}</span>
          </button>
        </li>`;
      })}
    </ol>`;
  }

  #step() {
    const line = this.lines.find((each) => each.step.index === this.selected);
    if (!line) return nothing;
    const { step } = line;
    const words = strings.build.steps;
    const facts = [
      words.states[step.status],
      step.status === "cached" ? "" : stepTime(step, Date.now()),
      stepSize(step),
      step.wasteBytes ? strings.layers.waste(formatBytes(step.wasteBytes)) : "",
      line.isStale ? words.stale : "",
    ];
    const isFrom = /^FROM\b/i.test(step.text);
    return html`<div class="step-head">
        <code title=${step.text}>${step.text}</code>
        <span class="facts">${facts.filter(Boolean).join(" · ")}</span>
        ${
          step.hasState
            ? html`<button
                title=${words.shellHint}
                @click=${() => this.dispatchEvent(typedEvent("step-shell", step.index))}
              >
                ${icon("terminal")}${words.shellHere}
              </button>`
            : nothing
        }
        <button class="quiet icon" aria-label=${words.close} title=${words.close} @click=${() => this.#open(-1)}>
          ${icon("close")}
        </button>
      </div>
      ${
        step.hasState && (step.layer !== undefined || isFrom || this.isCumulative)
          ? html`<dd-layer-files
              .files=${this.files?.files}
              .isTruncated=${this.files?.isTruncated ?? false}
              .isCumulative=${this.isCumulative}
              .problem=${this.problem}
              .isTouch=${this.isTouch}
              @cumulative-change=${(event: CustomEvent<boolean>) => (this.isCumulative = event.detail)}
            ></dd-layer-files>`
          : html`<p class="note">
              ${step.hasState ? words.noLayer : step.status === "failed" ? (this.record.error?.message ?? "") : words.pending}
              ${
                step.hasState
                  ? html`<button @click=${() => (this.isCumulative = true)}>${strings.layers.cumulative}</button>`
                  : nothing
              }
            </p>`
      }`;
  }

  #open(step: number): void {
    this.dispatchEvent(typedEvent("step-open", step));
  }

  #readWhenNew(): void {
    const step = this.record.steps[this.selected];
    const key = step?.hasState ? `${this.record.id} ${this.selected} ${this.isCumulative}` : "";
    if (key === this.#shown) return;
    this.#shown = key;
    this.files = undefined;
    this.problem = "";
    if (key !== "") void this.#read(key);
  }

  async #read(key: string): Promise<void> {
    const path = `/drydock/builds/${encodeURIComponent(this.record.id)}/steps/${this.selected}`;
    try {
      const files = await readLayerFiles(this.fetch, path, this.isCumulative);
      if (key === this.#shown) this.files = files;
    } catch (error) {
      if (key === this.#shown) this.problem = messageOf(error);
    }
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "dd-step-drawer": DrydockStepDrawer;
  }
}

import { html, LitElement, nothing } from "lit";
import { customElement, property } from "lit/decorators.js";
import { repeat } from "lit/directives/repeat.js";
import type { StepLine } from "../../data/build-lines.ts";
import { STEP_ICONS, stepSentence, stepSize, stepTime } from "../../data/step-words.ts";
import { typedEvent } from "../../data/typed-event.ts";
import { strings } from "../../strings.ts";
import { icon } from "../../styles/icons.ts";
import { shared } from "../../styles/shared.styles.ts";
import { styles } from "./gutter.styles.ts";

/** A step and where its lines are, in pixels from the top of the text. */
export interface GutterRow {
  readonly line: StepLine;
  readonly top: number;
  readonly height: number;
}

/**
 * The column beside a Dockerfile: what the last build did at each instruction.
 *
 * @fires step-open {number} a step's index: its layer is to be shown @fires step-shell {number} a shell in the state after it
 */
@customElement("dd-gutter")
export class DrydockGutter extends LitElement {
  static override styles = [shared, styles];

  @property({ attribute: false }) rows: readonly GutterRow[] = [];
  @property({ type: Number }) offsetPixels = 0;
  @property({ type: Number }) lineHeight = 20;
  /** The step whose layer is shown. */
  @property({ type: Number }) selected = -1;
  /** Icons only. */
  @property({ type: Boolean, reflect: true }) isSlim = false;

  protected override render() {
    const nowMs = Date.now();
    return html`<ol
      aria-label=${strings.build.steps.label}
      style="transform: translateY(${-this.offsetPixels}px); --line-height: ${this.lineHeight}px"
    >
      ${repeat(
        this.rows,
        ({ line }) => line.step.index,
        (row) => this.#row(row, nowMs),
      )}
    </ol>`;
  }

  #row({ line, top, height }: GutterRow, nowMs: number) {
    const { step } = line;
    const words = strings.build.steps;
    const sentence = stepSentence(line, nowMs);
    const isSelected = step.index === this.selected;
    return html`<li
      class="${step.status} ${line.isStale ? "stale" : ""} ${isSelected ? "selected" : ""}"
      style="top: ${top}px; height: ${height}px"
    >
      <button
        class="step"
        aria-label=${sentence}
        title=${sentence}
        aria-pressed=${isSelected}
        @click=${() => this.dispatchEvent(typedEvent("step-open", step.index))}
      >
        <span class="mark">${icon(STEP_ICONS[step.status])}</span>
        <span class="time">${stepTime(step, nowMs)}</span>
        <span class="size ${step.wasteBytes ? "wasteful" : ""}">${stepSize(step)}</span>
      </button>
      ${
        step.hasState
          ? html`<button
              class="shell"
              title=${words.shell(line.startLine)}
              aria-label=${words.shell(line.startLine)}
              @click=${() => this.dispatchEvent(typedEvent("step-shell", step.index))}
            >
              ${icon("terminal")}
            </button>`
          : nothing
      }
    </li>`;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "dd-gutter": DrydockGutter;
  }
}

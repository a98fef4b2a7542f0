import { css, html, LitElement } from "lit";
import { customElement, property } from "lit/decorators.js";
import { typedEvent } from "../../data/typed-event.ts";
import { shared } from "../../styles/shared.styles.ts";

const STEP = 0.02;

/** Where a splitter was moved to. */
export interface SplitDetail {
  /** Part of the container that lies before the splitter, 0 to 1. */
  readonly fraction: number;
  /** False while it is still being dragged. */
  readonly isFinal: boolean;
}

/**
 * The line between two parts of its container (its parent element), moved by pointer or by arrow keys; a double click puts it back
 * (https://www.w3.org/WAI/ARIA/apg/patterns/windowsplitter/).
 *
 * @fires split-move {SplitDetail}
 */
@customElement("dd-splitter")
export class DrydockSplitter extends LitElement {
  static override styles = [
    shared,
    css`
      :host {
        position: relative;
        z-index: 2;
        touch-action: none;
      }
      .line {
        position: absolute;
        inset: 0;
        background: var(--line);
        pointer-events: none;
      }
      .grip {
        position: absolute;
        inset: 0 -0.25rem;
        cursor: col-resize;
      }
      :host([direction="rows"]) .grip {
        inset: -0.25rem 0;
        cursor: row-resize;
      }
      .grip:hover ~ .line,
      .grip.dragged ~ .line,
      .grip:focus-visible ~ .line {
        inset: 0 -1px;
        background: var(--focus);
      }
      :host([direction="rows"]) .grip:hover ~ .line,
      :host([direction="rows"]) .grip.dragged ~ .line,
      :host([direction="rows"]) .grip:focus-visible ~ .line {
        inset: -1px 0;
      }
      .grip:focus-visible {
        outline: none;
      }
      @media (pointer: coarse) {
        .grip {
          inset: 0 -0.75rem;
        }
        :host([direction="rows"]) .grip {
          inset: -0.75rem 0;
        }
      }
    `,
  ];

  /** What it separates. */
  @property({ reflect: true }) direction: "columns" | "rows" = "columns";
  @property({ type: Number }) fraction = 0.5;
  @property({ type: Number }) initial = 0.5;
  @property({ type: Number }) min = 0.15;
  @property({ type: Number }) max = 0.85;
  @property() label = "";

  protected override render() {
    const percent = (value: number): number => Math.round(value * 100);
    return html`<div
        class="grip"
        role="separator"
        tabindex="0"
        aria-orientation=${this.direction === "columns" ? "vertical" : "horizontal"}
        aria-label=${this.label}
        aria-valuenow=${percent(this.fraction)}
        aria-valuemin=${percent(this.min)}
        aria-valuemax=${percent(this.max)}
        @pointerdown=${this.#onDown}
        @keydown=${this.#onKey}
        @dblclick=${() => this.#tell(this.initial, true)}
      ></div>
      <div class="line"></div>`;
  }

  readonly #onDown = (event: PointerEvent): void => {
    const grip = event.currentTarget as HTMLElement;
    const container = this.parentElement;
    if (event.button !== 0 || !container) return;
    event.preventDefault();
    grip.focus();
    // Moves reach the grip wherever the pointer is, also above a frame with another page.
    grip.setPointerCapture(event.pointerId);
    grip.classList.add("dragged");
    const at = (move: PointerEvent): number => {
      const box = container.getBoundingClientRect();
      return this.direction === "columns"
        ? (move.clientX - box.left) / box.width
        : (move.clientY - box.top) / box.height;
    };
    const offset = at(event) - this.fraction;
    const onMove = (move: PointerEvent): void => this.#tell(at(move) - offset, false);
    const onUp = (move: PointerEvent): void => {
      grip.classList.remove("dragged");
      grip.removeEventListener("pointermove", onMove);
      if (move.type === "pointerup") this.#tell(at(move) - offset, true);
    };
    grip.addEventListener("pointermove", onMove);
    grip.addEventListener("pointerup", onUp, { once: true });
    grip.addEventListener("pointercancel", onUp, { once: true });
  };

  readonly #onKey = (event: KeyboardEvent): void => {
    const isColumns = this.direction === "columns";
    const target = {
      [isColumns ? "ArrowLeft" : "ArrowUp"]: this.fraction - STEP,
      [isColumns ? "ArrowRight" : "ArrowDown"]: this.fraction + STEP,
      Home: this.min,
      End: this.max,
      Enter: this.initial,
    }[event.key];
    if (target === undefined) return;
    event.preventDefault();
    this.#tell(target, true);
  };

  #tell(fraction: number, isFinal: boolean): void {
    const detail: SplitDetail = { fraction: Math.min(this.max, Math.max(this.min, fraction)), isFinal };
    this.dispatchEvent(typedEvent("split-move", detail));
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "dd-splitter": DrydockSplitter;
  }
}

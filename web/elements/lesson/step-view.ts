import { html, LitElement } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { typedEvent } from "../../data/typed-event.ts";
import type { LessonBlock } from "../../lessons/lesson.ts";
import type { LessonWords } from "../../lessons/words.ts";
import { icon } from "../../styles/icons.ts";
import { shared } from "../../styles/shared.styles.ts";
import { markdown } from "./markdown.ts";
import { stepStyles } from "./step-view.styles.ts";

/** A command to be typed. */
export interface LessonCommand {
  readonly lines: readonly string[];
  readonly enter: boolean;
}

/** A file to be written into the workspace. */
export interface LessonSave {
  readonly path: string;
  readonly text: string;
}

const TOLD_MS = 2000;

/**
 * The text of a step, with its buttons.
 *
 * @fires lesson-command {LessonCommand} @fires lesson-save {LessonSave}
 */
@customElement("dd-lesson-step")
export class DrydockLessonStep extends LitElement {
  static override styles = [shared, stepStyles];

  @property({ attribute: false }) blocks: readonly LessonBlock[] = [];
  @property({ attribute: false }) words!: LessonWords;
  /** The machine takes commands. */
  @property({ type: Boolean }) isReady = false;

  /** The block whose button was pressed last. */
  @state() private told: LessonBlock | undefined;

  protected override render() {
    return html`${this.blocks.map((block) => this.#block(block))}`;
  }

  #block(block: LessonBlock): unknown {
    switch (block.type) {
      case "text":
        return markdown([block.token]);
      case "command":
        return this.#command(block);
      case "code":
        return this.#code(block);
      case "hint":
        return html`<details>
          <summary>${this.words.hint}</summary>
          ${markdown(block.tokens)}
        </details>`;
      case "try":
        return html`<aside><b>${this.words.try}</b> ${markdown(block.tokens)}</aside>`;
    }
  }

  #command(block: Extract<LessonBlock, { type: "command" }>) {
    return html`<div class="code command">
      <pre><code>${block.lines.join("\n")}</code></pre>
      <button
        class=${block.enter ? "primary" : ""}
        ?disabled=${!this.isReady}
        @click=${() => this.dispatchEvent(typedEvent<LessonCommand>("lesson-command", block))}
      >
        ${icon(block.enter ? "play" : "terminal")}${block.enter ? this.words.run : this.words.type}
      </button>
    </div>`;
  }

  #code(block: Extract<LessonBlock, { type: "code" }>) {
    const { save, text } = block;
    const isTold = this.told === block;
    const label =
      save === undefined
        ? isTold
          ? this.words.copied
          : this.words.copy
        : isTold
          ? this.words.saved(save)
          : this.words.save(save);
    return html`<div class="code">
      <pre><code>${text}</code></pre>
      <button ?disabled=${save !== undefined && !this.isReady} @click=${() => void this.#take(block)}>
        ${icon(isTold ? "check" : save === undefined ? "copy" : "file")}<span aria-live="polite">${label}</span>
      </button>
    </div>`;
  }

  async #take(block: Extract<LessonBlock, { type: "code" }>): Promise<void> {
    if (block.save === undefined) await navigator.clipboard.writeText(block.text).catch(() => undefined);
    else this.dispatchEvent(typedEvent<LessonSave>("lesson-save", { path: block.save, text: `${block.text}\n` }));
    this.told = block;
    setTimeout(() => {
      if (this.told === block) this.told = undefined;
    }, TOLD_MS);
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "dd-lesson-step": DrydockLessonStep;
  }
}

import { html, LitElement, nothing, type PropertyValues, type TemplateResult } from "lit";
import { customElement, property, query, state } from "lit/decorators.js";
import { typedEvent } from "../../data/typed-event.ts";
import { icon } from "../../styles/icons.ts";
import { shared } from "../../styles/shared.styles.ts";
import { styles } from "./tree.styles.ts";

/** One row that is not folded away. */
export interface TreeRow {
  readonly id: string;
  readonly label: string;
  /** From 1. */
  readonly level: number;
  /** Undefined: it has nothing below it. */
  readonly isExpanded?: boolean;
  readonly position: number;
  readonly siblings: number;
}

const TYPE_AHEAD_MS = 700;
/** Rows above and below what is visible, so that quick scrolling finds something. */
const SPARE_ROWS = 8;

/**
 * A tree of any number of rows, of which only the visible ones are in the page. Keys are those of
 * https://www.w3.org/WAI/ARIA/apg/patterns/treeview/; focus stays on the tree, `aria-activedescendant` names the row.
 *
 * @fires tree-select {string} a row was chosen, by key or click @fires tree-open {string} Enter or a click on a leaf
 * @fires tree-toggle {string} a row with rows below it was folded or unfolded @fires tree-key {{ id, key }} any other key
 */
@customElement("dd-tree")
export class DrydockTree extends LitElement {
  static override styles = [shared, styles];

  @property({ attribute: false }) rows: readonly TreeRow[] = [];
  @property() selected = "";
  @property() label = "";
  @property({ type: Number }) rowHeight = 26;
  /** What stands in a row behind its triangle; its label when nothing is given. */
  @property({ attribute: false }) content: ((row: TreeRow) => unknown) | undefined;
  /** More class names of a row. */
  @property({ attribute: false }) rowClass: ((row: TreeRow) => string) | undefined;
  /** Styles of what `content` makes, which lies in this element's shadow. */
  @property() contentStyles = "";

  @state() private first = 0;
  @state() private visibleCount = 40;

  @query(".scroller") private scroller!: HTMLElement;

  readonly #observer = new ResizeObserver(() => this.#measure());
  #typed = "";
  #typedMs = 0;

  override focus(): void {
    this.scroller?.focus();
  }

  /** The row at an event's place. */
  rowOf(event: Event): TreeRow | undefined {
    const element = event.composedPath().find((each) => each instanceof HTMLElement && each.dataset["index"]);
    return element instanceof HTMLElement ? this.rows[Number(element.dataset["index"])] : undefined;
  }

  protected override render() {
    const { rows, rowHeight, first } = this;
    const from = Math.max(0, first - SPARE_ROWS);
    const shown = rows.slice(from, first + this.visibleCount + SPARE_ROWS);
    const active = shown.some((row) => row.id === this.selected) ? `row-${this.#indexOf(this.selected)}` : nothing;
    return html`${
        this.contentStyles
          ? html`<style>
              ${this.contentStyles}
            </style>`
          : nothing
      }
      <div
        class="scroller"
        role="tree"
        tabindex="0"
        aria-label=${this.label}
        aria-activedescendant=${active}
        @scroll=${() => this.#measure()}
        @keydown=${(event: KeyboardEvent) => this.#onKey(event)}
      >
        <div class="all" role="none" style="height: ${rows.length * rowHeight}px">
          <div class="shown" role="none" style="transform: translateY(${from * rowHeight}px)">
            ${shown.map((row, index) => this.#row(row, from + index))}
          </div>
        </div>
      </div>`;
  }

  protected override firstUpdated(): void {
    this.#observer.observe(this.scroller);
  }

  protected override updated(changed: PropertyValues<this>): void {
    if (changed.has("selected") && this.selected) this.#reveal(this.#indexOf(this.selected));
    if (changed.has("rows")) this.#measure();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#observer.disconnect();
  }

  override connectedCallback(): void {
    super.connectedCallback();
    if (this.hasUpdated) this.#observer.observe(this.scroller);
  }

  #row(row: TreeRow, index: number): TemplateResult {
    const isFolder = row.isExpanded !== undefined;
    return html`<div
      class="row ${row.id === this.selected ? "selected" : ""} ${this.rowClass?.(row) ?? ""}"
      id="row-${index}"
      data-index=${index}
      role="treeitem"
      aria-level=${row.level}
      aria-posinset=${row.position}
      aria-setsize=${row.siblings}
      aria-selected=${row.id === this.selected}
      aria-expanded=${isFolder ? String(row.isExpanded) : nothing}
      style="height: ${this.rowHeight}px; padding-left: ${6 + (row.level - 1) * 14}px"
      @click=${() => this.#onClick(row)}
      @dblclick=${() => this.#tell("tree-key", { id: row.id, key: "dblclick" })}
    >
      <span class="triangle ${row.isExpanded ? "open" : ""}">${isFolder ? icon("chevron") : nothing}</span>
      ${this.content ? this.content(row) : html`<span class="label">${row.label}</span>`}
    </div>`;
  }

  #onClick(row: TreeRow): void {
    this.#tell("tree-select", row.id);
    this.#tell(row.isExpanded === undefined ? "tree-open" : "tree-toggle", row.id);
  }

  #onKey(event: KeyboardEvent): void {
    if (event.target !== this.scroller) return;
    const index = this.#indexOf(this.selected);
    const row = this.rows[index];
    const target = this.#targetOf(event, index);
    if (target !== undefined) {
      event.preventDefault();
      const next = this.rows[Math.min(this.rows.length - 1, Math.max(0, target))];
      if (next) this.#tell("tree-select", next.id);
    } else if (row && this.#isToggle(event, row)) {
      event.preventDefault();
      this.#tell("tree-toggle", row.id);
    } else if (row && event.key === "Enter") {
      event.preventDefault();
      this.#tell("tree-open", row.id);
    } else if (row && event.key.length > 1) {
      this.#tell("tree-key", { id: row.id, key: event.key });
    } else if (event.key.length === 1 && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault();
      this.#typeAhead(event.key, index);
    }
  }

  /** The index of the row that a key moves to. */
  #targetOf(event: KeyboardEvent, index: number): number | undefined {
    const page = Math.max(1, this.visibleCount - 1);
    const row = this.rows[index];
    switch (event.key) {
      case "ArrowDown":
        return index + 1;
      case "ArrowUp":
        return index < 0 ? 0 : index - 1;
      case "Home":
        return 0;
      case "End":
        return this.rows.length - 1;
      case "PageDown":
        return index + page;
      case "PageUp":
        return index - page;
      case "ArrowRight":
        return row?.isExpanded ? index + 1 : undefined;
      case "ArrowLeft":
        return row && !row.isExpanded ? this.#parentOf(index) : undefined;
      default:
        return undefined;
    }
  }

  #isToggle(event: KeyboardEvent, row: TreeRow): boolean {
    if (row.isExpanded === undefined) return false;
    return event.key === "Enter" || event.key === (row.isExpanded ? "ArrowLeft" : "ArrowRight");
  }

  #parentOf(index: number): number | undefined {
    const level = this.rows[index]?.level ?? 1;
    for (let above = index - 1; above >= 0; above--) {
      if ((this.rows[above]?.level ?? 0) < level) return above;
    }
    return undefined;
  }

  /** The next row whose name begins with what was typed in quick succession; one letter again and again goes through all of them. */
  #typeAhead(letter: string, index: number): void {
    const now = performance.now();
    this.#typed = now - this.#typedMs < TYPE_AHEAD_MS ? this.#typed + letter.toLowerCase() : letter.toLowerCase();
    this.#typedMs = now;
    const isRepeated = this.#typed === letter.toLowerCase().repeat(this.#typed.length / letter.length);
    const wanted = isRepeated ? (this.#typed[0] ?? "") : this.#typed;
    const start = isRepeated ? index + 1 : Math.max(0, index);
    for (let offset = 0; offset < this.rows.length; offset++) {
      const row = this.rows[(start + offset) % this.rows.length];
      if (row?.label.toLowerCase().startsWith(wanted)) return this.#tell("tree-select", row.id);
    }
  }

  #indexOf(id: string): number {
    return this.rows.findIndex((row) => row.id === id);
  }

  #reveal(index: number): void {
    if (index < 0) return;
    const { scroller, rowHeight } = this;
    const top = index * rowHeight;
    if (top < scroller.scrollTop) scroller.scrollTop = top;
    else if (top + rowHeight > scroller.scrollTop + scroller.clientHeight) {
      scroller.scrollTop = top + rowHeight - scroller.clientHeight;
    }
  }

  #measure(): void {
    this.first = Math.floor(this.scroller.scrollTop / this.rowHeight);
    this.visibleCount = Math.ceil(this.scroller.clientHeight / this.rowHeight) + 1;
  }

  #tell(type: string, detail: unknown): void {
    this.dispatchEvent(typedEvent(type, detail));
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "dd-tree": DrydockTree;
  }
}

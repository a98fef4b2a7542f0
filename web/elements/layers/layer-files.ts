import { html, LitElement, nothing, type PropertyValues } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { buildTree, treeRows, type TreeNode } from "../../data/file-tree.ts";
import { formatBytes } from "../../data/format.ts";
import type { FileChange, LayerFile } from "../../data/layer-files.ts";
import { typedEvent } from "../../data/typed-event.ts";
import { strings } from "../../strings.ts";
import { icon, type IconName } from "../../styles/icons.ts";
import { shared } from "../../styles/shared.styles.ts";
import type { TreeRow } from "../tree/tree.ts";
import "../tree/tree.ts";
import { contentStyles, layerFilesStyles } from "./layers.styles.ts";

type Node = TreeNode<LayerFile>;

/** What a directory says of all that is in it. */
interface Sum {
  readonly sizeBytes: number;
  readonly change: FileChange;
}

const MARKS: Readonly<Record<FileChange, string>> = { added: "+", changed: "~", removed: "−", unchanged: "" };
const CHANGES: readonly FileChange[] = ["added", "changed", "removed"];
/** A small layer is shown unfolded. */
const UNFOLD_UP_TO = 120;

/**
 * The files of a layer as a tree: what it added, changed and removed; or everything up to it.
 *
 * @fires cumulative-change {boolean}
 */
@customElement("dd-layer-files")
export class DrydockLayerFiles extends LitElement {
  static override styles = [shared, layerFilesStyles];

  /** Undefined: on its way. */
  @property({ attribute: false }) files: readonly LayerFile[] | undefined;
  @property({ type: Boolean }) isTruncated = false;
  @property({ type: Boolean }) isCumulative = false;
  @property() problem = "";
  @property({ type: Boolean }) isTouch = false;

  @state() private filter = "";
  /** Kinds of changes that are left out. */
  @state() private left: ReadonlySet<FileChange> = new Set();
  @state() private folded: ReadonlyMap<string, boolean> = new Map();
  @state() private selected = "";

  #root: Node = buildTree<LayerFile>([]);
  #sums = new Map<Node, Sum>();

  protected override willUpdate(changed: PropertyValues): void {
    if (changed.has("files")) this.folded = new Map();
    if (changed.has("files") || changed.has("filter") || changed.has("left")) {
      this.#root = buildTree(this.#matching());
      this.#sums = sumsOf(this.#root);
    }
  }

  protected override render() {
    const { files } = this;
    const words = strings.layers;
    return html`
      <div class="tools">
        <label class="search">
          ${icon("search")}
          <input
            type="search"
            placeholder=${words.filter}
            aria-label=${words.filter}
            .value=${this.filter}
            @input=${(event: InputEvent) => (this.filter = (event.target as HTMLInputElement).value)}
          />
        </label>
        <div class="changes" role="group" aria-label=${words.changes}>
          ${CHANGES.map((change) => this.#changeButton(change))}
        </div>
        <label class="everything">
          <input
            type="checkbox"
            .checked=${this.isCumulative}
            @change=${(event: Event) =>
              this.dispatchEvent(typedEvent("cumulative-change", (event.target as HTMLInputElement).checked))}
          />
          ${words.cumulative}
        </label>
      </div>
      ${this.isTruncated ? html`<p class="note">${words.truncated}</p>` : nothing}
      ${
        this.problem
          ? html`<p class="note" role="alert">${strings.actions.failed(this.problem)}</p>`
          : files === undefined
            ? html`<p class="note" role="status">${words.reading}</p>`
            : this.#tree(files)
      }
    `;
  }

  #changeButton(change: FileChange) {
    const count = this.files?.filter((file) => file.change === change && file.kind !== "directory").length ?? 0;
    const isShown = !this.left.has(change);
    const label = strings.layers.changeCounts[change as "added" | "changed" | "removed"](count);
    return html`<button
      class="change ${change}"
      aria-pressed=${isShown}
      title=${label}
      aria-label=${label}
      @click=${() => {
        const left = new Set(this.left);
        if (!left.delete(change)) left.add(change);
        this.left = left;
      }}
    >
      <span aria-hidden="true">${MARKS[change]}${count}</span>
    </button>`;
  }

  #tree(files: readonly LayerFile[]) {
    const rows = treeRows(this.#root, (node) => this.#isExpanded(node, files.length));
    const nodes = new Map(rows.map((row) => [row.id, row.node]));
    if (rows.length === 0)
      return html`<p class="note">${files.length === 0 ? strings.layers.empty : strings.layers.noMatch}</p>`;
    return html`<dd-tree
      .rows=${rows}
      .selected=${this.selected}
      .label=${strings.layers.tree}
      .rowHeight=${this.isTouch ? 36 : 24}
      .contentStyles=${contentStyles}
      .content=${(row: TreeRow) => this.#content(nodes.get(row.id))}
      .rowClass=${(row: TreeRow) => this.#changeOf(nodes.get(row.id))}
      @tree-select=${(event: CustomEvent<string>) => (this.selected = event.detail)}
      @tree-toggle=${(event: CustomEvent<string>) => this.#toggle(event.detail, nodes.get(event.detail), files.length)}
    ></dd-tree>`;
  }

  #content(node: Node | undefined) {
    if (!node) return nothing;
    const { entry } = node;
    const change = this.#changeOf(node);
    const glyph: IconName = node.isDirectory ? "folder" : entry?.kind === "link" ? "link" : "file";
    const sum = this.#sums.get(node);
    const size = node.isDirectory ? sum?.sizeBytes : entry?.sizeBytes;
    return html`<span class="change" title=${strings.layers.changeWords[change]}>${MARKS[change]}</span>
      <span class="glyph">${icon(glyph)}</span>
      <span class="label" title=${`/${node.path}${entry?.target ? ` → ${entry.target}` : ""}`}
        >${node.name}${entry?.target ? html`<span class="target"> → ${entry.target}</span>` : nothing}</span
      >
      ${change === "unchanged" ? nothing : html`<span class="unseen">${strings.layers.changeWords[change]}</span>`}
      ${entry ? html`<span class="mode">${entry.mode.toString(8).padStart(4, "0")} ${entry.owner}</span>` : nothing}
      <span class="size">${size ? formatBytes(size) : ""}</span>`;
  }

  #changeOf(node: Node | undefined): FileChange {
    if (!node) return "unchanged";
    if (node.entry && (!node.isDirectory || node.entry.change !== "unchanged")) return node.entry.change;
    return this.#sums.get(node)?.change ?? "unchanged";
  }

  #matching(): Iterable<LayerFile> {
    const { files, left } = this;
    const needle = this.filter.trim().toLowerCase();
    if (!files || (needle === "" && left.size === 0)) return files ?? [];
    return files.filter(
      (file) =>
        !left.has(file.change) &&
        file.path.toLowerCase().includes(needle) &&
        (needle === "" || file.kind !== "directory" || file.path.toLowerCase().split("/").at(-1)?.includes(needle)),
    );
  }

  #isExpanded(node: Node, count: number): boolean {
    const chosen = this.folded.get(node.path);
    if (chosen !== undefined) return !chosen;
    return count <= UNFOLD_UP_TO || this.filter.trim() !== "";
  }

  #toggle(path: string, node: Node | undefined, count: number): void {
    if (node) this.folded = new Map(this.folded).set(path, this.#isExpanded(node, count));
  }
}

/** Sizes of directories, and whether something in them was changed. */
function sumsOf(root: Node): Map<Node, Sum> {
  const sums = new Map<Node, Sum>();
  const visit = (node: Node): Sum => {
    let sizeBytes = 0;
    let isChanged = false;
    for (const child of node.children.values()) {
      const sum = child.isDirectory
        ? visit(child)
        : {
            sizeBytes: child.entry?.change === "removed" ? 0 : (child.entry?.sizeBytes ?? 0),
            change: child.entry?.change,
          };
      sizeBytes += sum.sizeBytes;
      isChanged ||= sum.change !== "unchanged";
    }
    const own = node.entry?.change;
    const change = own !== undefined && own !== "unchanged" ? own : isChanged ? "changed" : "unchanged";
    const sum: Sum = { sizeBytes, change };
    sums.set(node, sum);
    return sum;
  };
  visit(root);
  return sums;
}

declare global {
  interface HTMLElementTagNameMap {
    "dd-layer-files": DrydockLayerFiles;
  }
}

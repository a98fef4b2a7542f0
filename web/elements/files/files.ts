import { html, LitElement, nothing, type PropertyValues } from "lit";
import { customElement, property, query, state } from "lit/decorators.js";
import type { Upload } from "../../controllers/workspace-controller.ts";
import { chosenFiles, droppedFiles } from "../../data/dropped-files.ts";
import { buildTree, treeRows, type TreeNode } from "../../data/file-tree.ts";
import { typedEvent } from "../../data/typed-event.ts";
import type { WorkspaceFile } from "../../data/workspace-files.ts";
import { strings } from "../../strings.ts";
import { icon, type IconName } from "../../styles/icons.ts";
import { shared } from "../../styles/shared.styles.ts";
import type { DrydockTree, TreeRow } from "../tree/tree.ts";
import "../tree/tree.ts";
import { contentStyles, styles } from "./files.styles.ts";

type Node = TreeNode<WorkspaceFile>;
/** A name that is being written: of a new entry in `directory`, or a new one for `path`. */
interface Naming {
  readonly kind: "file" | "directory" | "rename";
  readonly directory: string;
  readonly path: string;
  readonly name: string;
}

/** What a person has decided about a file. */
export interface RenameDetail {
  readonly from: string;
  readonly to: string;
}

const directoryOf = (path: string): string => path.slice(0, Math.max(0, path.lastIndexOf("/")));
const join = (directory: string, name: string): string => (directory === "" ? name : `${directory}/${name}`);
/** Dragged from row to row. */
const PATH_TYPE = "application/x-drydock-path";

/**
 * The files of the workspace.
 *
 * @fires file-open {string} @fires file-create {string} @fires directory-create {string} @fires file-rename {RenameDetail}
 * @fires file-remove {string} confirmed by the person @fires files-upload {readonly Upload[]} @fires archive-download {string} a directory; "" is all
 */
@customElement("dd-files")
export class DrydockFiles extends LitElement {
  static override styles = [shared, styles];

  /** Undefined: not known yet. */
  @property({ attribute: false }) files: readonly WorkspaceFile[] | undefined;
  /** The file in the editor. */
  @property() open = "";
  /** Files whose text is not in the workspace yet. */
  @property({ attribute: false }) unsaved: ReadonlySet<string> = new Set();
  @property({ type: Boolean }) isTruncated = false;
  @property({ attribute: false }) uploading: { readonly done: number; readonly all: number } | undefined;
  @property({ type: Boolean }) isTouch = false;
  @property({ type: Boolean }) isReadOnly = false;

  @state() private expanded: ReadonlySet<string> = new Set();
  @state() private selected = "";
  @state() private naming: Naming | undefined;
  @state() private dropTarget: string | undefined;

  @query("dd-tree") private tree!: DrydockTree | null;

  #root: Node = buildTree<WorkspaceFile>([]);

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has("files")) this.#root = buildTree(this.files ?? []);
    if (changed.has("open") && this.open) {
      this.selected = this.open;
      this.#unfoldTo(this.open);
    }
  }

  protected override render() {
    const { files } = this;
    const words = strings.files;
    return html`
      <header>
        <h2>${words.title}</h2>
        ${this.isReadOnly ? nothing : this.#tools()}
      </header>
      <div
        class="drop ${this.dropTarget === "" ? "over" : ""}"
        @dragover=${this.#onDragOver}
        @dragleave=${() => (this.dropTarget = undefined)}
        @drop=${this.#onDrop}
      >
        ${this.naming ? this.#nameField(this.naming) : nothing}
        ${
          files === undefined
            ? html`<p class="empty">${words.waiting}</p>`
            : files.length === 0
              ? html`<p class="empty">${words.empty}</p>`
              : this.#tree()
        }
      </div>
      ${this.#status()}
    `;
  }

  #tools() {
    const words = strings.files;
    const tool = (name: IconName, label: string, act: () => void) =>
      html`<button class="quiet icon" title=${label} aria-label=${label} @click=${act}>${icon(name)}</button>`;
    return html`<div class="tools" role="toolbar" aria-label=${words.tools}>
      ${tool("filePlus", words.newFile, () => this.#startNew("file"))}
      ${tool("folderPlus", words.newFolder, () => this.#startNew("directory"))}
      ${tool("upload", words.upload, () => this.#choose())}
      ${tool("download", words.download, () => this.#tell("archive-download", this.#selectedDirectory()))}
    </div>`;
  }

  #tree() {
    const rows = treeRows(this.#root, (node) => this.expanded.has(node.path));
    const nodes = new Map(rows.map((row) => [row.id, row.node]));
    return html`<dd-tree
      .rows=${rows}
      .selected=${this.selected}
      .label=${strings.files.title}
      .rowHeight=${this.isTouch ? 40 : 26}
      .contentStyles=${contentStyles}
      .content=${(row: TreeRow) => this.#content(nodes.get(row.id))}
      .rowClass=${(row: TreeRow) => `${row.id === this.open ? "opened" : ""} ${row.id === this.dropTarget ? "over" : ""}`}
      @tree-select=${(event: CustomEvent<string>) => (this.selected = event.detail)}
      @tree-toggle=${(event: CustomEvent<string>) => this.#toggle(event.detail)}
      @tree-open=${(event: CustomEvent<string>) => this.#tell("file-open", event.detail)}
      @tree-key=${(event: CustomEvent<{ id: string; key: string }>) => this.#onTreeKey(event.detail.key)}
      @dragstart=${this.#onDragStart}
    ></dd-tree>`;
  }

  #content(node: Node | undefined) {
    if (!node) return nothing;
    const { path, entry, isDirectory } = node;
    const words = strings.files;
    const isUnsaved = this.unsaved.has(path);
    const name: IconName = isDirectory ? "folder" : entry?.kind === "link" ? "link" : "file";
    const act = (event: Event, work: () => void): void => {
      event.stopPropagation();
      this.selected = path;
      work();
    };
    return html`<span class="glyph">${icon(name)}</span>
      <span
        class="label"
        draggable=${this.isReadOnly ? "false" : "true"}
        title=${entry?.target ? `${path} → ${entry.target}` : path}
        >${node.name}</span
      >
      ${isUnsaved ? html`<span class="unsaved" role="img" aria-label=${words.unsaved} title=${words.unsaved}></span>` : nothing}
      ${
        this.isReadOnly
          ? nothing
          : html`<span class="acts">
              <button
                class="quiet icon"
                tabindex="-1"
                title=${words.rename(node.name)}
                aria-label=${words.rename(node.name)}
                @click=${(event: Event) => act(event, () => this.#startRename())}
              >
                ${icon("rename")}
              </button>
              <button
                class="quiet icon"
                tabindex="-1"
                title=${words.remove(node.name)}
                aria-label=${words.remove(node.name)}
                @click=${(event: Event) => act(event, () => this.#remove())}
              >
                ${icon("trash")}
              </button>
            </span>`
      }`;
  }

  #nameField(naming: Naming) {
    const words = strings.files;
    const label = { file: words.newFile, directory: words.newFolder, rename: words.rename(naming.name) }[naming.kind];
    const place = naming.directory === "" ? "" : `${naming.directory}/`;
    return html`<form class="naming" @submit=${this.#onNamed}>
      <label for="name">${label}${place ? html` <code>${place}</code>` : nothing}</label>
      <input
        id="name"
        name="name"
        autocomplete="off"
        autocapitalize="off"
        spellcheck="false"
        .value=${naming.name}
        @keydown=${(event: KeyboardEvent) => event.key === "Escape" && this.#endNaming()}
        @blur=${() => this.#endNaming()}
      />
    </form>`;
  }

  #status() {
    const words = strings.files;
    if (this.uploading) {
      const { done, all } = this.uploading;
      return html`<p class="status" role="status">${words.uploading(done, all)}</p>`;
    }
    return this.isTruncated ? html`<p class="status">${words.truncated}</p>` : nothing;
  }

  protected override updated(): void {
    const field = this.renderRoot.querySelector("input");
    if (!field || field === this.shadowRoot?.activeElement || !this.naming) return;
    field.focus();
    const dot = this.naming.name.lastIndexOf(".");
    field.setSelectionRange(0, dot > 0 ? dot : this.naming.name.length);
  }

  #node(path: string): Node | undefined {
    let node: Node | undefined = this.#root;
    for (const name of path.split("/")) node = node?.children.get(name);
    return node;
  }

  /** Where new things go: the selected directory, or that of the selected file. */
  #selectedDirectory(): string {
    const node = this.selected ? this.#node(this.selected) : undefined;
    if (!node) return "";
    return node.isDirectory ? node.path : directoryOf(node.path);
  }

  #startNew(kind: "file" | "directory"): void {
    const directory = this.#selectedDirectory();
    this.#unfoldTo(join(directory, "x"));
    this.naming = { kind, directory, path: "", name: "" };
  }

  #startRename(): void {
    const node = this.#node(this.selected);
    if (!node || this.isReadOnly) return;
    this.naming = { kind: "rename", directory: directoryOf(node.path), path: node.path, name: node.name };
  }

  readonly #onNamed = (event: Event): void => {
    event.preventDefault();
    const { naming } = this;
    const given = new FormData(event.target as HTMLFormElement).get("name");
    const name = typeof given === "string" ? given.trim() : "";
    this.#endNaming();
    if (!naming || name === "" || name.split("/").some((part) => part === "." || part === "..")) return;
    const to = join(naming.directory, name.replace(/^\/+|\/+$/g, ""));
    if (naming.kind === "file") this.#tell("file-create", to);
    else if (naming.kind === "directory") this.#tell("directory-create", to);
    else if (to !== naming.path) this.#tell("file-rename", { from: naming.path, to } satisfies RenameDetail);
    this.selected = to;
  };

  #endNaming(): void {
    if (!this.naming) return;
    this.naming = undefined;
    this.tree?.focus();
  }

  #remove(): void {
    const node = this.#node(this.selected);
    if (!node || this.isReadOnly) return;
    const words = strings.files;
    const count = this.files?.filter((file) => file.path.startsWith(`${node.path}/`)).length ?? 0;
    const question = node.isDirectory ? words.removeFolder(node.name, count) : words.removeFile(node.name);
    if (confirm(question)) this.#tell("file-remove", node.path);
  }

  #onTreeKey(key: string): void {
    if (key === "F2") this.#startRename();
    else if (key === "Delete") this.#remove();
  }

  #toggle(path: string): void {
    const expanded = new Set(this.expanded);
    if (!expanded.delete(path)) expanded.add(path);
    this.expanded = expanded;
  }

  #unfoldTo(path: string): void {
    const expanded = new Set(this.expanded);
    for (let parent = directoryOf(path); parent !== ""; parent = directoryOf(parent)) expanded.add(parent);
    this.expanded = expanded;
  }

  #choose(): void {
    const input = document.createElement("input");
    input.type = "file";
    input.multiple = true;
    const directory = this.#selectedDirectory();
    input.addEventListener("change", () => this.#upload(chosenFiles(input.files ?? [], directory)));
    input.click();
  }

  #upload(uploads: readonly Upload[]): void {
    if (uploads.length > 0) this.#tell("files-upload", uploads);
  }

  readonly #onDragStart = (event: DragEvent): void => {
    const row = this.tree?.rowOf(event);
    if (row) event.dataTransfer?.setData(PATH_TYPE, row.id);
  };

  /** The directory that something is dragged over. */
  #directoryAt(event: Event): string {
    const row = this.tree?.rowOf(event);
    if (!row) return "";
    return row.isExpanded === undefined ? directoryOf(row.id) : row.id;
  }

  readonly #onDragOver = (event: DragEvent): void => {
    const types = event.dataTransfer?.types ?? [];
    if (this.isReadOnly || !(types.includes("Files") || types.includes(PATH_TYPE))) return;
    event.preventDefault();
    this.dropTarget = this.#directoryAt(event);
  };

  readonly #onDrop = (event: DragEvent): void => {
    event.preventDefault();
    this.dropTarget = undefined;
    const transfer = event.dataTransfer;
    if (!transfer || this.isReadOnly) return;
    const directory = this.#directoryAt(event);
    const from = transfer.getData(PATH_TYPE);
    if (from !== "") {
      const to = join(directory, from.slice(from.lastIndexOf("/") + 1));
      const isIntoItself = to === from || `${directory}/`.startsWith(`${from}/`);
      if (!isIntoItself) this.#tell("file-rename", { from, to } satisfies RenameDetail);
      return;
    }
    void droppedFiles(transfer, directory).then((uploads) => this.#upload(uploads));
  };

  #tell(type: string, detail: unknown): void {
    this.dispatchEvent(typedEvent(type, detail));
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "dd-files": DrydockFiles;
  }
}

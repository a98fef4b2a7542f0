import type * as Monaco from "monaco-editor/editor/editor.api";
import { html, LitElement, nothing, type PropertyValues } from "lit";
import { customElement, property, query, state } from "lit/decorators.js";
import type { StepLine } from "../../data/build-lines.ts";
import { typedEvent } from "../../data/typed-event.ts";
import { strings } from "../../strings.ts";
import { shared } from "../../styles/shared.styles.ts";
import type { GutterRow } from "../gutter/gutter.ts";
import "../gutter/gutter.ts";
import { styles } from "./code.styles.ts";
import type { Finding } from "./finding.ts";
import { isDockerfile, languageOf } from "./languages.ts";
import { adoptMonacoStyles } from "./shadow-styles.ts";

/** After a keystroke, in the hope of another one. */
const DIAGNOSE_AFTER_MS = 40;

/** A text that was changed by the person. */
export interface CodeChangeDetail {
  readonly path: string;
  readonly text: string;
}

/**
 * A text editor for one file at a time, with the steps of its last build beside it. Undo histories of files that were shown are kept.
 *
 * @fires code-change {CodeChangeDetail} @fires code-build {undefined} Ctrl+Enter @fires code-leave {undefined} F6
 * @fires code-findings {readonly Finding[]} what is wrong with the text, after every change
 * @fires step-open {number} @fires step-shell {number} see `dd-gutter`
 */
@customElement("dd-code")
export class DrydockCode extends LitElement {
  static override styles = [shared, styles];

  @property() path = "";
  @property() text = "";
  /** Grows whenever `text` is to replace what is in the editor. */
  @property({ type: Number }) revision = 0;
  @property({ type: Boolean }) isReadOnly = false;
  @property() palette: "light" | "dark" = "dark";
  @property({ type: Boolean }) isScreenReader = false;
  @property({ type: Boolean }) isTouch = false;
  @property({ type: Boolean }) isNarrow = false;
  /** Of the last build of this file; undefined when there was none. */
  @property({ attribute: false }) steps: readonly StepLine[] | undefined;
  @property({ type: Number }) selectedStep = -1;

  @state() private rows: readonly GutterRow[] = [];
  @state() private offset = 0;
  @state() private lineHeight = 20;
  @state() private problem: string | undefined;

  @query(".place") private place!: HTMLElement;

  #monaco: typeof Monaco | undefined;
  #editor: Monaco.editor.IStandaloneCodeEditor | undefined;
  readonly #views = new Map<string, Monaco.editor.ICodeEditorViewState | null>();
  /** The revision of each file that its model has. */
  readonly #revisions = new Map<string, number>();
  #isReplacing = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  override focus(): void {
    this.#editor?.focus();
  }

  /** Shows a line. */
  reveal(line: number): void {
    this.#editor?.revealLineInCenterIfOutsideViewport(line);
    this.#editor?.setPosition({ lineNumber: line, column: 1 });
  }

  /** Forgets a file that is gone: its undo history goes with it. */
  forget(path: string): void {
    const model = this.#monaco?.editor.getModel(uriOf(this.#monaco, path));
    if (path !== this.path) model?.dispose();
    this.#views.delete(path);
    this.#revisions.delete(path);
  }

  protected override render() {
    return html`
      ${
        this.steps
          ? html`<dd-gutter
              .rows=${this.rows}
              .offsetPixels=${this.offset}
              .lineHeight=${this.lineHeight}
              .selected=${this.selectedStep}
              .isSlim=${this.isNarrow}
            ></dd-gutter>`
          : nothing
      }
      <div class="code">
        <div class="place"></div>
        ${this.#monaco ? nothing : html`<pre class="wait" role="status">${this.problem ?? (this.text || strings.editor.loading)}</pre>`}
      </div>
    `;
  }

  protected override firstUpdated(): void {
    void this.#load();
  }

  protected override updated(changed: PropertyValues<this>): void {
    if (!this.#editor || !this.#monaco) return;
    if (changed.has("path") || changed.has("revision") || changed.has("text")) this.#showText();
    if (changed.has("palette")) this.#setTheme();
    if (changed.has("isReadOnly") || changed.has("isScreenReader")) this.#editor.updateOptions(this.#options());
    if (changed.has("steps")) this.#place();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearTimeout(this.#timer);
    queueMicrotask(() => {
      if (this.isConnected) return;
      this.#editor?.dispose();
      for (const model of this.#monaco?.editor.getModels() ?? []) model.dispose();
    });
  }

  async #load(): Promise<void> {
    try {
      const { monaco } = await import("./monaco.ts");
      if (!this.isConnected) return;
      adoptMonacoStyles(this.renderRoot as ShadowRoot);
      this.#monaco = monaco;
      this.#setTheme();
      this.#editor = monaco.editor.create(this.place, { ...this.#options(), model: null, automaticLayout: true });
      this.#listen(this.#editor, monaco);
      this.#showText();
      this.#place();
      performance.mark("drydock:editor");
      this.requestUpdate();
    } catch (error) {
      this.problem = strings.editor.notLoaded(error instanceof Error ? error.message : String(error));
    }
  }

  #options(): Monaco.editor.IEditorOptions & Monaco.editor.IGlobalEditorOptions {
    return {
      readOnly: this.isReadOnly,
      accessibilitySupport: this.isScreenReader ? "on" : "auto",
      ariaLabel: strings.editor.label(this.path),
      fixedOverflowWidgets: true,
      folding: false,
      fontFamily: getComputedStyle(this).getPropertyValue("--mono"),
      fontSize: this.isTouch ? 14 : 13,
      fontLigatures: false,
      glyphMargin: false,
      guides: { indentation: false },
      lineDecorationsWidth: 6,
      lineHeight: this.lineHeight,
      lineNumbersMinChars: 2,
      minimap: { enabled: false },
      occurrencesHighlight: "singleFile",
      overviewRulerLanes: 2,
      padding: { top: 8, bottom: 8 },
      quickSuggestions: { other: true, comments: false, strings: true },
      renderLineHighlight: "line",
      scrollBeyondLastLine: false,
      scrollbar: { verticalScrollbarSize: 10, horizontalScrollbarSize: 10 },
      smoothScrolling: false,
      stickyScroll: { enabled: false },
      tabFocusMode: false,
      wordBasedSuggestions: "currentDocument",
      wordWrap: this.isNarrow ? "on" : "off",
    };
  }

  #listen(editor: Monaco.editor.IStandaloneCodeEditor, monaco: typeof Monaco): void {
    editor.onDidChangeModelContent(() => {
      this.#place();
      const text = editor.getModel()?.getValue() ?? "";
      if (!this.#isReplacing) this.#tell("code-change", { path: this.path, text } satisfies CodeChangeDetail);
      this.#diagnoseSoon(DIAGNOSE_AFTER_MS);
    });
    editor.onDidScrollChange((event) => {
      if (event.scrollTopChanged) this.offset = event.scrollTop;
    });
    editor.onDidLayoutChange(() => this.#place());
    editor.onDidChangeHiddenAreas(() => this.#place());
    editor.addAction({
      id: "drydock.build",
      label: strings.build.build,
      keybindings: [monaco.KeyMod.CtrlCmd | monaco.KeyCode.Enter],
      contextMenuGroupId: "navigation",
      run: () => this.#tell("code-build", undefined),
    });
    editor.addAction({
      id: "drydock.leave",
      label: strings.editor.leave,
      keybindings: [monaco.KeyCode.F6],
      run: () => this.#tell("code-leave", undefined),
    });
    // Monaco hears from the document where the pointer is, which names the page's outermost element and not what is in this one: it would take
    // every move in here for one out of it, and never show a hover.
    this.place.addEventListener("mousemove", (event) => event.stopPropagation());
    // Alt+Shift with arrows selects more or less here; elsewhere it changes the terminal.
    this.place.addEventListener("keydown", (event) => {
      if (event.altKey && event.shiftKey && event.code.startsWith("Arrow")) event.stopPropagation();
    });
  }

  /** The file's text in the editor, with its own history and place. */
  #showText(): void {
    const [monaco, editor] = [this.#monaco, this.#editor];
    if (!monaco || !editor) return;
    if (this.path === "") return editor.setModel(null);
    const uri = uriOf(monaco, this.path);
    const model = monaco.editor.getModel(uri) ?? monaco.editor.createModel(this.text, languageOf(this.path), uri);
    model.updateOptions({ bracketColorizationOptions: { enabled: false, independentColorPoolPerBracketType: false } });
    const isNew = !this.#revisions.has(this.path);
    if (this.#revisions.get(this.path) !== this.revision) {
      this.#revisions.set(this.path, this.revision);
      this.#replace(model, monaco);
    }
    if (editor.getModel() === model) {
      if (isNew) this.#diagnoseSoon(0);
      return;
    }
    const before = editor.getModel();
    if (before) this.#views.set(before.uri.path, editor.saveViewState());
    editor.setModel(model);
    const view = this.#views.get(uri.path);
    if (view) editor.restoreViewState(view);
    editor.updateOptions(this.#options());
    this.#place();
    this.#diagnoseSoon(0);
  }

  /** Changes only what differs: cursor, folds and history stay. */
  #replace(model: Monaco.editor.ITextModel, monaco: typeof Monaco): void {
    const old = model.getValue();
    const { text } = this;
    if (old === text) return;
    const shorter = Math.min(old.length, text.length);
    let head = 0;
    while (head < shorter && old[head] === text[head]) head++;
    let tail = 0;
    while (tail < shorter - head && old.at(-1 - tail) === text.at(-1 - tail)) tail++;
    const range = monaco.Range.fromPositions(model.getPositionAt(head), model.getPositionAt(old.length - tail));
    this.#isReplacing = true;
    model.pushStackElement();
    model.pushEditOperations([], [{ range, text: text.slice(head, text.length - tail) }], () => null);
    model.pushStackElement();
    this.#isReplacing = false;
  }

  /** Puts the steps beside their lines. */
  #place(): void {
    const editor = this.#editor;
    const model = editor?.getModel();
    if (!editor || !model || !this.#monaco) return;
    this.lineHeight = editor.getOption(this.#monaco.editor.EditorOption.lineHeight);
    const last = model.getLineCount();
    this.rows = (this.steps ?? [])
      .filter((line) => line.startLine <= last)
      .map((line) => {
        const top = editor.getTopForLineNumber(line.startLine);
        const bottom = editor.getTopForLineNumber(Math.min(line.endLine, last)) + this.lineHeight;
        return { line, top, height: Math.max(this.lineHeight, bottom - top) };
      });
  }

  #setTheme(): void {
    this.#monaco?.editor.setTheme(`drydock-${this.palette}`);
  }

  #diagnoseSoon(delayMs: number): void {
    clearTimeout(this.#timer);
    const start = performance.now();
    this.#timer = setTimeout(() => void this.#diagnose(start), delayMs);
  }

  async #diagnose(start: number): Promise<void> {
    const [monaco, model] = [this.#monaco, this.#editor?.getModel()];
    if (!monaco || !model) return;
    const text = model.getValue();
    let findings: readonly Finding[] = [];
    if (isDockerfile(this.path)) findings = (await import("./dockerfile-diagnostics.ts")).dockerfileFindings(text);
    else if (languageOf(this.path) === "compose")
      findings = (await import("./compose-diagnostics.ts")).composeFindings(text);
    if (model.isDisposed() || model.getValue() !== text) return;
    monaco.editor.setModelMarkers(
      model,
      "drydock",
      findings.map((finding) => markerOf(finding, model, monaco)),
    );
    performance.measure("drydock:diagnostics", { start });
    this.#tell("code-findings", findings);
  }

  #tell(type: string, detail: unknown): void {
    this.dispatchEvent(typedEvent(type, detail));
  }
}

function uriOf(monaco: typeof Monaco, path: string): Monaco.Uri {
  return monaco.Uri.from({ scheme: "drydock", path: `/${path}` });
}

function markerOf(finding: Finding, model: Monaco.editor.ITextModel, monaco: typeof Monaco): Monaco.editor.IMarkerData {
  const { Error, Warning, Info } = monaco.MarkerSeverity;
  const endLine = Math.min(finding.endLine, model.getLineCount());
  const isWholeLines = finding.endColumn >= Number.MAX_SAFE_INTEGER;
  return {
    severity: { error: Error, warning: Warning, info: Info }[finding.severity],
    message: finding.message,
    startLineNumber: finding.startLine,
    startColumn: isWholeLines ? model.getLineFirstNonWhitespaceColumn(finding.startLine) || 1 : finding.startColumn,
    endLineNumber: endLine,
    endColumn: Math.min(finding.endColumn, model.getLineMaxColumn(endLine)),
    ...(finding.link && { code: { value: finding.link.name, target: monaco.Uri.parse(finding.link.url) } }),
  };
}

declare global {
  interface HTMLElementTagNameMap {
    "dd-code": DrydockCode;
  }
}

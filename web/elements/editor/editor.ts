import { html, LitElement, nothing, type PropertyValues } from "lit";
import { customElement, property, query, state } from "lit/decorators.js";
import { BuildRunner } from "../../controllers/build-runner.ts";
import { BuildsController } from "../../controllers/builds-controller.ts";
import { WorkspaceController, type Upload } from "../../controllers/workspace-controller.ts";
import type { OpenDocument } from "../../controllers/workspace-documents.ts";
import { buildCommand, dockerfileFor, runCommand } from "../../data/build-command.ts";
import { latestBuild, stepLines } from "../../data/build-lines.ts";
import { messageOf } from "../../data/drydock-api.ts";
import { load, save } from "../../data/kept.ts";
import { saveBlob } from "../../data/save-blob.ts";
import { WORKSPACE } from "../../data/workspace-files.ts";
import { strings } from "../../strings.ts";
import { icon } from "../../styles/icons.ts";
import { shared } from "../../styles/shared.styles.ts";
import type { CodeChangeDetail, DrydockCode } from "../code/code.ts";
import type { Finding } from "../code/finding.ts";
import { isDockerfile } from "../code/languages.ts";
import type { RenameDetail } from "../files/files.ts";
import type { SplitDetail } from "../splitter/splitter.ts";
import type { WorkbenchHost, WorkbenchPanel } from "../workbench/workbench-host.ts";
import "../code/code.ts";
import "../files/files.ts";
import "../splitter/splitter.ts";
import "./build-bar.ts";
import "./step-drawer.ts";
import { editorNotice, type NoticeChoice } from "./editor-notice.ts";
import { styles } from "./editor.styles.ts";
import { FIRST_FILES } from "./first-files.ts";

const KEYS = { name: "drydock.build-name", file: "drydock.open-file", files: "drydock.files" } as const;
const DEFAULT_NAME = "mybuild:0.0";

/** A panel of the workbench: the files of the workspace, one of them in the editor, and what its last build did. */
@customElement("dd-editor")
export class DrydockEditor extends LitElement implements WorkbenchPanel {
  static override styles = [shared, styles];

  @property({ attribute: false }) host!: WorkbenchHost;
  @property({ type: Boolean }) isShown = false;

  @state() private path = "";
  @state() private problem = "";
  @state() private findings: readonly Finding[] = [];
  @state() private name = load(KEYS.name) ?? DEFAULT_NAME;
  @state() private isFilesShown: boolean | undefined;
  @state() private isDrawerOpen = false;
  @state() private selectedStep = -1;
  /** The part above the drawer, when it has been dragged. */
  @state() private drawerFraction = 0.5;

  @query("dd-code") private code!: DrydockCode | null;

  readonly #workspace = new WorkspaceController(this);
  readonly #builds = new BuildsController(this);
  readonly #runner = new BuildRunner();
  #hasChosen = false;

  /** Shows a file of the workspace: relative to it, or its path in the guest; `:12` behind it is a line. */
  open(what: string): void {
    const [, path = "", line] = /^(.*?)(?::(\d+))?$/.exec(what) ?? [];
    const relative = path.startsWith(`${WORKSPACE}/`) ? path.slice(WORKSPACE.length + 1) : path.replace(/^\/+/, "");
    this.#hasChosen = true;
    void this.#openFile(relative).then(() => line && this.code?.reveal(Number(line)));
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has("host")) {
      this.#workspace.use(this.host.client);
      this.#builds.use(this.host.client);
    }
    this.isFilesShown ??= !this.host.isNarrow && load(KEYS.files) !== "hidden";
    if (!this.#hasChosen && this.#workspace.files?.length) {
      this.#hasChosen = true;
      void this.#openFile(this.#firstFile());
    }
  }

  protected override render() {
    const { isNarrow } = this.host;
    const document = this.#workspace.documents.get(this.path);
    const problem = this.problem || this.#workspace.problem;
    return html`
      <div class="toolbar">${this.#toolbar(document)}</div>
      <div class="notices">
        ${editorNotice(document, (choice) => void this.#decide(choice))}
        ${problem ? html`<div class="notice" role="alert"><span>${problem}</span></div>` : nothing}
      </div>
      <div class="body ${this.selectedStep >= 0 && document ? "split" : ""}" style="--fraction: ${this.drawerFraction}">
        <div class="middle ${this.isFilesShown ? "with-files" : ""} ${isNarrow ? "narrow" : ""}">
          ${this.isFilesShown ? this.#files() : nothing}
          <div class="text">${document ? this.#code(document) : this.#nothing()}</div>
        </div>
        ${this.#drawer(document)}
      </div>
    `;
  }

  #toolbar(document: OpenDocument | undefined) {
    const words = strings.editor;
    const dockerfile = this.#dockerfile();
    const command = dockerfile ? buildCommand(dockerfile, this.name, undefined).short : "";
    const latest = this.#latest(dockerfile);
    const errors = this.findings.filter((finding) => finding.severity === "error").length;
    const warnings = this.findings.filter((finding) => finding.severity === "warning").length;
    return html`<button
        class="quiet icon"
        aria-pressed=${this.isFilesShown ?? false}
        title=${words.files}
        aria-label=${words.files}
        @click=${() => this.#toggleFiles()}
      >
        ${icon("files")}
      </button>
      <div class="file" title=${words.escapeHint}>
        <b>${this.path}</b>
        ${document?.state === "dirty" ? html`<span class="saving">${words.saving}</span>` : nothing}
        ${
          document && errors + warnings > 0
            ? html`<span class="findings ${errors > 0 ? "error" : "warning"}" role="status"
                >${words.findings(errors, warnings)}</span
              >`
            : nothing
        }
      </div>
      <dd-build-bar
        .name=${this.name}
        .command=${command}
        .runLine=${runCommand(this.name)}
        .isBuilding=${latest?.status === "running"}
        .isBuilt=${this.#isBuilt()}
        .isReady=${this.host.client !== undefined}
        @build-name=${(event: CustomEvent<string>) => {
          this.name = event.detail;
          save(KEYS.name, event.detail);
        }}
        @build-start=${() => void this.#build()}
        @build-stop=${() => this.#runner.stop(this.host)}
        @build-run=${() => void this.#run()}
      ></dd-build-bar>`;
  }

  #files() {
    const workspace = this.#workspace;
    return html`<dd-files
      .files=${workspace.files}
      .open=${this.path}
      .isReadOnly=${this.host.isReadOnly}
      .unsaved=${workspace.documents.unsaved()}
      .isTruncated=${workspace.isTruncated}
      .uploading=${workspace.uploading}
      .isTouch=${this.host.isTouch}
      @file-open=${(event: CustomEvent<string>) => {
        if (this.host.isNarrow) this.isFilesShown = false;
        void this.#openFile(event.detail);
      }}
      @file-create=${(event: CustomEvent<string>) => void this.#create(event.detail)}
      @directory-create=${(event: CustomEvent<string>) => void workspace.createDirectory(event.detail)}
      @file-rename=${(event: CustomEvent<RenameDetail>) => void this.#rename(event.detail)}
      @file-remove=${(event: CustomEvent<string>) => void this.#remove(event.detail)}
      @files-upload=${(event: CustomEvent<readonly Upload[]>) => void workspace.upload(event.detail)}
      @archive-download=${(event: CustomEvent<string>) => void this.#download(event.detail)}
    ></dd-files>`;
  }

  #code(document: OpenDocument) {
    const { host } = this;
    const record = isDockerfile(document.path) ? this.#latest(document.path) : undefined;
    return html`<dd-code
      .path=${document.path}
      .text=${document.text}
      .revision=${document.revision}
      .palette=${host.palette}
      .isReadOnly=${host.isReadOnly}
      .isScreenReader=${host.isScreenReader}
      .isTouch=${host.isTouch}
      .isNarrow=${host.isNarrow}
      .steps=${record && stepLines(record, document.text)}
      .selectedStep=${this.selectedStep}
      @code-change=${(event: CustomEvent<CodeChangeDetail>) =>
        this.#workspace.documents.edit(event.detail.path, event.detail.text)}
      @code-build=${() => void this.#build()}
      @code-leave=${() => this.renderRoot.querySelector<HTMLElement>(".toolbar button")?.focus()}
      @code-findings=${(event: CustomEvent<readonly Finding[]>) => (this.findings = event.detail)}
      @step-open=${(event: CustomEvent<number>) => this.#selectStep(event.detail)}
      @step-shell=${(event: CustomEvent<number>) => void this.#shell(event.detail)}
    ></dd-code>`;
  }

  #nothing() {
    const words = strings.editor;
    if (!this.#workspace.files) return html`<p class="nothing">${strings.files.waiting}</p>`;
    if (this.#workspace.files.length > 0) return html`<p class="nothing">${words.noFile}</p>`;
    return html`<div class="nothing">
      <p>${strings.files.empty}</p>
      <button class="primary" @click=${() => void this.#begin()}>${words.start}</button>
      <p>${words.startHint}</p>
    </div>`;
  }

  #drawer(document: OpenDocument | undefined) {
    const dockerfile = this.#dockerfile();
    const record = document && this.#latest(dockerfile);
    if (!record || dockerfile === undefined) return nothing;
    const text = this.#workspace.documents.get(dockerfile)?.text ?? record.dockerfile.text;
    return html`${
        this.selectedStep >= 0
          ? html`<dd-splitter
              direction="rows"
              .fraction=${this.drawerFraction}
              .label=${strings.build.steps.split}
              @split-move=${(event: CustomEvent<SplitDetail>) => (this.drawerFraction = event.detail.fraction)}
            ></dd-splitter>`
          : nothing
      }
      <dd-step-drawer
        .record=${record}
        .lines=${stepLines(record, text)}
        .selected=${this.selectedStep}
        .isOpen=${this.isDrawerOpen}
        .isTouch=${this.host.isTouch}
        .fetch=${this.host.fetch}
        @drawer-toggle=${() => this.#toggleDrawer()}
        @step-open=${(event: CustomEvent<number>) => this.#selectStep(event.detail)}
        @step-shell=${(event: CustomEvent<number>) => void this.#shell(event.detail)}
      ></dd-step-drawer>`;
  }

  #dockerfile(): string | undefined {
    return dockerfileFor(this.path, isDockerfile, (path) => this.#workspace.find(path) !== undefined);
  }

  #latest(dockerfile: string | undefined) {
    if (!dockerfile) return undefined;
    const text = this.#workspace.documents.get(dockerfile)?.text;
    return latestBuild(this.#builds.records, dockerfile, text ?? "");
  }

  /** There is an image of the chosen name. */
  #isBuilt(): boolean {
    const name = this.name.includes(":") ? this.name : `${this.name}:latest`;
    return this.host.images?.some((image) => image.name === name) ?? false;
  }

  #toggleFiles(): void {
    this.isFilesShown = !this.isFilesShown;
    if (!this.host.isNarrow) save(KEYS.files, this.isFilesShown ? "shown" : "hidden");
  }

  #toggleDrawer(): void {
    const isOpen = this.isDrawerOpen || this.selectedStep >= 0;
    this.selectedStep = -1;
    this.isDrawerOpen = !isOpen;
  }

  #selectStep(step: number): void {
    this.selectedStep = step === this.selectedStep ? -1 : step;
  }

  /** What is in the editor when a person comes: the file that was there last, else the first that makes sense. */
  #firstFile(): string {
    const last = load(KEYS.file);
    const files = (this.#workspace.files ?? []).filter((file) => file.kind === "file").map((file) => file.path);
    const isKnown = last !== null && files.includes(last);
    return isKnown ? last : (files.find(isDockerfile) ?? files.find((path) => !path.startsWith(".")) ?? files[0] ?? "");
  }

  async #openFile(path: string): Promise<void> {
    if (path === "") return;
    this.problem = "";
    try {
      const opened = await this.#workspace.documents.open(path);
      if (typeof opened === "string") {
        this.problem = strings.editor.refused[opened](path);
        return;
      }
      if (this.path !== path) this.selectedStep = -1;
      this.path = path;
      this.findings = [];
      save(KEYS.file, path);
    } catch (error) {
      this.problem = strings.editor.unread(path, messageOf(error));
    }
  }

  async #begin(): Promise<void> {
    await this.#workspace.upload(FIRST_FILES.map(([path, text]) => ({ path, blob: new Blob([text]) })));
    this.#hasChosen = true;
    await this.#openFile(FIRST_FILES[0]?.[0] ?? "");
  }

  async #create(path: string): Promise<void> {
    if (!this.#workspace.find(path)) await this.#workspace.createFile(path);
    if (this.#workspace.problem) return;
    if (this.host.isNarrow) this.isFilesShown = false;
    await this.#openFile(path);
    await this.updateComplete;
    this.code?.focus();
  }

  async #rename({ from, to }: RenameDetail): Promise<void> {
    if (!(await this.#workspace.rename(from, to))) return;
    if (this.path === from || this.path.startsWith(`${from}/`)) this.path = to + this.path.slice(from.length);
  }

  async #remove(path: string): Promise<void> {
    await this.#workspace.remove(path);
    this.code?.forget(path);
    if (this.path === path || this.path.startsWith(`${path}/`)) this.path = "";
  }

  async #download(directory: string): Promise<void> {
    const blob = await this.#workspace.archive(directory);
    if (blob) saveBlob(blob, `${directory.split("/").at(-1) || "workspace"}.tar`);
  }

  async #decide(choice: NoticeChoice): Promise<void> {
    const { documents } = this.#workspace;
    if (choice === "close") {
      documents.close(this.path);
      this.path = "";
    } else if (choice === "restore") await documents.resolve(this.path, "mine");
    else if (choice === "retry") await documents.flush(this.path);
    else await documents.resolve(this.path, choice);
  }

  async #build(): Promise<void> {
    const dockerfile = this.#dockerfile();
    if (!dockerfile || !this.host.client) return;
    await this.#workspace.documents.flushAll();
    await this.#runner.run(this.host, (directory) => buildCommand(dockerfile, this.name, directory).line);
  }

  async #run(): Promise<void> {
    await this.#runner.run(this.host, () => runCommand(this.name));
    this.host.showTerminal();
  }

  async #shell(step: number): Promise<void> {
    const record = this.#latest(this.#dockerfile());
    if (!record) return;
    this.problem = "";
    try {
      const image = await this.#builds.stepImage(record.id, step);
      const shortId = image.replace(/^sha256:/, "").slice(0, 12);
      await this.#runner.inNewTerminal(this.host, () => `docker run --rm -it ${shortId} sh`);
      this.host.showTerminal();
    } catch (error) {
      this.problem = strings.actions.failed(messageOf(error));
    }
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "dd-editor": DrydockEditor;
  }
}

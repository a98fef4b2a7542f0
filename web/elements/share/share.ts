import { html, LitElement, nothing, type PropertyValues } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { formatBytes } from "../../data/format.ts";
import { encodeFragment } from "../../embed/document-codec.ts";
import { documentOf, type DocumentParts } from "../../embed/document-json.ts";
import type { SharedWorkspace } from "../../embed/share-workspace.ts";
import { snippetsOf, type SnippetKind } from "../../embed/snippets.ts";
import { strings } from "../../strings.ts";
import { shared } from "../../styles/shared.styles.ts";
import { styles } from "./share.styles.ts";

const KINDS: readonly SnippetKind[] = ["link", "iframe", "element", "badge"];
/** Some servers, chat programs and older browsers cut addresses that are longer. */
const LONG_CHARACTERS = 8_000;
/** Line breaks and the like would be keys. */
// oxlint-disable-next-line no-control-regex -- these are what is taken out
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/g;

/** Makes a link of the workspace, and what to paste for an iframe, the element and a badge. Nothing leaves the browser. */
@customElement("dd-share")
export class DrydockShare extends LitElement {
  static override styles = [shared, styles];

  /** What of the workspace goes into the link. */
  @property({ attribute: false }) workspace: Promise<SharedWorkspace> | undefined;
  /** What else the link says: layout, theme, port; and the first values of title and command. */
  @property({ attribute: false }) parts: DocumentParts = {};
  /** The page's directory; ends in `/`. */
  @property() base = "";

  @state() private read: SharedWorkspace | undefined;
  @state() private snippets: Readonly<Record<SnippetKind, string>> | undefined;
  @state() private kind: SnippetKind = "link";
  @state() private problem: string | undefined;
  @state() private hasCopied = false;
  #title = "";
  #command = "";
  #latest = 0;

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has("parts")) {
      this.#title = this.parts.title ?? "";
      this.#command = this.parts.commands?.join(" && ") ?? "";
    }
    if (changed.has("workspace")) void this.#read();
  }

  protected override render() {
    const words = strings.share;
    if (this.problem !== undefined) return html`<p class="problem" role="alert">${words.failed(this.problem)}</p>`;
    if (!this.read || !this.snippets) return html`<p role="status">${words.waiting}</p>`;
    const { files, sizeBytes } = this.read;
    const snippet = this.snippets[this.kind];
    const isLong = this.snippets.link.length > LONG_CHARACTERS;
    return html`
      <label>${words.heading}<input maxlength="200" .value=${this.#title} @input=${this.#onTitle} /></label>
      <label
        >${words.command}<input class="code" maxlength="2000" .value=${this.#command} @input=${this.#onCommand}
      /></label>
      <p>${files.length === 0 ? words.nothing : words.contents(files.length, formatBytes(sizeBytes))}</p>
      ${this.#leftOut(this.read)}
      <div class="kinds" role="radiogroup" aria-label=${words.title}>
        ${KINDS.map(
          (kind) =>
            html`<label
              ><input type="radio" name="kind" .checked=${kind === this.kind} @change=${() => this.#choose(kind)} />${
                words.kinds[kind]
              }</label
            >`,
        )}
      </div>
      <textarea
        class="code"
        readonly
        rows=${this.kind === "element" ? 8 : 3}
        aria-label=${words.kinds[this.kind]}
        .value=${snippet}
        @focus=${(event: Event) => (event.target as HTMLTextAreaElement).select()}
      ></textarea>
      ${isLong && this.kind !== "element" ? html`<p class="soft">${words.long(formatBytes(this.snippets.link.length))}</p>` : nothing}
      <p class="soft">${words.note}</p>
      <p>
        <button class="primary" @click=${() => this.#copy(snippet)}>${words.copy}</button>
        <span role="status">${this.hasCopied ? words.copied : ""}</span>
      </p>
    `;
  }

  #leftOut({ leftOut }: SharedWorkspace) {
    if (leftOut.length === 0) return nothing;
    const { share } = strings;
    return html`<div>
      <p>${share.leftOut}</p>
      <ul class="list" tabindex="0" aria-label=${share.leftOut}>
        ${leftOut.map(({ path, reason }) => html`<li>${path} <span class="soft">(${share.reasons[reason]})</span></li>`)}
      </ul>
    </div>`;
  }

  async #read(): Promise<void> {
    const { workspace } = this;
    this.read = undefined;
    this.problem = undefined;
    try {
      const read = await workspace;
      if (workspace !== this.workspace) return;
      this.read = read;
      await this.#encode();
    } catch (error) {
      if (workspace === this.workspace) this.problem = error instanceof Error ? error.message : String(error);
    }
  }

  async #encode(): Promise<void> {
    const turn = ++this.#latest;
    const command = this.#command.trim();
    const document = documentOf({
      ...this.parts,
      title: this.#title.trim(),
      commands: command === "" ? [] : [command],
      files: this.read?.files ?? [],
    });
    const fragment = await encodeFragment(document);
    if (turn !== this.#latest) return;
    this.snippets = snippetsOf({ base: this.base, document, fragment, title: this.#title.trim() || strings.name });
    this.hasCopied = false;
  }

  readonly #onTitle = (event: Event): void => {
    this.#title = (event.target as HTMLInputElement).value.replace(CONTROL, "");
    void this.#encode();
  };

  readonly #onCommand = (event: Event): void => {
    this.#command = (event.target as HTMLInputElement).value.replace(CONTROL, "");
    void this.#encode();
  };

  #choose(kind: SnippetKind): void {
    this.kind = kind;
    this.hasCopied = false;
  }

  async #copy(snippet: string): Promise<void> {
    try {
      await navigator.clipboard.writeText(snippet);
      this.hasCopied = true;
    } catch {
      // Not allowed: the text is selected instead, for the person's own keys.
      this.renderRoot.querySelector("textarea")?.focus();
    }
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "dd-share": DrydockShare;
  }
}

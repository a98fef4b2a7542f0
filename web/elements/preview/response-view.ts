import { html, LitElement, nothing } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { Link, type LinkAnswer } from "../../preview/link.ts";
import { strings } from "../../strings.ts";
import { shared } from "../../styles/shared.styles.ts";
import { styles } from "./response-view.styles.ts";

const MAX_SHOWN_BYTES = 1 << 20;
const TEXTUAL = /^(text\/|application\/(json|xml|javascript|.*\+(json|xml)))/i;

interface Shown {
  readonly status: number;
  readonly statusText: string;
  readonly headers: LinkAnswer["headers"];
  readonly text: string;
  readonly isHtml: boolean;
  readonly isTruncated: boolean;
}

/**
 * What a container answers, as text, and as a picture of the page that can do nothing: for sites without a second origin, where
 * its scripts could reach the app's own storage.
 */
@customElement("dd-response-view")
export class DrydockResponseView extends LitElement {
  static override styles = [shared, styles];

  /** Opens a link to the port; rejects where there is no machine. */
  @property({ attribute: false }) openLink: (link: MessagePort) => Promise<Disposable> = () =>
    Promise.reject(new Error("no machine"));
  @property() target = "/";

  @state() private shown: Shown | undefined;
  @state() private problem: string | undefined;
  @state() private view: "page" | "source" = "page";

  #asking: AbortController | undefined;

  /** Asks for `target` again. */
  async reload(): Promise<void> {
    this.#asking?.abort();
    const asking = new AbortController();
    this.#asking = asking;
    const { port1, port2 } = new MessageChannel();
    const link = new Link(port2);
    try {
      using _opened = await this.openLink(port1);
      const headers = [["accept", "text/html,*/*;q=0.8"]] as const;
      const question = {
        method: "GET",
        target: this.target.replace(/#.*$/s, ""),
        documentTarget: this.target,
        headers,
      };
      const answer = await link.ask(question, asking.signal);
      const shown = await read(answer);
      if (asking.signal.aborted) return;
      this.shown = shown;
      this.problem = undefined;
    } catch (error) {
      if (asking.signal.aborted) return;
      this.shown = undefined;
      this.problem = error instanceof Error ? error.message : String(error);
    } finally {
      link.close();
    }
    this.dispatchEvent(new CustomEvent("response-shown", { detail: this.shown?.status ?? 0 }));
  }

  override updated(changed: Map<string, unknown>): void {
    if (changed.has("target")) void this.reload();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#asking?.abort();
  }

  protected override render() {
    const words = strings.preview;
    const { shown, problem } = this;
    if (problem !== undefined) return html`<p role="status">${words.failed(problem)}</p>`;
    if (!shown) return html`<p role="status">${words.connecting}</p>`;
    const isPage = shown.isHtml && this.view === "page";
    const choice = (view: "page" | "source", label: string) =>
      html`<button aria-pressed=${this.view === view} @click=${() => (this.view = view)}>${label}</button>`;
    return html`
      <p class="note">${words.noOrigin}</p>
      <div class="head">
        <b>${shown.status} ${shown.statusText}</b>
        ${shown.isHtml ? [choice("page", words.page), choice("source", words.source)] : nothing}
      </div>
      <details>
        <summary>${words.headers}</summary>
        <pre>${shown.headers.map(([name, value]) => `${name}: ${value}`).join("\n")}</pre>
      </details>
      ${
        isPage
          ? html`<iframe
              sandbox=""
              referrerpolicy="no-referrer"
              title=${words.page}
              srcdoc=${inert(shown.text)}
            ></iframe>`
          : html`<pre class="body" tabindex="0">${shown.text}</pre>`
      }
      ${shown.isTruncated ? html`<p class="note">${words.truncated}</p>` : nothing}
    `;
  }
}

/** A policy of our own in front: nothing is loaded from anywhere. */
const inert = (text: string): string =>
  `<meta http-equiv="content-security-policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">${text}`;

async function read(answer: LinkAnswer): Promise<Shown> {
  const type = answer.headers.find(([name]) => name === "content-type")?.[1] ?? "";
  const { text, isTruncated } = await readText(answer.body, TEXTUAL.test(type) || type === "");
  const { status, statusText, headers } = answer;
  return { status, statusText, headers, text, isTruncated, isHtml: /^text\/html\b/i.test(type) };
}

async function readText(
  body: LinkAnswer["body"],
  isText: boolean,
): Promise<{ readonly text: string; readonly isTruncated: boolean }> {
  if (!body || !isText) {
    await body?.cancel();
    return { text: "", isTruncated: body !== undefined };
  }
  const decoder = new TextDecoder();
  const reader = body.getReader();
  let text = "";
  for (let size = 0; ;) {
    const { done, value } = await reader.read();
    if (done) return { text: text + decoder.decode(), isTruncated: false };
    size += value.length;
    text += decoder.decode(value, { stream: true });
    if (size < MAX_SHOWN_BYTES) continue;
    await reader.cancel();
    return { text, isTruncated: true };
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "dd-response-view": DrydockResponseView;
  }
}

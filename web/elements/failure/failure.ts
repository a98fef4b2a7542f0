import { html, LitElement, nothing } from "lit";
import { customElement, property } from "lit/decorators.js";
import { typedEvent } from "../../data/typed-event.ts";
import type { FailureText } from "../../strings/failure-strings.ts";
import { strings } from "../../strings.ts";
import { icon } from "../../styles/icons.ts";
import { shared } from "../../styles/shared.styles.ts";
import type { Failure } from "../../worker-api.ts";
import { styles } from "./failure.styles.ts";

/** What a person can do about a failure. */
export type FailureAction = "restart" | "cold-boot" | "reload" | "free-space";

const CONSOLE_LINES = 24;

const ACTIONS: Readonly<Record<Failure["kind"], readonly (readonly [FailureAction, string])[]>> = {
  "no-webassembly": [["reload", strings.failureActions.reload]],
  "artifact-missing": [["restart", strings.failureActions.retry]],
  "artifact-unreachable": [["restart", strings.failureActions.retry]],
  "storage-full": [
    ["free-space", strings.failureActions.freeSpace],
    ["restart", strings.failureActions.retry],
  ],
  "storage-broken": [
    ["reload", strings.failureActions.reload],
    ["free-space", strings.failureActions.freeSpace],
  ],
  "boot-failed": [
    ["restart", strings.failureActions.restart],
    ["cold-boot", strings.failureActions.coldBoot],
  ],
  "guest-died": [["restart", strings.failureActions.restart]],
  "worker-lost": [
    ["restart", strings.failureActions.restart],
    ["reload", strings.failureActions.reload],
  ],
};

/**
 * Why there is no machine, in plain words, with the engine's own reason, the kernel's last lines and a way on.
 *
 * @fires failure-action {FailureAction}
 */
@customElement("dd-failure")
export class DrydockFailure extends LitElement {
  static override styles = [shared, styles];

  @property({ attribute: false }) failure: Failure | undefined;
  /** One line about used storage, where that matters. */
  @property() usage = "";

  /** Moves focus to the first way on. */
  override focus(): void {
    this.renderRoot.querySelector("button")?.focus();
  }

  protected override render() {
    const { failure } = this;
    if (!failure) return nothing;
    const text: FailureText = strings.failures[failure.kind];
    const labels = strings.failureActions;
    const lastLines = failure.console?.trimEnd().split("\n").slice(-CONSOLE_LINES).join("\n");
    const isAboutStorage = failure.kind === "storage-full" || failure.kind === "storage-broken";
    return html`<section role="alert" aria-labelledby="title">
      <h2 id="title">${icon("alert")}${text.title}</h2>
      <p>${text.meaning}</p>
      <dl>
        ${
          failure.path
            ? html`<dt>${labels.file}</dt>
                <dd>${failure.path}</dd>`
            : nothing
        }
        <dt>${labels.message}</dt>
        <dd>${failure.message}</dd>
      </dl>
      ${isAboutStorage && this.usage ? html`<p>${this.usage}</p>` : nothing}
      ${
        lastLines
          ? html`<details open>
              <summary>${labels.details}</summary>
              <pre tabindex="0">${lastLines}</pre>
            </details>`
          : nothing
      }
      <p>${withCode(text.remedy)}</p>
      <div class="actions">
        ${ACTIONS[failure.kind].map(
          ([action, label], index) =>
            html`<button class=${index === 0 ? "primary" : ""} @click=${() => this.#tell(action)}>${label}</button>`,
        )}
      </div>
    </section>`;
  }

  #tell(action: FailureAction): void {
    this.dispatchEvent(typedEvent("failure-action", action));
  }
}

/** Text with commands between backticks. */
function withCode(text: string) {
  return text.split("`").map((part, index) => (index % 2 === 0 ? part : html`<code>${part}</code>`));
}

declare global {
  interface HTMLElementTagNameMap {
    "dd-failure": DrydockFailure;
  }
}

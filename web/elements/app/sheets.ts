import { html, nothing, type TemplateResult } from "lit";
import { formatBytes } from "../../data/format.ts";
import { strings } from "../../strings.ts";
import "../dialog/dialog.ts";

/** The sheets that can lie over the page, at most one at a time. */
export type Sheet = "help" | "log" | "space" | "share";

/** Keys, and what this is. */
export function helpSheet(): TemplateResult {
  return html`<dd-dialog heading=${strings.help.title}>
    <dl class="keys">
      ${strings.help.keys.map(
        ([keys, meaning]) =>
          html`<dt>${keys}</dt>
            <dd>${meaning}</dd>`,
      )}
    </dl>
    <p class="soft">${strings.help.about}</p>
  </dd-dialog>`;
}

/** The kernel's console since boot. */
export function logSheet(text: string): TemplateResult {
  return html`<dd-dialog heading=${strings.log.title}>
    <p class="soft">${strings.log.hint}</p>
    <pre class="log" role="log" tabindex="0" aria-label=${strings.log.title}>
${text.trimEnd() || strings.log.empty}</pre>
  </dd-dialog>`;
}

export interface SpaceSheetOptions {
  readonly usedBytes: number | undefined;
  readonly quotaBytes: number | undefined;
  readonly canPrune: boolean;
  /** What the last action did. */
  readonly result: string | undefined;
  readonly prune: () => void;
  readonly erase: () => void;
}

/** What is stored, and how to have less of it. */
export function spaceSheet(options: SpaceSheetOptions): TemplateResult {
  const { usedBytes, quotaBytes } = options;
  return html`<dd-dialog heading=${strings.space.title}>
    <div class="space">
      ${
        usedBytes === undefined || quotaBytes === undefined
          ? nothing
          : html`<p>${strings.space.used(formatBytes(usedBytes), formatBytes(quotaBytes))}</p>
              <meter min="0" max=${quotaBytes} high=${quotaBytes * 0.9} value=${usedBytes} aria-hidden="true"></meter>`
      }
      <button class="primary" ?disabled=${!options.canPrune} @click=${options.prune}>${strings.space.prune}</button>
      <p role="status">${options.result ?? ""}</p>
      <button @click=${options.erase}>${strings.space.erase}</button>
      <p class="soft">${strings.space.eraseHint}</p>
    </div>
  </dd-dialog>`;
}

/** One line about used storage, or nothing when the browser does not tell. */
export function usageText(usedBytes: number | undefined, quotaBytes: number | undefined): string {
  if (usedBytes === undefined || quotaBytes === undefined) return "";
  return strings.space.used(formatBytes(usedBytes), formatBytes(quotaBytes));
}

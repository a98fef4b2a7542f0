import { html, nothing, type TemplateResult } from "lit";
import type { OpenDocument } from "../../controllers/workspace-documents.ts";
import { strings } from "../../strings.ts";

export type NoticeChoice = "mine" | "both" | "theirs" | "restore" | "close" | "retry";

/** What has to be decided about a file before it goes on. */
export function editorNotice(
  document: OpenDocument | undefined,
  choose: (choice: NoticeChoice) => void,
): TemplateResult | typeof nothing {
  const words = strings.editor;
  if (!document) return nothing;
  const { path, state, problem } = document;
  const row = (text: string, choices: readonly (readonly [NoticeChoice, string, string?])[]): TemplateResult =>
    html`<div class="notice" role="alert">
      <span>${text}</span>
      ${choices.map(
        ([choice, label, hint]) =>
          html`<button title=${hint ?? nothing} @click=${() => choose(choice)}>${label}</button>`,
      )}
    </div>`;
  if (state === "conflict") {
    return row(words.conflict(path), [
      ["mine", words.keepMine],
      ["both", words.keepBoth, words.keepBothHint],
      ["theirs", words.takeTheirs],
    ]);
  }
  if (state === "gone") {
    return row(words.gone(path), [
      ["restore", words.restore],
      ["close", words.closeFile],
    ]);
  }
  if (state === "failed") return row(words.notSaved(path, problem ?? ""), [["retry", words.tryAgain]]);
  return nothing;
}

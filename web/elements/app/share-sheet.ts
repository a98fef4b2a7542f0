import { html, type TemplateResult } from "lit";
import type { DockerFetch } from "../../data/engine-client.ts";
import type { DocumentParts } from "../../embed/document-json.ts";
import type { Playground } from "../../embed/playground-document.ts";
import type { SharedWorkspace } from "../../embed/share-workspace.ts";
import { strings } from "../../strings.ts";
import "../dialog/dialog.ts";

/** What one opening of the sheet is about. */
export interface Sharing {
  readonly workspace: Promise<SharedWorkspace>;
  readonly parts: DocumentParts;
  readonly base: string;
}

/** Reads the workspace for a link; the code for it is loaded only now. */
export function beginSharing(fetch: DockerFetch, playground: Playground | undefined): Sharing {
  const { title, commands, layout = "editor+preview+terminal", theme, port, language, lesson } = playground ?? {};
  const workspace = Promise.all([import("../../embed/share-workspace.ts"), import("../share/share.ts")]).then(
    ([{ shareWorkspace }]) => shareWorkspace(fetch),
  );
  // The sheet says what failed, if it is still open.
  workspace.catch(() => undefined);
  return {
    workspace,
    parts: { title, commands, layout, theme, port, language, lesson },
    base: new URL("./", location.href).href,
  };
}

/** The sheet that makes a link of the workspace. */
export function shareSheet({ workspace, parts, base }: Sharing): TemplateResult {
  return html`<dd-dialog heading=${strings.share.title}>
    <dd-share .workspace=${workspace} .parts=${parts} .base=${base}></dd-share>
  </dd-dialog>`;
}

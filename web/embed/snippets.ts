/** What to paste where, for a shared document. */

export interface SnippetOptions {
  /** The page's own directory; ends in `/`. */
  readonly base: string;
  readonly document: Readonly<Record<string, unknown>>;
  /** The same, encoded. */
  readonly fragment: string;
  readonly title: string;
}

export type SnippetKind = "link" | "iframe" | "element" | "badge";

/** One text for each place a playground can go. */
export function snippetsOf({ base, document, fragment, title }: SnippetOptions): Readonly<Record<SnippetKind, string>> {
  const link = `${base}#${fragment}`;
  // Inside a script only this could end it.
  const json = JSON.stringify(document, undefined, 2).replaceAll("<", "\\u003c");
  return {
    link,
    iframe: `<iframe src="${attribute(`${base}embed.html#${fragment}`)}" title="${attribute(title)}" width="100%" height="480" style="border: 0" loading="lazy" allow="clipboard-write; fullscreen"></iframe>`,
    element: `<script type="module" src="${attribute(`${base}embed.js`)}"></script>
<drydock-playground>
  <script type="application/json">
${json}
  </script>
</drydock-playground>`,
    badge: `[![Run in Drydock](${base}badge.svg)](${link})`,
  };
}

function attribute(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll('"', "&quot;").replaceAll("<", "&lt;");
}

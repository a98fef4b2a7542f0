import { html, nothing, type TemplateResult } from "lit";
import type { Token, Tokens } from "marked";

/** Markdown as elements: no HTML of a text ever becomes HTML of the page. */
export function markdown(tokens: readonly Token[]): readonly unknown[] {
  return tokens.map(block);
}

function block(token: Token): unknown {
  switch (token.type) {
    case "paragraph":
      return html`<p>${inline(token.tokens)}</p>`;
    case "heading":
      return html`<h4>${inline(token.tokens)}</h4>`;
    case "list":
      return list(token as Tokens.List);
    case "code":
      return html`<pre><code>${token["text"]}</code></pre>`;
    case "blockquote":
      return html`<blockquote>${markdown(token.tokens ?? [])}</blockquote>`;
    case "table":
      return table(token as Tokens.Table);
    case "hr":
      return html`<hr />`;
    case "space":
      return nothing;
    default:
      return childrenOf(token) ? inline(childrenOf(token)) : token.raw;
  }
}

function list({ ordered, items }: Tokens.List): TemplateResult {
  const entries = items.map((item) => html`<li>${markdown(item.tokens)}</li>`);
  return ordered
    ? html`<ol>
        ${entries}
      </ol>`
    : html`<ul>
        ${entries}
      </ul>`;
}

function table({ header, rows }: Tokens.Table): TemplateResult {
  return html`<table>
    <thead>
      <tr>
        ${header.map(({ tokens }) => html`<th>${inline(tokens)}</th>`)}
      </tr>
    </thead>
    <tbody>
      ${rows.map(
        (row) =>
          html`<tr>
            ${row.map(({ tokens }) => html`<td>${inline(tokens)}</td>`)}
          </tr>`,
      )}
    </tbody>
  </table>`;
}

function inline(tokens: readonly Token[] = []): readonly unknown[] {
  return tokens.map((token) => {
    switch (token.type) {
      case "strong":
        return html`<strong>${inline(token.tokens)}</strong>`;
      case "em":
        return html`<em>${inline(token.tokens)}</em>`;
      case "del":
        return html`<del>${inline(token.tokens)}</del>`;
      case "codespan":
        return html`<code>${unescape(token["text"] as string)}</code>`;
      case "br":
        return html`<br />`;
      case "link":
        return link(token as Tokens.Link);
      case "text":
      case "escape":
        return childrenOf(token) ? inline(childrenOf(token)) : unescape(token.text as string);
      // Pictures, and HTML above all, are shown as they were written.
      default:
        return token.raw;
    }
  });
}

function childrenOf(token: Token): readonly Token[] | undefined {
  return "tokens" in token ? token.tokens : undefined;
}

/** Only to places of the web. */
function link({ href, tokens, raw }: Tokens.Link): unknown {
  if (!/^https?:\/\//.test(href)) return raw;
  return html`<a href=${href} target="_blank" rel="noreferrer">${inline(tokens)}</a>`;
}

/** The lexer escapes some texts for HTML, which the page does itself. */
function unescape(text: string): string {
  return text.replace(
    /&(amp|lt|gt|quot|#39);/g,
    (_, name: string) => ({ amp: "&", lt: "<", gt: ">", quot: '"', "#39": "'" })[name] as string,
  );
}

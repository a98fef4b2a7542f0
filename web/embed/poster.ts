import type { EmbedWords } from "./words.ts";

/** What a poster says. Every text is shown as text, whatever it holds. */
export interface PosterContent {
  readonly title: string;
  readonly description?: string;
  /** Lines for the shell. */
  readonly commands: readonly string[];
  /** Whether the commands are run or only typed. */
  readonly isRun: boolean;
  /** Where the document comes from, when it is not here yet. */
  readonly address?: string;
  /** `light` or `dark`; the reader's colours otherwise. */
  readonly theme?: string;
}

export type PosterState = "poster" | "loading" | { readonly failure: string };

const LINES_SHOWN = 6;

/** The colours of the page (`web/styles/page.css`), for a place that has nothing else of it. */
export const posterStyles = `
:host { display: block; position: relative; color-scheme: light dark; }
:host([theme="light"]) { color-scheme: light; }
:host([theme="dark"]) { color-scheme: dark; }
:host([hidden]) { display: none; }
* { box-sizing: border-box; margin: 0; }
.poster {
  --ink: light-dark(#15242a, #dde6e5); --soft: light-dark(#4b5d63, #93a6aa); --line: light-dark(#cfd6d1, #25333a);
  --ground: light-dark(#fcfcf9, #0a1012); --hull: light-dark(#b13f27, #ea7454); --on-hull: light-dark(#fff, #1b0e09);
  display: flex; flex-direction: column; align-items: flex-start; justify-content: safe center; gap: 0.75em;
  width: 100%; height: 100%; min-height: 0; overflow: auto; padding: clamp(0.75rem, 5%, 2.5rem);
  border: 1px solid var(--line); border-radius: 8px; background: var(--ground); color: var(--ink);
  font: 400 0.9375rem/1.5 system-ui, "Segoe UI", "Helvetica Neue", "Liberation Sans", sans-serif;
  text-align: left; letter-spacing: normal; text-transform: none; white-space: normal;
}
.poster > * { flex: none; max-width: 100%; }
.title { display: flex; align-items: center; gap: 0.5em; font-size: 1.1875em; font-weight: 650; line-height: 1.3; overflow-wrap: anywhere; }
.title svg { flex: none; width: 1.5em; height: 1.5em; }
.what, .cost { color: var(--soft); font-size: 0.8667em; }
pre {
  width: 100%; overflow-x: auto; padding: 0.625em 0.875em; border: 1px solid var(--line); border-radius: 6px;
  font: 0.8667em/1.6 ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace; color: var(--ink);
}
pre span::before { content: "$ "; color: var(--soft); }
pre span { display: block; white-space: pre; }
pre span.rest::before { content: ""; }
button {
  font: inherit; font-weight: 650; cursor: pointer; padding: 0.5em 1.25em 0.5em 1em; min-height: 2.5em;
  display: inline-flex; align-items: center; gap: 0.5em;
  border: 0; border-radius: 6px; background: var(--hull); color: var(--on-hull);
}
button:hover { filter: brightness(1.08); }
button:disabled { cursor: progress; opacity: 0.6; }
button:focus-visible, pre:focus-visible { outline: 2px solid light-dark(#0f6bb0, #7cc4ff); outline-offset: 2px; }
button::before { content: ""; border: solid transparent; border-width: 0.4em 0 0.4em 0.65em; border-left-color: currentColor; }
.failure { color: light-dark(#a92a1d, #f38a78); overflow-wrap: anywhere; }
@media (max-height: 15rem) { .cost, .what { display: none; } }
`;

/** The poster, and how to change what it says of its state. */
export interface Poster {
  readonly element: HTMLElement;
  setState(state: PosterState): void;
}

/** What stands where the playground will be, until the reader wants it. */
export function createPoster(content: PosterContent, words: EmbedWords, onStart: () => void): Poster {
  const title = content.title || words.untitled;
  const element = make("section", "poster");
  element.setAttribute("aria-label", title);
  if (content.theme === "light" || content.theme === "dark") element.style.colorScheme = content.theme;
  const heading = make("p", "title", title);
  heading.prepend(hull());
  element.append(heading);
  if (content.description) element.append(make("p", "what", content.description));
  if (content.address) element.append(make("p", "what", words.loads(content.address)));
  if (content.commands.length > 0) {
    element.append(make("p", "what", content.isRun ? words.runs : words.types), lines(content.commands, title));
  }
  const button = make("button", "", words.start) as HTMLButtonElement;
  button.type = "button";
  button.setAttribute("aria-label", words.startTitled(title));
  button.addEventListener("click", onStart);
  const cost = make("p", "cost", words.cost);
  const status = make("p", "failure");
  status.setAttribute("role", "status");
  element.append(button, cost, status);
  return {
    element,
    setState(state) {
      button.disabled = state === "loading";
      button.textContent = state === "loading" ? words.loading : state === "poster" ? words.start : words.retry;
      if (state === "poster") button.setAttribute("aria-label", words.startTitled(title));
      else button.removeAttribute("aria-label");
      status.textContent = typeof state === "object" ? words.failed(state.failure) : "";
    },
  };
}

function lines(commands: readonly string[], label: string): HTMLElement {
  const block = make("pre");
  // Long lines scroll: by keyboard too.
  block.tabIndex = 0;
  block.setAttribute("role", "group");
  block.setAttribute("aria-label", label);
  block.append(...commands.slice(0, LINES_SHOWN).map((command) => make("span", "", command)));
  if (commands.length > LINES_SHOWN) block.append(make("span", "rest", `… +${commands.length - LINES_SHOWN}`));
  return block;
}

function make(tag: string, className = "", text = ""): HTMLElement {
  const element = document.createElement(tag);
  if (className) element.className = className;
  element.textContent = text;
  return element;
}

/** The hull on its keel blocks, as in the page's head. */
function hull(): SVGElement {
  const shapes = [
    ["M3 7v19.5h26V7", "fill:none;stroke:var(--soft);stroke-width:2.4;stroke-linecap:square"],
    ["M6.6 8.5h18.8c-.5 6.3-3 11.4-9.4 11.4S7.1 14.8 6.6 8.5z", "fill:var(--hull)"],
    ["M10 22.6h2.6v2.6H10zM14.7 22.6h2.6v2.6h-2.6zM19.4 22.6H22v2.6h-2.6z", "fill:var(--ink)"],
  ];
  const NAMESPACE = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(NAMESPACE, "svg");
  svg.setAttribute("viewBox", "0 0 32 32");
  svg.setAttribute("aria-hidden", "true");
  for (const [shape = "", style = ""] of shapes) {
    const path = document.createElementNS(NAMESPACE, "path");
    path.setAttribute("d", shape);
    path.style.cssText = style;
    svg.append(path);
  }
  return svg;
}

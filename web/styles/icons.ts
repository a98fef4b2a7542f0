import { html, svg, type SVGTemplateResult, type TemplateResult } from "lit";

const PATHS = {
  plus: svg`<path d="M8 3v10M3 8h10"/>`,
  close: svg`<path d="M4 4l8 8M12 4l-8 8"/>`,
  play: svg`<path d="M5 3.5l7 4.5-7 4.5z"/>`,
  stop: svg`<rect x="4" y="4" width="8" height="8" rx="1"/>`,
  trash: svg`<path d="M3 4.5h10M6.5 4.5V3h3v1.5M4.5 4.5l.5 8.5h6l.5-8.5"/>`,
  pane: svg`<rect x="2" y="3" width="12" height="10" rx="1.5"/><path d="M10 3v10"/>`,
  help: svg`<path d="M6 6.2A2 2 0 1 1 8.6 8.1c-.4.2-.6.5-.6 1v.4M8 12v.1"/>`,
  system: svg`<circle cx="8" cy="8" r="5"/><path d="M8 3v10" /><path d="M8 4a4 4 0 0 1 0 8z" fill="currentColor"/>`,
  light: svg`<circle cx="8" cy="8" r="2.8"/><path d="M8 1.5v1.5M8 13v1.5M1.5 8H3M13 8h1.5M3.4 3.4l1 1M11.6 11.6l1 1M3.4 12.6l1-1M11.6 4.4l1-1"/>`,
  dark: svg`<path d="M12.5 9.6A5 5 0 0 1 6.4 3.5a5 5 0 1 0 6.1 6.1z"/>`,
  reader: svg`<circle cx="8" cy="3.4" r="1.2"/><path d="M3.5 6.2c3 .8 6 .8 9 0M8 6.8v3M8 9.8l-2 4M8 9.8l2 4"/>`,
  check: svg`<path d="M3.5 8.5l3 3 6-7"/>`,
  terminal: svg`<path d="M3 5l3 3-3 3M8 11.5h5"/>`,
  box: svg`<path d="M2.5 5L8 2.5 13.5 5v6L8 13.5 2.5 11zM2.5 5L8 7.5 13.5 5M8 7.5v6"/>`,
  layers: svg`<path d="M8 2.5l5.5 3L8 8.5l-5.5-3zM2.5 8.5L8 11.5l5.5-3M2.5 11L8 14l5.5-3"/>`,
  alert: svg`<path d="M8 2.5l6 10.5H2zM8 6.5v3M8 11.3v.1"/>`,
} satisfies Record<string, SVGTemplateResult>;

export type IconName = keyof typeof PATHS;

/** A line drawing of 16 by 16; decorative, so the button around it carries the name. */
export function icon(name: IconName): TemplateResult {
  return html`<svg class="icon" viewBox="0 0 16 16" aria-hidden="true" part="icon">${PATHS[name]}</svg>`;
}

/** The hull on its keel blocks. */
export function logo(): TemplateResult {
  return html`<svg class="logo" viewBox="0 0 32 32" aria-hidden="true">
    <path d="M3 7v19.5h26V7" fill="none" stroke="var(--ink-soft)" stroke-width="2.4" stroke-linecap="square" />
    <path d="M6.6 8.5h18.8c-.5 6.3-3 11.4-9.4 11.4S7.1 14.8 6.6 8.5z" fill="var(--hull)" />
    <path d="M10 22.6h2.6v2.6H10zM14.7 22.6h2.6v2.6h-2.6zM19.4 22.6H22v2.6h-2.6z" fill="var(--ink)" />
  </svg>`;
}

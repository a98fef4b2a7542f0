import { html, svg, type SVGTemplateResult, type TemplateResult } from "lit";

const PATHS = {
  globe: svg`<circle cx="8" cy="8" r="5.5"/><path d="M2.5 8h11M8 2.5c4 3.5 4 7.5 0 11M8 2.5c-4 3.5-4 7.5 0 11"/>`,
  back: svg`<path d="M10 3.5L5.5 8 10 12.5"/>`,
  reload: svg`<path d="M13 8a5 5 0 1 1-1.6-3.7M13 2.5v3h-3"/>`,
  window: svg`<path d="M7 3.5H3.5v9h9V9M9.5 2.5h4v4M13.5 2.5L8 8"/>`,
  copy: svg`<rect x="5.5" y="5.5" width="7.5" height="7.5" rx="1"/><path d="M10.5 3H4a1 1 0 0 0-1 1v6.5"/>`,
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
  edit: svg`<path d="M9.5 2.5H4a1 1 0 0 0-1 1v9a1 1 0 0 0 1 1h8a1 1 0 0 0 1-1V8M7 9.2L13.2 3"/>`,
  chevron: svg`<path d="M6 3.5L10.5 8 6 12.5"/>`,
  file: svg`<path d="M4 2.5h5l3 3v8H4zM9 2.5v3h3"/>`,
  folder: svg`<path d="M2.5 4h4l1.3 1.5h5.7V13h-11z"/>`,
  filePlus: svg`<path d="M9 2.5H4v11h8V8M12 2v5M9.5 4.5h5"/>`,
  folderPlus: svg`<path d="M13.5 9V13h-11V4h4l1.2 1.5M12 2.5v5M9.5 5h5"/>`,
  upload: svg`<path d="M8 10.5V3M4.8 6L8 2.8 11.2 6M3 10.5V13h10v-2.5"/>`,
  download: svg`<path d="M8 2.5V10M4.8 7L8 10.2 11.2 7M3 10.5V13h10v-2.5"/>`,
  files: svg`<path d="M2.5 4h11M5 8h8.5M5 12h8.5M2.5 8v0M2.5 12v0"/>`,
  hammer: svg`<path d="M3 13l5.5-5.5M6.5 4.5L9 2l5 5-2.5 2.5zM9 2L6 2.2"/>`,
  book: svg`<path d="M8 4.2C6.5 3 4.5 2.8 2.5 3v9c2-.2 4 0 5.5 1.2 1.5-1.2 3.5-1.4 5.5-1.2V3c-2-.2-4 0-5.5 1.2zM8 4.2v9"/>`,
  clock: svg`<circle cx="8" cy="8" r="5.2"/><path d="M8 5v3l2 1.5"/>`,
  dot: svg`<circle cx="8" cy="8" r="2.2"/>`,
  search: svg`<circle cx="7" cy="7" r="4"/><path d="M10 10l3.5 3.5"/>`,
  link: svg`<path d="M4 12.5V9a3 3 0 0 1 3-3h6M10 3l3 3-3 3"/>`,
  rename: svg`<path d="M2.5 13h11M4 10.5l6.5-7 2 2-6.5 7-2.5.5z"/>`,
  alert: svg`<path d="M8 2.5l6 10.5H2zM8 6.5v3M8 11.3v.1"/>`,
  reset: svg`<path d="M3.2 8a4.8 4.8 0 1 0 1.6-3.6M3.2 2.6v2.6h2.6"/>`,
  fullscreen: svg`<path d="M3 6V3h3M10 3h3v3M13 10v3h-3M6 13H3v-3"/>`,
  leave: svg`<path d="M9 3h4v4M13 3L7.5 8.5M11 9.5V13H3V5h3.5"/>`,
  share: svg`<circle cx="4" cy="8" r="1.7"/><circle cx="12" cy="4" r="1.7"/><circle cx="12" cy="12" r="1.7"/><path d="M5.5 7.2l5-2.5M5.5 8.8l5 2.5"/>`,
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

import { css } from "lit";

/** The files of one layer. */
export const layerFilesStyles = css`
  :host {
    display: flex;
    flex-direction: column;
    min-height: 0;
    min-width: 0;
    background: var(--basin);
    font-size: 0.8125rem;
  }
  .tools {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 0.375rem 0.75rem;
    padding: 0.375rem 0.625rem;
  }
  .search {
    display: flex;
    align-items: center;
    gap: 0.375rem;
    flex: 1 1 8rem;
    min-width: 0;
    padding: 0 0.5rem;
    border: 1px solid var(--line);
    border-radius: 6px;
    background: var(--raised);
    color: var(--ink-soft);
  }
  .search:focus-within {
    border-color: var(--focus);
  }
  .search svg {
    flex: none;
    width: 0.875rem;
    height: 0.875rem;
  }
  .search input {
    flex: 1;
    min-width: 0;
    padding: 0.25rem 0;
    border: 0;
    background: none;
    color: var(--ink);
    font: inherit;
    outline: none;
  }
  .changes {
    display: flex;
    gap: 0.125rem;
  }
  button.change {
    min-height: 1.625rem;
    padding: 0 0.5rem;
    border-color: transparent;
    background: none;
    font-family: var(--mono);
    font-size: 0.75rem;
  }
  button.change[aria-pressed="false"] {
    opacity: 0.4;
    text-decoration: line-through;
  }
  .added {
    color: var(--ok);
  }
  .changed {
    color: var(--warn);
  }
  .removed {
    color: var(--bad);
  }
  .everything {
    display: flex;
    align-items: center;
    gap: 0.375rem;
    color: var(--ink-soft);
    white-space: nowrap;
  }
  .everything input {
    margin: 0;
    accent-color: var(--water);
  }
  .note {
    padding: 0.25rem 0.75rem 0.5rem;
    color: var(--ink-soft);
  }
  dd-tree {
    flex: 1;
    min-height: 0;
  }
`;

/** What lies in the rows of that tree. */
export const contentStyles = `
  .row { font-size: 0.8125rem; }
  .row.unchanged .label { color: var(--ink-soft); }
  .change { flex: none; width: 0.75rem; font-family: var(--mono); text-align: center; }
  .row.added .change { color: var(--ok); }
  .row.changed .change { color: var(--warn); }
  .row.removed .change, .row.removed .label { color: var(--bad); }
  .row.removed .label { text-decoration: line-through; }
  .glyph { display: grid; flex: none; color: var(--ink-soft); }
  .glyph svg { width: 0.9375rem; height: 0.9375rem; }
  .target { color: var(--ink-soft); }
  .mode { flex: none; color: var(--ink-soft); font-family: var(--mono); font-size: 0.6875rem; opacity: 0; }
  .row:hover .mode, .row.selected .mode { opacity: 1; }
  .size { flex: none; min-width: 4rem; text-align: right; font-variant-numeric: tabular-nums; font-size: 0.75rem; }
`;

/** The explorer of an image. */
export const layersStyles = css`
  :host {
    display: grid;
    grid-template-rows: auto auto minmax(0, 1fr);
    min-height: 0;
    background: var(--surface);
  }
  header {
    display: flex;
    align-items: center;
    gap: 0.75rem;
    min-height: 2.5rem;
    padding: 0.25rem 0.75rem;
    border-bottom: 1px solid var(--line);
  }
  select {
    flex: 0 1 20rem;
    min-width: 0;
    min-height: 1.875rem;
    padding: 0.125rem 0.375rem;
    border: 1px solid var(--line);
    border-radius: 6px;
    background: var(--raised);
    color: inherit;
    font: inherit;
  }
  .facts {
    color: var(--ink-soft);
    font-variant-numeric: tabular-nums;
    white-space: nowrap;
    overflow: hidden;
    text-overflow: ellipsis;
  }
  .stack {
    max-height: 38vh;
    overflow: auto;
    border-bottom: 1px solid var(--line);
  }
  .layer {
    display: grid;
    grid-template-columns: 1.5rem minmax(0, 1fr) auto;
    align-items: center;
    gap: 0.5rem;
    width: 100%;
    min-height: 2.25rem;
    padding: 0.25rem 0.75rem;
    border: 0;
    border-radius: 0;
    background: none;
    text-align: left;
    position: relative;
  }
  .layer:hover {
    background: color-mix(in srgb, var(--ink) 5%, transparent);
  }
  .layer:focus-visible {
    outline-offset: -2px;
  }
  .layer[aria-pressed="true"] {
    background: color-mix(in srgb, var(--ink) 9%, transparent);
  }
  .layer .number {
    color: var(--ink-soft);
    font-variant-numeric: tabular-nums;
  }
  .layer code {
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
  }
  .layer .size {
    text-align: right;
    font-size: 0.8125rem;
    font-variant-numeric: tabular-nums;
    white-space: nowrap;
  }
  .layer .waste {
    color: var(--warn);
  }
  /* How much of the image a layer is. */
  .layer .share {
    position: absolute;
    left: 2.75rem;
    right: 0.75rem;
    bottom: 2px;
    height: 2px;
    border-radius: 1px;
    background: linear-gradient(
      to right,
      var(--water) calc(var(--share) * 100%),
      color-mix(in srgb, var(--ink) 7%, transparent) 0
    );
  }
  .empty {
    padding: 1rem;
    color: var(--ink-soft);
  }
`;

import { css } from "lit";

export const styles = css`
  :host {
    display: grid;
    grid-template-rows: auto minmax(0, 1fr) auto;
    grid-template-columns: minmax(0, 1fr);
    min-width: 0;
    min-height: 0;
    background: var(--surface);
    font-size: 0.8125rem;
  }
  header {
    display: flex;
    align-items: center;
    justify-content: space-between;
    padding: 0.125rem 0.125rem 0.125rem 0.75rem;
    color: var(--ink-soft);
  }
  h2 {
    font-size: 0.75rem;
    font-weight: 600;
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
  }
  .tools {
    display: flex;
  }
  .tools button {
    width: 1.5rem;
    min-height: 1.75rem;
  }
  .tools svg {
    width: 1rem;
    height: 1rem;
  }
  .drop {
    display: flex;
    flex-direction: column;
    min-height: 0;
  }
  .drop.over {
    outline: 2px dashed var(--focus);
    outline-offset: -3px;
  }
  dd-tree {
    flex: 1;
  }
  .empty,
  .status {
    padding: 0.375rem 0.75rem;
    color: var(--ink-soft);
  }
  .status {
    border-top: 1px solid var(--line);
  }
  .naming {
    display: grid;
    gap: 0.25rem;
    padding: 0.375rem 0.5rem 0.5rem 0.75rem;
  }
  .naming label {
    color: var(--ink-soft);
    overflow: hidden;
    text-overflow: ellipsis;
  }
  .naming input {
    font: inherit;
    min-width: 0;
    width: 100%;
    padding: 0.25rem 0.375rem;
    border: 1px solid var(--focus);
    border-radius: 4px;
    background: var(--basin);
    color: var(--ink);
  }
  @media (pointer: coarse) {
    .tools button {
      width: 2.5rem;
      min-height: 2.5rem;
    }
  }
`;

/** What lies in the tree's rows. */
export const contentStyles = `
  .row { font-size: 0.8125rem; }
  .row.opened .label { font-weight: 600; }
  .row.over { outline: 2px dashed var(--focus); outline-offset: -2px; }
  .glyph { display: grid; flex: none; color: var(--ink-soft); }
  .glyph svg { width: 0.9375rem; height: 0.9375rem; }
  .unsaved { flex: none; width: 0.4375rem; height: 0.4375rem; border-radius: 50%; background: var(--warn); }
  .acts { display: none; flex: none; margin-right: -0.375rem; }
  .row:hover .acts { display: flex; }
  .acts button { width: 1.375rem; min-height: 1.375rem; }
  .acts svg { width: 0.8125rem; height: 0.8125rem; }
  @media (pointer: coarse) {
    .row.selected .acts { display: flex; }
    .acts button { width: 2.25rem; min-height: 2.25rem; }
  }
`;

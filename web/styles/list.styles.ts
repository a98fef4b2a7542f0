import { css } from "lit";

/** The side pane's two lists. */
export const listStyles = css`
  :host {
    display: block;
    min-width: 0;
  }
  header {
    display: flex;
    align-items: baseline;
    gap: 0.5rem;
    padding: 0.875rem 1rem 0.375rem;
    position: sticky;
    top: 0;
    background: var(--surface);
    z-index: 1;
  }
  h2 {
    font-size: 0.9375rem;
    font-weight: 650;
  }
  .count {
    color: var(--ink-soft);
    font-variant-numeric: tabular-nums;
  }
  li {
    display: grid;
    grid-template-columns: auto 1fr auto;
    gap: 0 0.625rem;
    align-items: center;
    padding: 0.4375rem 0.5rem 0.4375rem 1rem;
    min-height: 3.25rem;
  }
  li + li {
    border-top: 1px solid color-mix(in srgb, var(--line) 60%, transparent);
  }
  li:hover,
  li:focus-within {
    background: color-mix(in srgb, var(--ink) 4%, transparent);
  }
  .lamp {
    width: 0.5rem;
    height: 0.5rem;
    border-radius: 50%;
    border: 1.5px solid var(--ink-soft);
  }
  .lamp.running {
    background: var(--ok);
    border-color: var(--ok);
  }
  .lamp.paused,
  .lamp.restarting {
    background: var(--warn);
    border-color: var(--warn);
  }
  .lamp.dead {
    background: var(--bad);
    border-color: var(--bad);
  }
  .glyph {
    display: grid;
    color: var(--ink-soft);
  }
  .words {
    min-width: 0;
  }
  .name {
    font-weight: 550;
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
  }
  .more {
    color: var(--ink-soft);
    font-size: 0.8125rem;
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
  }
  .port {
    font-family: var(--mono);
    font-size: 0.75rem;
    color: var(--water);
  }
  .port button {
    min-height: 0;
    padding: 0;
    border: 0;
    background: none;
    color: inherit;
    text-decoration: underline;
    text-underline-offset: 2px;
  }
  .acts {
    display: flex;
  }
  .acts svg {
    width: 1rem;
    height: 1rem;
  }
  .empty {
    padding: 0.125rem 1rem 0.75rem;
    color: var(--ink-soft);
  }
  .suggestion {
    display: block;
    margin-top: 0.5rem;
    font-family: var(--mono);
    font-size: 0.8125rem;
    color: var(--ink);
  }
  @media (pointer: coarse) {
    .acts button {
      width: 2.5rem;
      min-height: 2.5rem;
    }
  }
`;

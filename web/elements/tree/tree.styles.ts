import { css } from "lit";

export const styles = css`
  :host {
    display: block;
    min-height: 0;
    min-width: 0;
  }
  .scroller {
    height: 100%;
    overflow: auto;
    overflow-anchor: none;
    outline: none;
  }
  .all {
    position: relative;
  }
  .shown {
    position: absolute;
    inset: 0 0 auto;
  }
  .row {
    display: flex;
    align-items: center;
    gap: 0.25rem;
    padding-right: 0.5rem;
    cursor: default;
    white-space: nowrap;
    user-select: none;
  }
  .row:hover {
    background: color-mix(in srgb, var(--ink) 5%, transparent);
  }
  .row.selected {
    background: color-mix(in srgb, var(--ink) 9%, transparent);
  }
  .scroller:focus-visible .row.selected {
    outline: 2px solid var(--focus);
    outline-offset: -2px;
    border-radius: 4px;
  }
  .triangle {
    display: grid;
    place-items: center;
    flex: none;
    width: 0.875rem;
    color: var(--ink-soft);
  }
  .triangle svg {
    width: 0.75rem;
    height: 0.75rem;
    transition: transform 80ms;
  }
  .triangle.open svg {
    transform: rotate(90deg);
  }
  .label {
    flex: 1;
    min-width: 0;
    overflow: hidden;
    text-overflow: ellipsis;
  }
`;

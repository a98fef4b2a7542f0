import { css } from "lit";

export const styles = css`
  :host {
    display: flex;
    align-items: stretch;
    min-width: 0;
    height: 2.5rem;
    background: var(--surface);
    border-bottom: 1px solid var(--line);
  }
  [role="tablist"] {
    display: flex;
    min-width: 0;
    overflow-x: auto;
    scrollbar-width: none;
  }
  .tab {
    display: flex;
    align-items: center;
    flex: 0 1 13rem;
    min-width: 6.5rem;
    border-right: 1px solid var(--line);
    color: var(--ink-soft);
    position: relative;
  }
  .tab.active {
    background: var(--basin);
    color: var(--ink);
    /* Covers the line below: this tab and the terminal are one sheet. */
    margin-bottom: -1px;
  }
  .tab.active::before {
    content: "";
    position: absolute;
    inset: 0 0 auto;
    height: 2px;
    background: var(--hull);
  }
  [role="tab"] {
    flex: 1;
    min-width: 0;
    height: 100%;
    padding: 0 0.25rem 0 0.875rem;
    border: 0;
    border-radius: 0;
    background: none;
    text-align: left;
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
  }
  [role="tab"]:focus-visible {
    outline-offset: -3px;
  }
  .ended [role="tab"] {
    font-style: italic;
    text-decoration: line-through;
    text-decoration-thickness: 1px;
  }
  .close {
    width: 1.5rem;
    min-height: 1.5rem;
    margin-right: 0.5rem;
    flex: none;
    opacity: 0.65;
  }
  .close:hover,
  .close:focus-visible {
    opacity: 1;
  }
  .close svg {
    width: 0.8125rem;
    height: 0.8125rem;
  }
  .add {
    align-self: center;
    margin: 0 0.375rem;
    flex: none;
  }
  @media (pointer: coarse) {
    :host {
      height: 2.75rem;
    }
    .close {
      width: 2.25rem;
      min-height: 2.25rem;
      margin-right: 0.125rem;
    }
  }
`;

import { css } from "lit";

export const styles = css`
  :host {
    display: block;
    width: 8.5rem;
    overflow: hidden;
    background: var(--basin);
    font-size: 0.75rem;
    font-variant-numeric: tabular-nums;
  }
  :host([isslim]) {
    width: 2.25rem;
  }
  ol {
    position: relative;
  }
  li {
    position: absolute;
    left: 0;
    right: 0;
    color: var(--ink-soft);
  }
  /* The bracket around an instruction of several lines. */
  li::after {
    content: "";
    position: absolute;
    right: 0;
    top: 2px;
    bottom: 2px;
    width: 2px;
    border-radius: 1px;
    background: currentColor;
    opacity: 0.45;
  }
  li.done,
  li.cached {
    --mark: var(--ok);
  }
  li.running {
    --mark: var(--hull);
  }
  li.failed {
    --mark: var(--bad);
  }
  li.canceled {
    --mark: var(--warn);
  }
  li.done::after,
  li.cached::after,
  li.running::after,
  li.failed::after {
    background: var(--mark);
  }
  li.stale {
    opacity: 0.45;
  }
  li.stale::after {
    background: none;
    border-right: 2px dotted currentColor;
  }
  button {
    border: 0;
    background: none;
    min-height: 0;
    padding: 0;
    border-radius: 4px;
  }
  button:focus-visible {
    outline-offset: -2px;
  }
  .step {
    display: grid;
    grid-template-columns: 1rem 2.75rem minmax(0, 1fr);
    align-items: center;
    gap: 0.25rem;
    width: 100%;
    height: var(--line-height);
    padding: 0 0.5rem 0 0.375rem;
    color: inherit;
    text-align: right;
    white-space: nowrap;
  }
  li:hover .step,
  li.selected .step {
    background: color-mix(in srgb, var(--ink) 8%, transparent);
    color: var(--ink);
  }
  .mark {
    display: grid;
    place-items: center;
    color: var(--mark, var(--ink-soft));
  }
  .mark svg {
    width: 0.875rem;
    height: 0.875rem;
  }
  li.cached .mark {
    opacity: 0.75;
  }
  li.running .mark svg {
    animation: turn 2s linear infinite;
  }
  @keyframes turn {
    to {
      transform: rotate(360deg);
    }
  }
  .size {
    color: var(--ink);
    overflow: hidden;
    text-overflow: ellipsis;
  }
  .size.wasteful {
    color: var(--warn);
  }
  .shell {
    position: absolute;
    top: 0;
    left: 0;
    display: none;
    place-items: center;
    width: 1.625rem;
    height: var(--line-height);
    background: var(--raised);
    color: var(--ink);
  }
  .shell svg {
    width: 0.875rem;
    height: 0.875rem;
  }
  li:hover .shell,
  li:focus-within .shell {
    display: grid;
  }
  :host([isslim]) .time,
  :host([isslim]) .size,
  :host([isslim]) .shell {
    display: none;
  }
  :host([isslim]) .step {
    grid-template-columns: 1fr;
    padding: 0;
  }
  /* In a narrow column the text needs the room. */
  @container (max-width: 22rem) {
    :host {
      width: 2.25rem;
    }
    .time,
    .size {
      display: none;
    }
    .step {
      grid-template-columns: 1fr;
      padding: 0;
    }
  }
`;

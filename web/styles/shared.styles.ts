import { css } from "lit";

/** Buttons, focus and small print, the same in every element. Colours are custom properties of the page (`page.css`). */
export const shared = css`
  :host {
    box-sizing: border-box;
  }
  *,
  *::before,
  *::after {
    box-sizing: inherit;
  }
  :focus-visible {
    outline: 2px solid var(--focus);
    outline-offset: 2px;
    border-radius: 4px;
  }
  button {
    font: inherit;
    color: inherit;
    cursor: pointer;
    border: 1px solid var(--line);
    border-radius: 6px;
    background: var(--raised);
    padding: 0.375rem 0.75rem;
    min-height: 2rem;
  }
  button:hover:not(:disabled) {
    border-color: var(--ink-soft);
  }
  button:disabled {
    opacity: 0.5;
    cursor: default;
  }
  button.primary {
    background: var(--hull);
    border-color: var(--hull);
    color: var(--on-hull);
    font-weight: 600;
  }
  button.quiet {
    border-color: transparent;
    background: none;
    color: var(--ink-soft);
  }
  button.quiet:hover:not(:disabled) {
    color: var(--ink);
    background: color-mix(in srgb, var(--ink) 9%, transparent);
    border-color: transparent;
  }
  button.icon {
    display: inline-grid;
    place-items: center;
    width: 2rem;
    min-height: 2rem;
    padding: 0;
  }
  svg.icon {
    width: 1.125rem;
    height: 1.125rem;
    fill: none;
    stroke: currentColor;
    stroke-width: 1.6;
    stroke-linecap: round;
    stroke-linejoin: round;
  }
  code,
  pre {
    font-family: var(--mono);
    font-size: 0.92em;
  }
  h2,
  h3,
  p,
  ul,
  ol,
  dl {
    margin: 0;
    padding: 0;
  }
  ul,
  ol {
    list-style: none;
  }
  .unseen {
    position: absolute;
    width: 1px;
    height: 1px;
    margin: -1px;
    overflow: hidden;
    clip-path: inset(50%);
    white-space: nowrap;
  }
  @media (prefers-reduced-motion: reduce) {
    *,
    *::before,
    *::after {
      animation-duration: 1ms !important;
      transition-duration: 1ms !important;
    }
  }
`;

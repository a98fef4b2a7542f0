import { css } from "lit";

export const styles = css`
  :host {
    display: flex;
    min-width: 0;
    min-height: 0;
    background: var(--surface);
  }
  .rail {
    display: flex;
    flex-direction: column;
    gap: 0.25rem;
    flex: none;
    width: 3.75rem;
    padding: 0.375rem 0.25rem;
    border-right: 1px solid var(--line);
  }
  .rail button {
    display: grid;
    justify-items: center;
    gap: 0.1875rem;
    padding: 0.4375rem 0 0.3125rem;
    border: 0;
    background: none;
    color: var(--ink-soft);
    font-size: 0.6875rem;
    line-height: 1.2;
    position: relative;
  }
  .rail button:hover {
    color: var(--ink);
    background: color-mix(in srgb, var(--ink) 7%, transparent);
  }
  .rail button[aria-pressed="true"] {
    color: var(--ink);
  }
  .rail button[aria-pressed="true"]::before {
    content: "";
    position: absolute;
    inset: 0.375rem auto 0.375rem -0.25rem;
    width: 2px;
    background: var(--hull);
  }
  .rail svg {
    width: 1.25rem;
    height: 1.25rem;
  }
  .panels {
    position: relative;
    flex: 1;
    min-width: 0;
    min-height: 0;
  }
  .panels > * {
    position: absolute;
    inset: 0;
  }
  .panels.away {
    display: none;
  }
  .panels > .away {
    visibility: hidden;
  }
  .wait {
    padding: 1.25rem;
    color: var(--ink-soft);
  }
`;

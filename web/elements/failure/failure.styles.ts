import { css } from "lit";

export const styles = css`
  :host {
    position: absolute;
    inset: 0;
    display: grid;
    place-items: center;
    overflow: auto;
    padding: 1.25rem;
    background: color-mix(in srgb, var(--basin) 88%, transparent);
  }
  section {
    width: min(42rem, 100%);
    padding: 1.5rem 1.75rem;
    background: var(--raised);
    border: 1px solid var(--line);
    border-top: 3px solid var(--bad);
    border-radius: 10px;
    box-shadow: 0 12px 32px rgb(0 0 0 / 0.18);
    display: grid;
    gap: 0.875rem;
  }
  h2 {
    display: flex;
    gap: 0.5rem;
    align-items: center;
    font-size: 1.125rem;
    font-weight: 650;
  }
  h2 svg {
    color: var(--bad);
    flex: none;
  }
  dl {
    display: grid;
    grid-template-columns: auto 1fr;
    gap: 0.25rem 0.875rem;
    padding: 0.625rem 0.875rem;
    background: var(--surface);
    border-radius: 6px;
    overflow-wrap: anywhere;
  }
  dt {
    color: var(--ink-soft);
  }
  dd {
    margin: 0;
    font-family: var(--mono);
    font-size: 0.8125rem;
    line-height: 1.6;
  }
  summary {
    cursor: pointer;
    color: var(--ink-soft);
  }
  pre {
    margin: 0.5rem 0 0;
    padding: 0.75rem 0.875rem;
    max-height: 13rem;
    overflow: auto;
    background: var(--basin);
    border: 1px solid var(--line);
    border-radius: 6px;
    font-size: 0.75rem;
    line-height: 1.5;
    white-space: pre-wrap;
    overflow-wrap: anywhere;
  }
  code {
    padding: 0.125em 0.375em;
    border-radius: 4px;
    background: var(--surface);
  }
  .actions {
    display: flex;
    flex-wrap: wrap;
    gap: 0.5rem;
  }
`;

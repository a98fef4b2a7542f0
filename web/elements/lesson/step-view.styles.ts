import { css } from "lit";

export const stepStyles = css`
  :host {
    display: grid;
    gap: 0.875rem;
    line-height: 1.6;
  }
  p code,
  li code,
  td code {
    padding: 0.0625rem 0.25rem;
    border-radius: 4px;
    background: color-mix(in srgb, var(--ink) 9%, transparent);
  }
  ul,
  ol {
    padding-left: 1.25rem;
    display: grid;
    gap: 0.25rem;
  }
  .code {
    position: relative;
    display: flex;
    align-items: stretch;
    border: 1px solid var(--line);
    border-radius: 8px;
    background: var(--raised);
    overflow: hidden;
  }
  .command {
    border-left: 3px solid var(--hull);
  }
  .code pre {
    flex: 1;
    min-width: 0;
    margin: 0;
    padding: 0.625rem 0.75rem;
    overflow-x: auto;
    line-height: 1.5;
  }
  .code button {
    align-self: flex-start;
    display: inline-flex;
    align-items: center;
    gap: 0.375rem;
    margin: 0.375rem;
    flex: none;
  }
  .code button svg {
    width: 0.9375rem;
    height: 0.9375rem;
  }
  details {
    border-left: 3px solid var(--line);
    padding-left: 0.75rem;
    color: var(--ink-soft);
  }
  summary {
    cursor: pointer;
    padding: 0.125rem 0;
  }
  aside {
    border-radius: 8px;
    padding: 0.625rem 0.75rem;
    background: color-mix(in srgb, var(--hull) 10%, transparent);
  }
  aside p {
    display: inline;
  }
  blockquote {
    margin: 0;
    padding-left: 0.75rem;
    border-left: 3px solid var(--line);
  }
  table {
    border-collapse: collapse;
  }
  th,
  td {
    text-align: left;
    padding: 0.25rem 0.5rem;
    border-bottom: 1px solid var(--line);
  }
`;

import { css } from "lit";

export const styles = css`
  :host {
    display: grid;
    gap: 0.75rem;
  }
  label {
    display: grid;
    gap: 0.25rem;
    color: var(--ink-soft);
  }
  input:not([type]),
  textarea {
    width: 100%;
    min-height: 2rem;
    padding: 0.375rem 0.5rem;
    border: 1px solid var(--line);
    border-radius: 6px;
    background: var(--basin);
    color: var(--ink);
    font: inherit;
    resize: vertical;
  }
  .code {
    font-family: var(--mono);
    font-size: 0.8125rem;
    overflow-wrap: anywhere;
  }
  .kinds {
    display: flex;
    flex-wrap: wrap;
    gap: 0.25rem 1rem;
  }
  .kinds label {
    display: flex;
    align-items: center;
    gap: 0.375rem;
    min-height: 2rem;
    color: var(--ink);
  }
  .list {
    max-height: 20vh;
    overflow: auto;
    font-family: var(--mono);
    font-size: 0.8125rem;
    overflow-wrap: anywhere;
  }
  .soft {
    color: var(--ink-soft);
  }
  .problem {
    color: var(--bad);
  }
`;

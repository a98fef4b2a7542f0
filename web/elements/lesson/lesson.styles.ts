import { css } from "lit";

export const styles = css`
  :host {
    display: flex;
    flex-direction: column;
    min-height: 0;
    background: var(--surface);
    color: var(--ink);
  }
  header {
    display: flex;
    align-items: center;
    justify-content: space-between;
    gap: 0.5rem;
    min-height: 2.75rem;
    padding: 0.25rem 0.75rem;
    border-bottom: 1px solid var(--line);
  }
  header h2 {
    font-size: 1rem;
  }
  header button {
    display: inline-flex;
    align-items: center;
    gap: 0.375rem;
  }
  .languages {
    display: flex;
  }
  .languages [aria-pressed="true"] {
    color: var(--ink);
    font-weight: 600;
  }
  .body {
    flex: 1;
    min-height: 0;
    overflow-y: auto;
    padding: 1rem 1.25rem 1.5rem;
  }
  .body > * {
    max-width: 44rem;
    margin-inline: auto;
  }
  .lead {
    color: var(--ink-soft);
    margin-bottom: 1rem;
  }
  .lessons {
    list-style: none;
    display: grid;
    gap: 0.75rem;
  }
  .lessons li {
    display: grid;
    gap: 0.5rem;
    padding: 0.875rem 1rem;
    border: 1px solid var(--line);
    border-radius: 10px;
    background: var(--raised);
    line-height: 1.5;
  }
  .lessons h3 {
    font-size: 1rem;
  }
  .row {
    display: flex;
    align-items: center;
    justify-content: space-between;
    gap: 0.75rem;
  }
  .small {
    color: var(--ink-soft);
    font-size: 0.8125rem;
  }
  progress {
    width: 100%;
    height: 0.25rem;
    accent-color: var(--hull);
  }
  .title {
    font-size: 1.25rem;
    line-height: 1.3;
    margin-bottom: 0.5rem;
  }
  .dots {
    display: flex;
    gap: 0.25rem;
    margin-bottom: 1rem;
  }
  .dots button {
    flex: 1;
    max-width: 4rem;
    min-height: 1.5rem;
    padding: 0.5rem 0;
    border: 0;
    background: none;
  }
  .dots button::before {
    content: "";
    display: block;
    height: 0.25rem;
    border-radius: 2px;
    background: color-mix(in srgb, var(--ink) 18%, transparent);
  }
  .dots button.done::before {
    background: var(--ok);
  }
  .dots button[aria-current="step"]::before {
    outline: 2px solid var(--ink);
    outline-offset: 1px;
  }
  article {
    display: grid;
    gap: 0.75rem;
  }
  article h3 {
    font-size: 1.0625rem;
    outline: none;
  }
  .verdict {
    margin-top: 1.25rem;
    min-height: 1.5rem;
    line-height: 1.5;
  }
  .verdict ul {
    padding-left: 1.25rem;
    color: var(--ink-soft);
  }
  .good {
    display: inline-flex;
    align-items: center;
    gap: 0.375rem;
    color: var(--ok);
    font-weight: 600;
  }
  .problem {
    margin-bottom: 0.75rem;
    padding: 0.5rem 0.75rem;
    border-left: 3px solid var(--bad);
  }
  footer {
    display: flex;
    flex-wrap: wrap;
    gap: 0.5rem;
    margin-top: 1rem;
  }
  footer button:last-child {
    margin-left: auto;
  }
`;

import { css } from "lit";

export const styles = css`
  :host {
    display: flex;
    flex-direction: column;
    gap: 0.5rem;
    padding: 0.75rem;
    overflow: auto;
  }
  .note {
    color: var(--ink-soft);
  }
  .head {
    display: flex;
    align-items: center;
    gap: 0.5rem;
  }
  .head b {
    flex: 1;
  }
  .head [aria-pressed="true"] {
    border-color: var(--hull);
  }
  iframe {
    flex: 1;
    min-height: 12rem;
    border: 1px solid var(--line);
    background: #fff;
    color-scheme: light;
  }
  pre {
    margin: 0;
    white-space: pre-wrap;
    overflow-wrap: anywhere;
  }
`;

import { css } from "lit";

export const styles = css`
  :host {
    display: grid;
    grid-template-columns: minmax(0, 1fr);
    grid-template-rows: auto minmax(0, 1fr);
    container-type: inline-size;
    min-width: 0;
    min-height: 0;
    background: var(--surface);
  }
  form {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 0.25rem;
    padding: 0.375rem;
    border-bottom: 1px solid var(--line);
  }
  .field {
    display: flex;
    flex: 1 1 14rem;
    min-width: 0;
    align-items: center;
    border: 1px solid var(--line);
    border-radius: 6px;
    background: var(--raised);
  }
  /* The address in a line of its own where there is no room beside the buttons. */
  @container (max-width: 30rem) {
    .field {
      order: 1;
      flex-basis: 100%;
    }
  }
  .field:focus-within {
    border-color: var(--focus);
  }
  input,
  select {
    font: inherit;
    color: inherit;
    border: 0;
    background: none;
    min-height: 2rem;
    padding: 0 0.5rem;
  }
  select {
    max-width: 45%;
    border-right: 1px solid var(--line);
    border-radius: 6px 0 0 6px;
  }
  option {
    color: initial;
  }
  input {
    flex: 1;
    min-width: 4rem;
    font-family: var(--mono);
    font-size: 0.92em;
  }
  .status {
    padding: 0 0.5rem;
    color: var(--ink-soft);
    font-size: 0.8125rem;
    white-space: nowrap;
  }
  .status.bad {
    color: var(--bad, #c33);
  }
  .forward svg {
    transform: none;
  }
  .body {
    position: relative;
    min-height: 0;
  }
  .body > iframe,
  .body > dd-response-view {
    position: absolute;
    inset: 0;
    box-sizing: border-box;
    width: 100%;
    height: 100%;
    border: 0;
  }
  .body > iframe {
    background: #fff;
    color-scheme: light;
  }
  .body > .away {
    visibility: hidden;
  }
  .say {
    position: absolute;
    inset: 0;
    display: flex;
    flex-direction: column;
    align-items: flex-start;
    gap: 0.75rem;
    padding: 1.25rem;
    overflow: auto;
    background: var(--surface);
  }
  .say p {
    max-width: 34rem;
  }
  .soft,
  .note {
    color: var(--ink-soft);
  }
  .note {
    order: 2;
    flex-basis: 100%;
    padding: 0 0.375rem;
    font-size: 0.8125rem;
  }
  ul {
    display: flex;
    flex-wrap: wrap;
    gap: 0.5rem;
  }
`;

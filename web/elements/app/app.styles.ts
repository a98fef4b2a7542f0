import { css } from "lit";

export const styles = css`
  :host {
    display: grid;
    grid-template-columns: minmax(0, 1fr);
    grid-template-rows: var(--header) auto minmax(0, 1fr) auto auto 2rem;
    height: 100%;
    min-width: 0;
    background: var(--ground);
  }
  /* Inside another page: a low head, no foot. */
  :host([embedded]) {
    grid-template-rows: 2.25rem auto minmax(0, 1fr) auto auto auto;
  }
  dd-embed-bar {
    grid-row: 1;
  }
  .skip {
    position: absolute;
    left: 0.5rem;
    top: -4rem;
    z-index: 10;
    padding: 0.5rem 1rem;
    background: var(--raised);
    color: var(--ink);
  }
  .skip:focus {
    top: 0.5rem;
  }
  dd-header {
    grid-row: 1;
  }
  .notices {
    grid-row: 2;
    min-width: 0;
  }
  main {
    grid-row: 3;
    display: grid;
    grid-template-columns: minmax(0, 1fr);
    grid-template-rows: minmax(0, 1fr);
    min-height: 0;
  }
  .wide main {
    grid-template-columns: [bench] auto [line] 0 [work] minmax(0, 1fr) [pane] auto;
  }
  .wide.with-bench main {
    grid-template-columns: [bench] calc(var(--split) * 100%) [line] 1px [work] minmax(0, 1fr) [pane] auto;
  }
  .wide.bench-only main {
    grid-template-columns: [bench] minmax(0, 1fr) [line] 0 [work] 0 [pane] auto;
  }
  .wide.bench-only .work {
    visibility: hidden;
  }
  .wide dd-workbench {
    grid-column: bench;
  }
  .wide .work {
    grid-column: work;
  }
  .wide .pane {
    grid-column: pane;
    width: clamp(16rem, 24vw, 21rem);
  }
  .wide.with-bench .pane {
    width: clamp(15rem, 18vw, 20rem);
  }
  dd-splitter {
    grid-column: line;
  }
  .frame {
    display: contents;
  }
  .work {
    display: grid;
    grid-template-rows: auto minmax(0, 1fr);
    min-width: 0;
    min-height: 0;
  }
  .terminals {
    position: relative;
    background: var(--basin);
    min-height: 0;
    overflow: hidden;
  }
  .terminal-place {
    position: absolute;
    inset: 0;
    display: grid;
    grid-template-rows: minmax(0, 1fr) auto;
  }
  /* Hidden terminals keep their size: their programs see no resize, and output goes on. */
  .terminal-place:not(.active) {
    visibility: hidden;
  }
  .ended {
    display: flex;
    align-items: center;
    flex-wrap: wrap;
    gap: 0.75rem;
    padding: 0.5rem 1rem;
    border-top: 1px solid var(--line);
    background: var(--surface);
  }
  .pane {
    min-height: 0;
    overflow: auto;
    border-left: 1px solid var(--line);
    background: var(--surface);
  }
  .problem {
    margin: 0.75rem 1rem 0;
    padding: 0.5rem 0.75rem;
    border-radius: 6px;
    border-left: 3px solid var(--bad);
    background: var(--raised);
    overflow-wrap: anywhere;
  }
  dd-keys {
    grid-row: 4;
  }
  .views {
    grid-row: 5;
    display: none;
  }
  dd-footer {
    grid-row: 6;
  }
  /* One column: every view in the same place, one of them visible. */
  .narrow main > * {
    grid-area: 1 / 1;
    border: 0;
  }
  .narrow main > .away {
    visibility: hidden;
  }
  .narrow .views {
    display: grid;
    border-top: 1px solid var(--line);
    background: var(--surface);
  }
  .views button {
    display: grid;
    justify-items: center;
    gap: 0.125rem;
    padding: 0.4375rem 0 0.3125rem;
    border: 0;
    border-radius: 0;
    background: none;
    color: var(--ink-soft);
    font-size: 0.75rem;
    border-top: 2px solid transparent;
    margin-top: -1px;
    min-width: 0;
  }
  .views span {
    max-width: 100%;
    overflow: hidden;
    text-overflow: ellipsis;
  }
  .views button[aria-selected="true"] {
    color: var(--ink);
    border-top-color: var(--hull);
  }
  .keys {
    display: grid;
    grid-template-columns: auto 1fr;
    gap: 0.4375rem 1.25rem;
    margin-bottom: 1rem;
  }
  .keys dt {
    font-family: var(--mono);
    font-size: 0.8125rem;
  }
  .keys dd {
    margin: 0;
    color: var(--ink-soft);
  }
  .log {
    margin: 0.75rem 0 0;
    padding: 0.75rem 0.875rem;
    min-height: 8rem;
    max-height: 60vh;
    overflow: auto;
    border: 1px solid var(--line);
    border-radius: 6px;
    background: var(--basin);
    font-size: 0.75rem;
    line-height: 1.5;
    white-space: pre-wrap;
    overflow-wrap: anywhere;
  }
  .space {
    display: grid;
    gap: 0.75rem;
    justify-items: start;
  }
  .space meter {
    width: 100%;
    height: 0.75rem;
  }
  .soft {
    color: var(--ink-soft);
  }
`;

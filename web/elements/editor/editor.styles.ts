import { css } from "lit";

export const styles = css`
  :host {
    display: grid;
    grid-template-rows: auto auto minmax(0, 1fr);
    grid-template-columns: minmax(0, 1fr);
    min-width: 0;
    min-height: 0;
    background: var(--surface);
  }
  .body {
    display: grid;
    grid-template-rows: minmax(0, 1fr) auto;
    grid-template-columns: minmax(0, 1fr);
    min-height: 0;
  }
  .body.split {
    grid-template-rows: calc(var(--fraction) * 100%) 1px minmax(0, 1fr);
  }
  .toolbar {
    display: flex;
    align-items: center;
    gap: 0.5rem;
    min-height: 2.5rem;
    padding: 0 0.5rem 0 0.25rem;
    border-bottom: 1px solid var(--line);
    min-width: 0;
  }
  .file {
    display: flex;
    align-items: baseline;
    gap: 0.5rem;
    flex: 1 0 5.5rem;
    min-width: 0;
    overflow: hidden;
    white-space: nowrap;
  }
  .file b {
    font-weight: 600;
    overflow: hidden;
    text-overflow: ellipsis;
  }
  .findings,
  .saving {
    font-size: 0.75rem;
    color: var(--ink-soft);
    overflow: hidden;
    text-overflow: ellipsis;
  }
  .findings.error {
    color: var(--bad);
  }
  .findings.warning {
    color: var(--warn);
  }
  dd-build-bar {
    flex: 0 1 auto;
  }
  .notices:empty {
    display: none;
  }
  .notice {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 0.375rem 0.5rem;
    padding: 0.375rem 0.75rem;
    border-bottom: 1px solid var(--line);
    border-left: 3px solid var(--warn);
    background: var(--raised);
    font-size: 0.8125rem;
  }
  .notice span {
    flex: 1 1 12rem;
    overflow-wrap: anywhere;
  }
  .notice button {
    min-height: 1.75rem;
  }
  .middle {
    display: grid;
    grid-template-columns: auto minmax(0, 1fr);
    grid-template-rows: minmax(0, 1fr);
    min-height: 0;
    position: relative;
  }
  dd-files {
    grid-column: 1;
    border-right: 1px solid var(--line);
  }
  .with-files {
    grid-template-columns: max(11.5rem, 22%) minmax(0, 1fr);
  }
  .text {
    grid-column: 2;
    display: grid;
    min-height: 0;
    min-width: 0;
  }
  .narrow dd-files {
    position: absolute;
    inset: 0;
    width: auto;
    z-index: 3;
    border: 0;
  }
  .narrow.with-files {
    grid-template-columns: auto minmax(0, 1fr);
  }
  .nothing {
    align-self: center;
    justify-self: center;
    max-width: 26rem;
    padding: 1.5rem;
    text-align: center;
    color: var(--ink-soft);
  }
  .nothing button {
    margin: 0.75rem 0 0.5rem;
  }
  dd-step-drawer {
    max-height: 45vh;
    border-top: 1px solid var(--line);
  }
  .split dd-step-drawer {
    max-height: none;
    border-top: 0;
  }
`;

/** The lower part: what the build did. */
export const drawerStyles = css`
  .bar {
    flex: none;
    --mark: var(--ok);
  }
  .bar.failed {
    --mark: var(--bad);
  }
  .bar.canceled {
    --mark: var(--warn);
  }
  .bar.running {
    --mark: var(--hull);
  }
  .summary {
    display: flex;
    align-items: center;
    gap: 0.5rem;
    width: 100%;
    min-height: 1.875rem;
    padding: 0 0.75rem 0 0.5rem;
    border: 0;
    border-radius: 0;
    background: none;
    font-size: 0.8125rem;
    text-align: left;
  }
  .summary:hover {
    background: color-mix(in srgb, var(--ink) 5%, transparent);
  }
  .summary .words {
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
    font-variant-numeric: tabular-nums;
  }
  .lamp {
    flex: none;
    width: 0.5rem;
    height: 0.5rem;
    border-radius: 50%;
    background: var(--mark);
  }
  .triangle {
    display: grid;
    color: var(--ink-soft);
  }
  .triangle svg {
    width: 0.75rem;
    height: 0.75rem;
    transform: rotate(-90deg);
  }
  .triangle.open svg {
    transform: rotate(90deg);
  }
  .steps {
    overflow: auto;
    min-height: 0;
    padding-bottom: 0.25rem;
    border-top: 1px solid color-mix(in srgb, var(--line) 60%, transparent);
  }
  .steps button {
    display: grid;
    grid-template-columns: 1.125rem minmax(0, 1fr) auto 4.5rem;
    align-items: center;
    gap: 0.5rem;
    width: 100%;
    min-height: 1.75rem;
    padding: 0 0.75rem;
    border: 0;
    border-radius: 0;
    background: none;
    text-align: left;
    font-size: 0.8125rem;
    font-variant-numeric: tabular-nums;
  }
  .steps button:hover {
    background: color-mix(in srgb, var(--ink) 5%, transparent);
  }
  .steps button:focus-visible,
  .summary:focus-visible {
    outline-offset: -2px;
  }
  .steps code {
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
  }
  .steps .time {
    color: var(--ink-soft);
  }
  .steps .size {
    text-align: right;
  }
  .steps .mark {
    display: grid;
    color: var(--ink-soft);
  }
  .steps .done .mark,
  .steps .cached .mark {
    color: var(--ok);
  }
  .steps .failed .mark {
    color: var(--bad);
  }
  .steps .running .mark {
    color: var(--hull);
  }
  .steps .stale {
    opacity: 0.55;
  }
  .mark svg {
    width: 0.875rem;
    height: 0.875rem;
  }
  .step-head {
    display: flex;
    align-items: center;
    gap: 0.625rem;
    flex: none;
    padding: 0.25rem 0.375rem 0.25rem 0.75rem;
    border-top: 1px solid color-mix(in srgb, var(--line) 60%, transparent);
    font-size: 0.8125rem;
  }
  .step-head code {
    flex: 1 1 6rem;
    min-width: 0;
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
    font-weight: 600;
  }
  .step-head .facts {
    flex: 0 1 auto;
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
    color: var(--ink-soft);
    font-variant-numeric: tabular-nums;
  }
  .step-head button:not(.icon) {
    display: flex;
    align-items: center;
    gap: 0.3125rem;
    flex: none;
    min-height: 1.75rem;
    padding: 0 0.625rem;
  }
  .step-head svg {
    width: 0.9375rem;
    height: 0.9375rem;
  }
  .note {
    padding: 0.5rem 0.75rem 0.75rem;
    color: var(--ink-soft);
    font-size: 0.8125rem;
    overflow-wrap: anywhere;
  }
  .note button {
    min-height: 1.75rem;
    margin-left: 0.5rem;
  }
  dd-layer-files {
    flex: 1;
    min-height: 0;
  }
  @media (pointer: coarse) {
    .summary,
    .steps button {
      min-height: 2.5rem;
    }
  }
`;

import { css } from "lit";

export const styles = css`
  :host {
    display: flex;
    align-items: center;
    gap: 1rem;
    padding: 0 0.75rem 0 1rem;
    min-width: 0;
    position: relative;
    border-bottom: 1px solid var(--line);
    background: var(--ground);
  }
  .brand {
    display: flex;
    align-items: center;
    gap: 0.625rem;
    font-size: 1.0625rem;
    font-weight: 650;
    letter-spacing: -0.01em;
    margin: 0;
    line-height: 1;
  }
  .logo {
    width: 1.75rem;
    height: 1.75rem;
    flex: none;
  }
  .state {
    display: flex;
    align-items: baseline;
    gap: 0.5rem;
    min-width: 0;
    color: var(--ink-soft);
    white-space: nowrap;
    overflow: hidden;
    font-variant-numeric: tabular-nums;
  }
  .lamp {
    align-self: center;
    flex: none;
    width: 0.5rem;
    height: 0.5rem;
    border-radius: 50%;
    background: var(--warn);
  }
  .ready .lamp {
    background: var(--ok);
  }
  .failed .lamp {
    background: var(--bad);
    border-radius: 1px;
  }
  .booting .lamp {
    animation: pulse 1.2s ease-in-out infinite alternate;
  }
  .release {
    color: var(--ink);
    font-family: var(--mono);
    font-size: 0.8125rem;
    overflow: hidden;
    text-overflow: ellipsis;
  }
  .aside {
    overflow: hidden;
    text-overflow: ellipsis;
  }
  nav {
    margin-left: auto;
    display: flex;
    gap: 0.125rem;
    flex: none;
  }
  button[aria-pressed="true"] {
    color: var(--water);
  }
  /* The waterline: water that leaves the dock while the machine comes up. */
  .waterline {
    position: absolute;
    inset: auto 0 -1px 0;
    height: 2px;
    transform-origin: right;
    background: var(--water);
    transition:
      transform 0.35s ease-out,
      opacity 0.5s 0.3s;
  }
  .ready ~ .waterline,
  .failed ~ .waterline {
    opacity: 0;
  }
  @keyframes pulse {
    to {
      opacity: 0.35;
    }
  }
  @media (max-width: 50rem) {
    .aside {
      display: none;
    }
    :host {
      gap: 0.75rem;
      padding: 0 0.375rem 0 0.75rem;
    }
  }
  @media (max-width: 26rem) {
    .brand span {
      position: absolute;
      clip-path: inset(50%);
    }
  }
`;

import { css } from "lit";

export const styles = css`
  :host {
    position: absolute;
    inset: auto 1.25rem 1.25rem auto;
    width: min(30rem, calc(100% - 2.5rem));
    display: grid;
    grid-template-columns: 8.5rem 1fr;
    gap: 1.25rem;
    padding: 1.125rem 1.25rem;
    background: var(--raised);
    border: 1px solid var(--line);
    border-radius: 10px;
    box-shadow: 0 12px 32px rgb(0 0 0 / 0.18);
    /* A boot from a snapshot is over before anybody could read this. */
    animation: appear 0.25s 0.45s backwards;
  }
  h2 {
    font-size: 0.9375rem;
    font-weight: 650;
    margin-bottom: 0.5rem;
  }
  .dock {
    width: 100%;
    align-self: center;
  }
  .water {
    transition: transform 0.4s ease-out;
  }
  .hull {
    transition: transform 0.4s ease-out;
  }
  li {
    display: grid;
    grid-template-columns: 1.125rem 1fr auto;
    gap: 0.375rem;
    align-items: center;
    color: var(--ink-soft);
    line-height: 1.65;
    font-variant-numeric: tabular-nums;
  }
  li svg.icon {
    width: 0.875rem;
    height: 0.875rem;
    color: var(--ok);
  }
  li.current {
    color: var(--ink);
  }
  .dot {
    justify-self: center;
    width: 0.3125rem;
    height: 0.3125rem;
    border-radius: 50%;
    background: var(--line);
  }
  .current .dot {
    width: 0.5rem;
    height: 0.5rem;
    background: var(--water);
    animation: breathe 0.9s ease-in-out infinite alternate;
  }
  .bytes {
    font-size: 0.8125rem;
  }
  @keyframes appear {
    from {
      opacity: 0;
      transform: translateY(6px);
    }
  }
  @keyframes breathe {
    to {
      opacity: 0.35;
    }
  }
  @media (max-width: 34rem) {
    :host {
      grid-template-columns: 1fr;
      inset: auto 0.75rem 0.75rem;
      width: auto;
    }
    .dock {
      display: none;
    }
  }
`;

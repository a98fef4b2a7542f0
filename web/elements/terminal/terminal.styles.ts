import { css, unsafeCSS } from "lit";
import xtermCss from "@xterm/xterm/css/xterm.css?inline";

export const styles = css`
  ${unsafeCSS(xtermCss)}
  :host {
    display: block;
    position: relative;
    background: var(--basin);
    contain: strict;
  }
  .screen {
    position: absolute;
    inset: 0.625rem 0.25rem 0.375rem 0.875rem;
  }
  .xterm {
    height: 100%;
  }
  /* The whole terminal shows that keys go there, not only its cursor. */
  :host::after {
    content: "";
    position: absolute;
    inset: 0 0 auto 0;
    height: 1px;
    background: var(--focus);
    opacity: 0;
    pointer-events: none;
  }
  :host(:focus-within)::after {
    opacity: 1;
  }
  .xterm .xterm-viewport {
    background: transparent !important;
  }
`;

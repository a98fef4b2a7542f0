import { css } from "lit";

export const styles = css`
  :host {
    display: grid;
    grid-template-columns: auto minmax(0, 1fr);
    container-type: inline-size;
    min-width: 0;
    min-height: 0;
    background: var(--basin);
    /* Monaco's menus lie in a shadow of their own, where only what is inherited arrives. */
    --vscode-menu-background: var(--raised);
    --vscode-menu-foreground: var(--ink);
    --vscode-menu-border: var(--line);
    --vscode-menu-selectionBackground: color-mix(in srgb, var(--ink) 12%, transparent);
    --vscode-menu-selectionForeground: var(--ink);
    --vscode-menu-separatorBackground: var(--line);
    --vscode-widget-shadow: rgb(0 0 0 / 0.3);
  }
  .code {
    position: relative;
    min-width: 0;
    min-height: 0;
    grid-column: 2;
  }
  .place {
    position: absolute;
    inset: 0;
  }
  .wait {
    position: absolute;
    inset: 0;
    margin: 0;
    padding: 0.75rem 1rem;
    overflow: hidden;
    color: var(--ink-soft);
    font: 0.8125rem/1.54 var(--mono);
    white-space: pre;
  }
  dd-gutter {
    grid-column: 1;
    border-right: 1px solid color-mix(in srgb, var(--line) 60%, transparent);
  }
`;

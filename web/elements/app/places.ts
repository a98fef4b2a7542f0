import { html, nothing, type TemplateResult } from "lit";
import { repeat } from "lit/directives/repeat.js";
import type { PreferencesController } from "../../controllers/preferences-controller.ts";
import type { TerminalsController, TerminalTab } from "../../controllers/terminals-controller.ts";
import { strings } from "../../strings.ts";
import type { TerminalSize } from "../../worker-api.ts";
import { titleOf } from "../tabs/tabs.ts";
import "../terminal/terminal.ts";

export interface PlacesOptions {
  /** Focus wants to leave the terminal. */
  readonly leave: () => void;
  /** A new shell in a tab whose shell has ended. */
  readonly reopen: (id: number) => void;
}

/** Every tab's terminal, one above the other; all but the active one are hidden but keep running. */
export function terminalPlaces(
  terminals: TerminalsController,
  preferences: PreferencesController,
  options: PlacesOptions,
): unknown {
  const place = (tab: TerminalTab): TemplateResult => {
    const isActive = tab.id === terminals.activeId;
    const title = titleOf(tab);
    return html`<div
      class="terminal-place ${isActive ? "active" : ""}"
      role="tabpanel"
      aria-label=${title}
      ?inert=${!isActive}
    >
      <dd-terminal
        data-tab=${tab.id}
        .label=${strings.terminal.label(title)}
        .palette=${preferences.palette}
        .isScreenReader=${preferences.isScreenReader}
        .fontSize=${preferences.isNarrow ? 13 : 14}
        @terminal-input=${(event: CustomEvent<Uint8Array>) => terminals.input(tab.id, event.detail)}
        @terminal-resize=${(event: CustomEvent<TerminalSize>) => terminals.resize(tab.id, event.detail)}
        @terminal-title=${(event: CustomEvent<string>) => terminals.rename(tab.id, event.detail)}
        @terminal-leave=${options.leave}
      ></dd-terminal>
      ${tab.state === "exited" ? ended(tab, options.reopen) : nothing}
    </div>`;
  };
  return repeat(terminals.tabs, (tab) => tab.id, place);
}

function ended(tab: TerminalTab, reopen: (id: number) => void): TemplateResult {
  const words = strings.terminal;
  return html`<div class="ended" role="status">
    <span>${tab.problem ? words.failed(tab.problem) : words.exited(tab.exitCode ?? 0)}</span>
    <button class="primary" @click=${() => reopen(tab.id)}>${words.again}</button>
  </div>`;
}

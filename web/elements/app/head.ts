import { html, type TemplateResult } from "lit";
import type { EngineController } from "../../controllers/engine-controller.ts";
import type { PreferencesController } from "../../controllers/preferences-controller.ts";
import { formatSeconds } from "../../data/format.ts";
import { strings } from "../../strings.ts";
import { fractionOf } from "../boot/boot.ts";
import "../header/header.ts";

/** The page's head: the machine's state, and switches for what a person prefers. */
export function pageHeader(
  engine: EngineController,
  preferences: PreferencesController,
  open: { readonly help: () => void; readonly share: () => void },
): TemplateResult {
  return html`<dd-header
    role="banner"
    .phase=${engine.phase}
    .detail=${detailOf(engine)}
    .kernelRelease=${engine.kernelRelease ?? ""}
    .fraction=${fractionOf(engine.progress)}
    .theme=${preferences.theme}
    .isScreenReader=${preferences.isScreenReader}
    .isPaneShown=${preferences.isPaneShown}
    .isNarrow=${preferences.isNarrow}
    @theme-next=${() => preferences.nextTheme()}
    @reader-toggle=${() => preferences.toggleScreenReader()}
    @pane-toggle=${() => preferences.togglePane()}
    @help-open=${open.help}
    @share-open=${open.share}
  ></dd-header>`;
}

function detailOf({ phase, readyInfo, progress }: EngineController): string {
  const last = [...progress.values()].at(-1);
  if (phase === "ready" && readyInfo) return strings.state.up(formatSeconds(readyInfo.milliseconds), readyInfo.from);
  return phase === "booting" && last ? strings.boot.steps[last.step] : "";
}

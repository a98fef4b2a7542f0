import { html, nothing, type TemplateResult } from "lit";
import type { DockerController } from "../../controllers/docker-controller.ts";
import type { EngineController } from "../../controllers/engine-controller.ts";
import type { PreferencesController } from "../../controllers/preferences-controller.ts";
import type { TerminalsController } from "../../controllers/terminals-controller.ts";
import { strings } from "../../strings.ts";
import type { SplitDetail } from "../splitter/splitter.ts";
import type { WorkbenchHost } from "../workbench/workbench-host.ts";
import type { Layout } from "./layout.ts";
import type { View } from "./pane.ts";
import "../splitter/splitter.ts";
import "../workbench/workbench.ts";

/** The page's controllers, as its parts are given them. */
export interface Controllers {
  readonly engine: EngineController;
  readonly docker: DockerController;
  readonly terminals: TerminalsController;
  readonly preferences: PreferencesController;
}

/** The place of the workbench that is in front; "" when it is closed. */
export function placeInFront(layout: Layout, chosen: string, options: { isNarrow: boolean; view: View }): string {
  const has = (id: string): boolean => layout.tabs.some((tab) => tab.id === id);
  if (options.isNarrow) return has(options.view) ? options.view : "";
  if (has(chosen)) return chosen;
  return layout.isFixed ? (layout.tabs[0]?.id ?? "") : "";
}

/** The view of a narrow screen: what was chosen, where the layout has it. */
export function viewInFront(layout: Layout, view: View): View {
  const isThere =
    layout.tabs.some((tab) => tab.id === view) ||
    (layout.hasTerminal && view === "terminal") ||
    (layout.hasLists && (view === "containers" || view === "images"));
  if (isThere) return view;
  return layout.tabs[0]?.id ?? (layout.hasTerminal ? "terminal" : "containers");
}

export interface BenchOptions {
  readonly layout: Layout;
  readonly active: string;
  readonly host: WorkbenchHost;
  readonly select: (id: string) => void;
}

/** The workbench, and the line between it and the terminals. */
export function bench({ engine, preferences }: Controllers, options: BenchOptions): TemplateResult {
  const { layout, active, host } = options;
  const { isNarrow } = preferences;
  const isSplit = !isNarrow && active !== "" && layout.hasTerminal;
  return html`${
    layout.tabs.length === 0
      ? nothing
      : html`<dd-workbench
          class=${isNarrow && !active ? "away" : ""}
          .tabs=${layout.tabs}
          .active=${active}
          .host=${host}
          .isSettled=${engine.phase !== "booting"}
          .hasRail=${!isNarrow && (!layout.isFixed || layout.tabs.length > 1)}
          @place-select=${(event: CustomEvent<string>) => options.select(event.detail)}
        ></dd-workbench>`
  }
  ${
    isSplit
      ? html`<dd-splitter
          .fraction=${preferences.split}
          .label=${strings.workbench.split}
          @split-move=${(event: CustomEvent<SplitDetail>) => preferences.setSplit(event.detail.fraction, event.detail.isFinal)}
        ></dd-splitter>`
      : nothing
  }`;
}

/** What panels are given of the page. */
export function workbenchHost(
  { engine, docker, terminals, preferences }: Controllers,
  page: Pick<WorkbenchHost, "show" | "showTerminal" | "isReadOnly">,
): WorkbenchHost {
  const { palette, isNarrow, isTouch, isScreenReader } = preferences;
  return {
    ...page,
    client: engine.phase === "ready" ? engine.client : undefined,
    fetch: engine.fetch,
    containers: docker.containers,
    images: docker.images,
    palette,
    isNarrow,
    isTouch,
    isScreenReader,
    type: (text, target = "active") => {
      const id = target === "active" ? terminals.activeId : target === "new" ? terminals.add() : target;
      terminals.activate(id);
      terminals.input(id, new TextEncoder().encode(text));
      return id;
    },
    promptDirectory: (tab) => directoryOfPrompt(terminals.lastLine(tab) ?? ""),
  };
}

/** `root@drydock:~/workspace#`: what the guest's bash shows when it waits. */
function directoryOfPrompt(line: string): string | undefined {
  return /^(?:\S+@)?[\w.-]+:([/~][^#]*)#$/.exec(line.trimEnd())?.[1];
}

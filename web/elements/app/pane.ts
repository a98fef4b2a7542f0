import { html, nothing, type TemplateResult } from "lit";
import type { DockerController } from "../../controllers/docker-controller.ts";
import { strings } from "../../strings.ts";
import { icon, type IconName } from "../../styles/icons.ts";
import type { ContainerActionDetail } from "../containers/containers.ts";
import type { Layout } from "./layout.ts";
import "../containers/containers.ts";
import "../images/images.ts";

/** What a narrow screen shows, one at a time: one of these, or a place of the workbench by its id. */
export type View = "terminal" | "containers" | "images" | (string & {});

type ViewRow = readonly [view: View, icon: IconName, label: string];

function viewsOf({ tabs, hasTerminal, hasLists }: Layout): readonly ViewRow[] {
  const { terminal, containers, images } = strings.views;
  return [
    ...(hasTerminal ? ([["terminal", "terminal", terminal]] as const) : []),
    ...tabs.filter((tab) => tab.isInBar).map((tab): ViewRow => [tab.id, tab.icon, tab.label]),
    ...(hasLists
      ? ([
          ["containers", "box", containers],
          ["images", "layers", images],
        ] as const)
      : []),
  ];
}

export interface PaneOptions {
  readonly isNarrow: boolean;
  readonly view: View;
  /** A command the person wants typed. */
  readonly suggest: (command: string) => void;
  readonly showLayers: (image: string) => void;
}

/** Containers and images: beside the terminals, or on a narrow screen each in a view of its own. */
export function pane(docker: DockerController, options: PaneOptions): TemplateResult | TemplateResult[] {
  const { containers, images, busy, problem } = docker;
  const suggest = (event: CustomEvent<string>): void => options.suggest(event.detail);
  const problemText = problem ? html`<p class="problem" role="alert">${strings.actions.failed(problem)}</p>` : nothing;
  const lists = {
    containers: html`<dd-containers
      .rows=${containers}
      .busy=${busy}
      @container-action=${(event: CustomEvent<ContainerActionDetail>) => docker.act(event.detail.id, event.detail.action)}
      @command-suggest=${suggest}
    ></dd-containers>`,
    images: html`<dd-images
      .rows=${images}
      .busy=${busy}
      @image-remove=${(event: CustomEvent<string>) => docker.removeImage(event.detail)}
      @image-layers=${(event: CustomEvent<string>) => options.showLayers(event.detail)}
      @command-suggest=${suggest}
    ></dd-images>`,
  };
  if (!options.isNarrow) {
    return html`<aside class="pane" aria-label=${strings.pane.label}>
      ${problemText}${lists.containers}${lists.images}
    </aside>`;
  }
  return (["containers", "images"] as const).map(
    (view) =>
      html`<div class="pane ${options.view === view ? "" : "away"}" role="tabpanel" aria-label=${strings.views[view]}>
        ${problemText}${lists[view]}
      </div>`,
  );
}

/** The switch between views of a narrow screen; none where there is only one. */
export function viewTabs(layout: Layout, current: View, show: (view: View) => void): TemplateResult | typeof nothing {
  const views = viewsOf(layout);
  if (views.length < 2) return nothing;
  return html`<div
    class="views"
    role="tablist"
    aria-label=${strings.views.label}
    style="grid-template-columns: repeat(${views.length}, minmax(0, 1fr))"
  >
    ${views.map(
      ([view, name, label]) =>
        html`<button role="tab" aria-selected=${current === view} @click=${() => show(view)}>
          ${icon(name)}<span>${label}</span>
        </button>`,
    )}
  </div>`;
}

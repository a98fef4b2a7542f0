import { html, nothing, type TemplateResult } from "lit";
import type { DockerController } from "../../controllers/docker-controller.ts";
import { strings } from "../../strings.ts";
import { icon, type IconName } from "../../styles/icons.ts";
import type { ContainerActionDetail } from "../containers/containers.ts";
import "../containers/containers.ts";
import "../images/images.ts";

/** What a narrow screen shows, one at a time. */
export type View = "terminal" | "containers" | "images";

const VIEWS: readonly (readonly [View, IconName])[] = [
  ["terminal", "terminal"],
  ["containers", "box"],
  ["images", "layers"],
];

export interface PaneOptions {
  readonly isNarrow: boolean;
  readonly view: View;
  /** A command the person wants typed. */
  readonly suggest: (command: string) => void;
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

/** The switch between views of a narrow screen. */
export function viewTabs(current: View, show: (view: View) => void): TemplateResult {
  return html`<div class="views" role="tablist" aria-label=${strings.views.label}>
    ${VIEWS.map(
      ([view, name]) =>
        html`<button role="tab" aria-selected=${current === view} @click=${() => show(view)}>
          ${icon(name)}${strings.views[view]}
        </button>`,
    )}
  </div>`;
}

import { html, nothing, type TemplateResult } from "lit";
import { until } from "lit/directives/until.js";
import type { EnginePhase } from "../../controllers/engine-controller.ts";
import type { PlaygroundController } from "../../controllers/playground-controller.ts";
import { encodeFragment } from "../../embed/document-codec.ts";
import { documentOf } from "../../embed/document-json.ts";
import type { Playground } from "../../embed/playground-document.ts";
import { strings } from "../../strings.ts";
import "../commands/commands.ts";
import "../embed-bar/embed-bar.ts";
import "../notice/notice.ts";

/** The document that the page shows, and whether it does so inside another page. */
export interface ShownPlayground extends Playground {
  readonly isEmbedded: boolean;
}

const addresses = new WeakMap<ShownPlayground, Promise<string>>();

/**
 * The head of an embedded playground, in place of the page's. It comes last among the page's parts, whatever it looks like: from a terminal,
 * which keeps the Tab key, F6 leads to it, and Tab from there out of the frame.
 */
export function embedBar(playground: ShownPlayground, phase: EnginePhase, reset: () => void): TemplateResult {
  const address = addresses.get(playground) ?? encodeFragment(documentOf(playground)).then(pageAddress);
  addresses.set(playground, address);
  return html`<dd-embed-bar
    role="banner"
    .title=${playground.title}
    .phase=${phase}
    .address=${until(address, "")}
    @reset-request=${reset}
  ></dd-embed-bar>`;
}

/** The page with a document in its fragment. */
export function pageAddress(fragment: string): string {
  const address = new URL("./", location.href);
  address.hash = fragment;
  return address.href;
}

/** What a document adds above the terminals. */
export function playgroundStrip(scripts: PlaygroundController, type: (command: string) => void): unknown {
  const { offered, problem } = scripts;
  return html`${
    problem === undefined
      ? nothing
      : html`<dd-notice
          .text=${strings.playground.failed(problem)}
          action=""
          @notice-dismiss=${() => scripts.forgetProblem()}
        ></dd-notice>`
  }${
    offered.length === 0
      ? nothing
      : html`<dd-commands
          .commands=${offered}
          @command-type=${(event: CustomEvent<string>) => type(event.detail)}
        ></dd-commands>`
  }`;
}

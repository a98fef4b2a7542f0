import type { ContainerRow, ImageRow } from "../../data/docker-lists.ts";
import type { DockerFetch, EngineClient } from "../../data/engine-client.ts";

/** Where a command is typed: the terminal in front, a certain tab, or a new one. */
export type TypeTarget = "active" | "new" | number;

/** What a panel of the workbench is given of the page. A new object whenever anything in it has changed. */
export interface WorkbenchHost {
  /** Undefined while no machine is up; another object after a restart. */
  readonly client: EngineClient | undefined;
  /** The Docker Engine API and `/drydock/…`; rejects while no machine is up. */
  readonly fetch: DockerFetch;
  /** As `docker ps -a` has them, kept up to date; undefined until they were read once. */
  readonly containers: readonly ContainerRow[] | undefined;
  readonly images: readonly ImageRow[] | undefined;
  readonly palette: "light" | "dark";
  readonly isNarrow: boolean;
  readonly isTouch: boolean;
  readonly isScreenReader: boolean;
  /** Files are to be looked at, not changed: said by a playground's document. The terminal stays the person's. */
  readonly isReadOnly: boolean;
  /** Types text into a terminal, as a person would; Enter is `\r`. Resolves the tab's id, for a later `type`. */
  type(text: string, target?: TypeTarget): number;
  /** The directory a shell's prompt shows (`~/workspace`); undefined when no prompt is the last thing on the screen. */
  promptDirectory(tab?: number): string | undefined;
  /** Moves focus to the terminal in front, and shows it where there is one view at a time. */
  showTerminal(): void;
  /** Shows a panel of the workbench, and there what is meant: `show("layers", "busybox:latest")`. */
  show(tab: string, what?: string): void;
}

/** A panel: any element with these properties. It stays in the page once it was shown, so that nothing in it is lost. */
export interface WorkbenchPanel extends HTMLElement {
  host: WorkbenchHost;
  /** False while another panel, or none, is in front. */
  isShown: boolean;
  /** Shows something in particular: an image's layers, an address, a lesson, a file. */
  open?(what: string): void;
}

import type { ReactiveController, ReactiveControllerHost } from "lit";
import { load, save } from "../data/kept.ts";

export type Theme = "system" | "light" | "dark";

const THEMES: readonly Theme[] = ["system", "light", "dark"];
const KEYS = {
  theme: "drydock.theme",
  screenReader: "drydock.screen-reader",
  pane: "drydock.pane",
  /** The same choice while the workbench is open: three columns are a lot. */
  thirdColumn: "drydock.third-column",
  workbench: "drydock.workbench",
  split: "drydock.split",
} as const;
const SPLIT = 0.5;

/** What a person chose for this browser: colours, screen reader support, side pane; and what the device says. */
export class PreferencesController implements ReactiveController {
  theme: Theme;
  isScreenReader: boolean;
  /** The id of the workbench's place that is open; "" is none. */
  workbench: string;
  /** The part of the width that the workbench takes when it is open. */
  split: number;
  /** Too narrow for two columns. */
  isNarrow = false;
  /** Wide enough for three columns. */
  isVast = false;
  /** Used with fingers, most likely without a keyboard. */
  isTouch = false;
  /** The colours in effect. */
  palette: "light" | "dark" = "dark";

  #isPaneShown: boolean;
  /** Undefined: as there is room. */
  #isThirdColumnShown: boolean | undefined;
  readonly #host: ReactiveControllerHost;
  #keepsWorkbench = true;
  readonly #dark = matchMedia("(prefers-color-scheme: dark)");
  readonly #narrow = matchMedia("(max-width: 50rem)");
  readonly #vast = matchMedia("(min-width: 100rem)");
  readonly #touch = matchMedia("(hover: none) and (pointer: coarse)");

  constructor(host: ReactiveControllerHost) {
    this.#host = host;
    const theme = load(KEYS.theme);
    this.theme = THEMES.find((each) => each === theme) ?? "system";
    this.isScreenReader = load(KEYS.screenReader) === "on";
    this.#isPaneShown = load(KEYS.pane) !== "hidden";
    const third = load(KEYS.thirdColumn);
    this.#isThirdColumnShown = third === null ? undefined : third === "shown";
    this.workbench = load(KEYS.workbench) ?? "";
    const split = Number(load(KEYS.split) ?? SPLIT);
    this.split = split > 0.1 && split < 0.9 ? split : SPLIT;
    this.#derive();
    host.addController(this);
  }

  hostConnected(): void {
    this.#dark.addEventListener("change", this.#derive);
    this.#narrow.addEventListener("change", this.#derive);
    this.#touch.addEventListener("change", this.#derive);
    this.#vast.addEventListener("change", this.#derive);
  }

  hostDisconnected(): void {
    this.#dark.removeEventListener("change", this.#derive);
    this.#narrow.removeEventListener("change", this.#derive);
    this.#touch.removeEventListener("change", this.#derive);
    this.#vast.removeEventListener("change", this.#derive);
  }

  nextTheme(): void {
    this.theme = THEMES[(THEMES.indexOf(this.theme) + 1) % THEMES.length] ?? "system";
    save(KEYS.theme, this.theme);
    if (this.theme === "system") delete document.documentElement.dataset["theme"];
    else document.documentElement.dataset["theme"] = this.theme;
    this.#derive();
  }

  /** Colours said by whoever shows the page; the person's own choice stays as it was saved. */
  imposeTheme(theme: "light" | "dark"): void {
    this.theme = theme;
    document.documentElement.dataset["theme"] = theme;
    this.#derive();
  }

  /** The place that is open at first, said by whoever shows the page; what is chosen from now on is not kept either. */
  imposeWorkbench(id: string): void {
    this.workbench = id;
    this.#keepsWorkbench = false;
    this.#host.requestUpdate();
  }

  toggleScreenReader(): void {
    this.isScreenReader = !this.isScreenReader;
    save(KEYS.screenReader, this.isScreenReader ? "on" : "off");
    this.#host.requestUpdate();
  }

  /** Containers and images beside the terminals. Next to an open workbench only where there is room, unless it was asked for. */
  get isPaneShown(): boolean {
    return this.workbench ? (this.#isThirdColumnShown ?? this.isVast) : this.#isPaneShown;
  }

  togglePane(): void {
    const isShown = !this.isPaneShown;
    if (this.workbench) this.#isThirdColumnShown = isShown;
    else this.#isPaneShown = isShown;
    save(this.workbench ? KEYS.thirdColumn : KEYS.pane, isShown ? "shown" : "hidden");
    this.#host.requestUpdate();
  }

  /** Opens a place of the workbench, or with "" closes it. */
  showWorkbench(id: string): void {
    this.workbench = id;
    if (this.#keepsWorkbench) save(KEYS.workbench, id);
    this.#host.requestUpdate();
  }

  setSplit(fraction: number, isFinal: boolean): void {
    this.split = fraction;
    if (isFinal) save(KEYS.split, fraction.toFixed(3));
    this.#host.requestUpdate();
  }

  readonly #derive = (): void => {
    this.palette = this.theme === "system" ? (this.#dark.matches ? "dark" : "light") : this.theme;
    this.isNarrow = this.#narrow.matches;
    this.isTouch = this.#touch.matches;
    this.isVast = this.#vast.matches;
    this.#host.requestUpdate();
  };
}

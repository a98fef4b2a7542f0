import type { ReactiveController, ReactiveControllerHost } from "lit";

export type Theme = "system" | "light" | "dark";

const THEMES: readonly Theme[] = ["system", "light", "dark"];
const KEYS = { theme: "drydock.theme", screenReader: "drydock.screen-reader", pane: "drydock.pane" } as const;

/** What a person chose for this browser: colours, screen reader support, side pane; and what the device says. */
export class PreferencesController implements ReactiveController {
  theme: Theme;
  isScreenReader: boolean;
  isPaneShown: boolean;
  /** Too narrow for two columns. */
  isNarrow = false;
  /** Used with fingers, most likely without a keyboard. */
  isTouch = false;
  /** The colours in effect. */
  palette: "light" | "dark" = "dark";

  readonly #host: ReactiveControllerHost;
  readonly #dark = matchMedia("(prefers-color-scheme: dark)");
  readonly #narrow = matchMedia("(max-width: 50rem)");
  readonly #touch = matchMedia("(hover: none) and (pointer: coarse)");

  constructor(host: ReactiveControllerHost) {
    this.#host = host;
    const theme = load(KEYS.theme);
    this.theme = THEMES.find((each) => each === theme) ?? "system";
    this.isScreenReader = load(KEYS.screenReader) === "on";
    this.isPaneShown = load(KEYS.pane) !== "hidden";
    this.#derive();
    host.addController(this);
  }

  hostConnected(): void {
    this.#dark.addEventListener("change", this.#derive);
    this.#narrow.addEventListener("change", this.#derive);
    this.#touch.addEventListener("change", this.#derive);
  }

  hostDisconnected(): void {
    this.#dark.removeEventListener("change", this.#derive);
    this.#narrow.removeEventListener("change", this.#derive);
    this.#touch.removeEventListener("change", this.#derive);
  }

  nextTheme(): void {
    this.theme = THEMES[(THEMES.indexOf(this.theme) + 1) % THEMES.length] ?? "system";
    save(KEYS.theme, this.theme);
    if (this.theme === "system") delete document.documentElement.dataset["theme"];
    else document.documentElement.dataset["theme"] = this.theme;
    this.#derive();
  }

  toggleScreenReader(): void {
    this.isScreenReader = !this.isScreenReader;
    save(KEYS.screenReader, this.isScreenReader ? "on" : "off");
    this.#host.requestUpdate();
  }

  togglePane(): void {
    this.isPaneShown = !this.isPaneShown;
    save(KEYS.pane, this.isPaneShown ? "shown" : "hidden");
    this.#host.requestUpdate();
  }

  readonly #derive = (): void => {
    this.palette = this.theme === "system" ? (this.#dark.matches ? "dark" : "light") : this.theme;
    this.isNarrow = this.#narrow.matches;
    this.isTouch = this.#touch.matches;
    this.#host.requestUpdate();
  };
}

/** `localStorage` throws where a browser forbids it. */
function load(key: string): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

function save(key: string, value: string): void {
  try {
    localStorage.setItem(key, value);
  } catch {
    // Chosen for this visit only.
  }
}

import { FitAddon } from "@xterm/addon-fit";
import { Unicode11Addon } from "@xterm/addon-unicode11";
import { WebLinksAddon } from "@xterm/addon-web-links";
import { Terminal } from "@xterm/xterm";
import { html, LitElement, type PropertyValues } from "lit";
import { customElement, property, query } from "lit/decorators.js";
import type { TerminalView } from "../../controllers/terminals-controller.ts";
import { chordOf } from "../../data/chords.ts";
import { typedEvent } from "../../data/typed-event.ts";
import { strings } from "../../strings.ts";
import { shared } from "../../styles/shared.styles.ts";
import type { TerminalSize } from "../../worker-api.ts";
import { clipboardKeys, middleClickPastes } from "./clipboard.ts";
import { isMachineAddress, namedLinks, openLink } from "./links.ts";
import { palettes } from "./palettes.ts";
import { styles } from "./terminal.styles.ts";

const SCROLLBACK_LINES = 10_000;
const encoder = new TextEncoder();

/**
 * One terminal. It knows nothing of shells: `write` shows bytes, events tell what was typed.
 *
 * @fires terminal-input {Uint8Array} keys, pastes and mouse reports
 * @fires terminal-resize {TerminalSize} the screen has another size
 * @fires terminal-title {string} a program named its window (OSC 0 or 2)
 * @fires address-open {string} an address of the machine's own, such as `http://localhost:8080`, was clicked
 * @fires terminal-leave {undefined} F6: focus wants to go elsewhere
 */
@customElement("dd-terminal")
export class DrydockTerminal extends LitElement implements TerminalView {
  static override styles = [shared, styles];

  @property() palette: "light" | "dark" = "dark";
  @property() label = "";
  @property({ type: Boolean }) isScreenReader = false;
  @property({ type: Number }) fontSize = 14;

  @query(".screen") private screen!: HTMLElement;

  #terminal: Terminal | undefined;
  readonly #fit = new FitAddon();
  readonly #observer = new ResizeObserver(() => this.#fitSoon());
  #frame = 0;

  get size(): TerminalSize {
    return { rows: this.#terminal?.rows ?? 24, columns: this.#terminal?.cols ?? 80 };
  }

  write(data: Uint8Array | string): Promise<void> {
    const terminal = this.#terminal;
    return terminal ? new Promise((resolve) => terminal.write(data, resolve)) : Promise.resolve();
  }

  /** The whole buffer with its scrollback, lines joined where only the width broke them, without trailing blanks. */
  text(): string {
    const buffer = this.#terminal?.buffer.active;
    if (!buffer) return "";
    const lines: string[] = [];
    for (let row = 0; row < buffer.length; row++) {
      const line = buffer.getLine(row);
      const isContinued = buffer.getLine(row + 1)?.isWrapped ?? false;
      const text = line?.translateToString(!isContinued) ?? "";
      if (line?.isWrapped) lines.push((lines.pop() ?? "") + text);
      else lines.push(text);
    }
    return lines.join("\n").trimEnd();
  }

  override focus(): void {
    this.#terminal?.focus();
  }

  protected override render() {
    return html`<div class="screen" role="group" aria-label=${this.label}></div>`;
  }

  protected override firstUpdated(): void {
    Terminal.strings.promptLabel = strings.terminal.input;
    Terminal.strings.tooMuchOutput = strings.terminal.tooMuchOutput;
    const terminal = new Terminal({
      allowProposedApi: true,
      scrollback: SCROLLBACK_LINES,
      cursorBlink: !matchMedia("(prefers-reduced-motion: reduce)").matches,
      fontFamily: getComputedStyle(this).getPropertyValue("--mono"),
      fontSize: this.fontSize,
      lineHeight: 1.2,
      theme: palettes[this.palette],
      minimumContrastRatio: this.palette === "light" ? 4.5 : 1,
      screenReaderMode: this.isScreenReader,
      macOptionIsMeta: true,
      linkHandler: namedLinks(this.screen, (address) => this.#openAddress(address)),
      logLevel: "off",
    });
    this.#terminal = terminal;
    terminal.loadAddon(this.#fit);
    terminal.loadAddon(new Unicode11Addon());
    terminal.unicode.activeVersion = "11";
    terminal.loadAddon(new WebLinksAddon((_event, address) => this.#openAddress(address)));
    terminal.open(this.screen);
    this.#listen(terminal);
    this.#fit.fit();
    this.#observer.observe(this.screen);
    performance.mark("drydock:terminal");
  }

  protected override updated(changed: PropertyValues<this>): void {
    const options = this.#terminal?.options;
    if (!options) return;
    if (changed.has("palette")) {
      options.theme = palettes[this.palette];
      options.minimumContrastRatio = this.palette === "light" ? 4.5 : 1;
    }
    if (changed.has("isScreenReader")) options.screenReaderMode = this.isScreenReader;
    if (changed.has("fontSize")) {
      options.fontSize = this.fontSize;
      this.#fitSoon();
    }
  }

  override connectedCallback(): void {
    super.connectedCallback();
    if (this.#terminal) this.#observer.observe(this.screen);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#observer.disconnect();
    // Moved within the page it is connected again at once; removed, it is over.
    queueMicrotask(() => {
      if (!this.isConnected) this.#terminal?.dispose();
    });
  }

  #listen(terminal: Terminal): void {
    const keys = clipboardKeys(terminal);
    terminal.attachCustomKeyEventHandler((event) => {
      if (event.key === "F6") {
        if (event.type === "keydown") {
          event.preventDefault();
          this.#tell("terminal-leave", undefined);
        }
        return false;
      }
      if (chordOf(event)) return false;
      return keys(event);
    });
    middleClickPastes(terminal, this.screen);
    terminal.onData((text) => this.#tell("terminal-input", encoder.encode(text)));
    terminal.onBinary((text) =>
      this.#tell(
        "terminal-input",
        Uint8Array.from(text, (each) => each.charCodeAt(0)),
      ),
    );
    terminal.onResize(() => this.#tell("terminal-resize", this.size));
    terminal.onTitleChange((title) => this.#tell("terminal-title", title));
  }

  #openAddress(address: string): void {
    if (isMachineAddress(address)) this.#tell("address-open", address);
    else openLink(address);
  }

  #tell(type: string, detail: unknown): void {
    this.dispatchEvent(typedEvent(type, detail));
  }

  #fitSoon(): void {
    cancelAnimationFrame(this.#frame);
    this.#frame = requestAnimationFrame(() => {
      // A collapsed place (another view is shown) is no reason to shrink the guest's screen.
      if (this.screen.clientWidth > 40 && this.screen.clientHeight > 20) this.#fit.fit();
    });
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "dd-terminal": DrydockTerminal;
  }
}

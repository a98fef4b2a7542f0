import type { Terminal } from "@xterm/xterm";

const isLinux = /linux/i.test(navigator.platform) && !/android/i.test(navigator.userAgent);

/**
 * Copy and paste as in a desktop terminal. Returns a key handler for xterm: false means "not for the shell".
 * Pasting by key is left to the browser, which then asks for no permission; OSC 52 (programs writing the clipboard) is off.
 */
export function clipboardKeys(terminal: Terminal): (event: KeyboardEvent) => boolean {
  return (event) => {
    if (event.type !== "keydown") return true;
    const isShifted = event.ctrlKey && event.shiftKey && !event.altKey;
    const isCopy = (isShifted && event.code === "KeyC") || (event.ctrlKey && event.code === "Insert");
    if (isCopy) {
      event.preventDefault();
      const text = terminal.getSelection();
      if (text) void navigator.clipboard?.writeText(text).catch(() => undefined);
      return false;
    }
    const isPaste = (isShifted && event.code === "KeyV") || (event.shiftKey && event.code === "Insert");
    return !isPaste;
  };
}

/**
 * Middle click pastes. Linux browsers do it themselves, from the selection of the whole desktop; elsewhere this pastes what was
 * selected in the terminal, or the clipboard where the browser allows it.
 */
export function middleClickPastes(terminal: Terminal, element: HTMLElement): void {
  let selected = "";
  terminal.onSelectionChange(() => (selected = terminal.getSelection() || selected));
  element.addEventListener("auxclick", (event) => {
    if (event.button !== 1 || isLinux || terminal.modes.mouseTrackingMode !== "none") return;
    event.preventDefault();
    if (selected) terminal.paste(selected);
    else
      void navigator.clipboard
        ?.readText()
        .then((text) => terminal.paste(text))
        .catch(() => undefined);
  });
}

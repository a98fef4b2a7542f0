import type { ILinkHandler } from "@xterm/xterm";
import { strings } from "../../strings.ts";

/** Opens a web address from a terminal; the new page learns nothing of this one. Other schemes are refused. */
export function openLink(address: string): void {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (url?.protocol === "http:" || url?.protocol === "https:") window.open(url.href, "_blank", "noopener,noreferrer");
}

/** Whether an address means a port of the machine, as a program in the terminal would print it. */
export function isMachineAddress(address: string): boolean {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  return url?.protocol === "http:" && /^(localhost|127\.0\.0\.1|0\.0\.0\.0|\[::1?\])$/.test(url.hostname);
}

/** Links that a program names itself (OSC 8) may show any text: hovering shows where they lead. */
export function namedLinks(element: HTMLElement, open: (address: string) => void): ILinkHandler {
  return {
    activate: (_event, address) => open(address),
    hover: (_event, address) =>
      void (element.title = isMachineAddress(address)
        ? strings.preview.openAddress(address)
        : strings.terminal.linkHint(address)),
    leave: () => element.removeAttribute("title"),
    allowNonHttpProtocols: false,
  };
}

import type { ILinkHandler } from "@xterm/xterm";
import { strings } from "../../strings.ts";

/** Opens a web address from a terminal; the new page learns nothing of this one. Other schemes are refused. */
export function openLink(address: string): void {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (url?.protocol === "http:" || url?.protocol === "https:") window.open(url.href, "_blank", "noopener,noreferrer");
}

/** Links that a program names itself (OSC 8) may show any text: hovering shows where they lead. */
export function namedLinks(element: HTMLElement): ILinkHandler {
  return {
    activate: (_event, address) => openLink(address),
    hover: (_event, address) => void (element.title = strings.terminal.linkHint(address)),
    leave: () => element.removeAttribute("title"),
    allowNonHttpProtocols: false,
  };
}

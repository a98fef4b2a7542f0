/**
 * The first script of every document a container serves: what a service worker cannot do. WebSockets to the published port, a
 * `document.cookie` that knows the port's cookies, and links to `http://localhost:<port>` that stay in the preview. Nothing here guards
 * anything: the page can undo all of it.
 */
import { shimCookies } from "./shim-cookies.ts";
import { shimLinks } from "./shim-links.ts";
import { shimWebSocket } from "./shim-web-socket.ts";
import type { FromServiceWorker } from "./protocol.ts";

const script = document.currentScript;
const port = Number(script?.dataset["port"]);
const cookies = decodeURIComponent(script?.dataset["cookies"] ?? "");
// The document's own scripts find it as it was written.
script?.remove();

if ("serviceWorker" in navigator) {
  const update = shimCookies(cookies);
  navigator.serviceWorker.addEventListener("message", (event: MessageEvent<FromServiceWorker | undefined>) => {
    if (event.data?.type === "drydock-cookies") update(event.data.cookies);
  });
  navigator.serviceWorker.startMessages();
  shimWebSocket(port);
  shimLinks(port);
}

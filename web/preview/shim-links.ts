const LOOPBACK = new Set(["localhost", "127.0.0.1", "[::1]"]);

/** The same place in this preview, for an address that means the published port; undefined for any other. */
export function inPreview(href: string, port: number, origin: string): string | undefined {
  if (!URL.canParse(href)) return undefined;
  const url = new URL(href);
  const isPort = url.protocol === "http:" && LOOPBACK.has(url.hostname) && Number(url.port || 80) === port;
  return isPort && url.origin !== origin ? origin + url.pathname + url.search + url.hash : undefined;
}

/**
 * Links, forms and `window.open` that name `http://localhost:<port>` stay in the preview; so does what would open a window, which a
 * preview may not.
 */
export function shimLinks(port: number): void {
  const local = (href: string): string | undefined => inPreview(href, port, location.origin);
  const isOwn = (href: string): boolean => URL.canParse(href) && new URL(href).origin === location.origin;
  addEventListener(
    "click",
    (event) => {
      const link = event
        .composedPath()
        .find((each) => each instanceof HTMLAnchorElement || each instanceof HTMLAreaElement);
      if (!link) return;
      const moved = local(link.href);
      if (moved !== undefined) link.href = moved;
      if (isOwn(link.href) && link.target === "_blank") link.target = "";
    },
    true,
  );
  addEventListener(
    "submit",
    (event) => {
      const form = event.target;
      if (!(form instanceof HTMLFormElement)) return;
      const moved = local(form.action);
      if (moved !== undefined) form.action = moved;
    },
    true,
  );
  const open = window.open.bind(window);
  window.open = (address, target, features) => {
    const href = new URL(String(address ?? ""), document.baseURI).href;
    const moved = local(href) ?? href;
    if (!isOwn(moved)) return open(address, target, features);
    location.assign(moved);
    return window;
  };
}

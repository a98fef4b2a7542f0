import type { ToServiceWorker } from "./protocol.ts";

/**
 * Gives the document a `document.cookie` that speaks of the port's cookies. Answers a function that replaces what it says: cookies that
 * later answers set arrive a moment after those answers.
 */
export function shimCookies(initial: string): (cookies: string) => void {
  let cookies = initial;
  Object.defineProperty(Document.prototype, "cookie", {
    configurable: true,
    enumerable: true,
    get: () => cookies,
    set(value: unknown) {
      const line = String(value);
      cookies = withCookie(cookies, line);
      const target = location.pathname;
      navigator.serviceWorker.controller?.postMessage({
        type: "drydock-cookie",
        line,
        target,
      } satisfies ToServiceWorker);
    },
  });
  return (replaced) => (cookies = replaced);
}

/** A guess at what the jar will say: the jar itself knows better and is asked with the next document. */
export function withCookie(cookies: string, line: string): string {
  const [pair = "", ...attributes] = line.split(";");
  const name = pair.split("=", 1)[0]?.trim() ?? "";
  const others = cookies.split("; ").filter((each) => each !== "" && each.split("=", 1)[0] !== name);
  const isGone = attributes.some((attribute) => {
    const [key = "", value = ""] = attribute.trim().split("=");
    if (key.toLowerCase() === "max-age") return Number(value) <= 0;
    return key.toLowerCase() === "expires" && Date.parse(value.replace(/-/g, " ")) <= Date.now();
  });
  return (isGone ? others : [...others, pair.trim()]).join("; ");
}

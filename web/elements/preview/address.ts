/** Where a preview is: a published port and what is asked of it. */
export interface PreviewAddress {
  readonly port: number;
  /** Path, query and fragment. */
  readonly target: string;
}

const LOOPBACK = /^(localhost|127\.0\.0\.1|0\.0\.0\.0|\[::1\])$/;

/**
 * What a person means: `http://localhost:8080/a`, `localhost:8080`, `8080`, `:8080/a`, or with `current` a path `/a`. Undefined for
 * everything else, other hosts among them.
 */
export function parseAddress(text: string, current?: number): PreviewAddress | undefined {
  const trimmed = text.trim();
  if (trimmed.startsWith("/") && current !== undefined) return of(`http://localhost:${current}${trimmed}`);
  const short = /^:?(\d{1,5})(?=$|[/?#])(.*)$/s.exec(trimmed);
  if (short) return of(`http://localhost:${short[1]}${short[2]}`);
  return of(/^https?:/i.test(trimmed) ? trimmed : `http://${trimmed}`);
}

function of(href: string): PreviewAddress | undefined {
  if (!URL.canParse(href)) return undefined;
  const url = new URL(href);
  if (url.protocol !== "http:" || !LOOPBACK.test(url.hostname)) return undefined;
  // Two slashes at the front would name a host.
  const path = url.pathname.replace(/^\/+/, "/");
  return { port: Number(url.port || 80), target: path + url.search + url.hash };
}

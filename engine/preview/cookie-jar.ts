/**
 * The cookies of one published port, after RFC 6265 §5 as browsers follow it (with the `__Host-` and `__Secure-` prefixes of its
 * successor). A browser keeps none for answers that a service worker makes, so they are kept here, out of the pages' reach.
 */
interface Cookie {
  readonly name: string;
  readonly value: string;
  readonly path: string;
  readonly isHttpOnly: boolean;
  /** Undefined: as long as the jar lives. */
  readonly expiresMs: number | undefined;
  readonly createdMs: number;
  /** Order among cookies of the same moment. */
  readonly number: number;
}

/** As Chromium: name and value together. */
const MAX_PAIR_BYTES = 4096;
const MAX_COOKIES = 180;
const MAX_AGE_MS = 400 * 24 * 3600 * 1000;

/** Who is setting or asking: a page's scripts never meet HttpOnly cookies. */
export type CookieUser = "server" | "script";

export class CookieJar {
  readonly #cookies = new Map<string, Cookie>();
  readonly #now: () => number;
  #lastNumber = 0;

  /** `now`: wall clock, milliseconds. */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** Takes a `Set-Cookie` value, or what was assigned to `document.cookie`. What is malformed or not allowed is ignored. */
  set(line: string, target: string, user: CookieUser): void {
    const [pair = "", ...attributes] = line.split(";");
    const named = parsePair(pair);
    if (named === undefined) return;
    const { name, value } = named;
    const found = parseAttributes(attributes);
    if (!isAllowed(name, found) || (user === "script" && found.isHttpOnly)) return;
    const path = found.path?.startsWith("/") === true ? found.path : defaultPath(target);
    const key = `${name}\n${path}`;
    const known = this.#live(key);
    if (user === "script" && known?.isHttpOnly === true) return;
    const nowMs = this.#now();
    const expiresMs = expiryOf(found, nowMs);
    if (expiresMs !== undefined && expiresMs <= nowMs) return void this.#cookies.delete(key);
    const { createdMs, number } = known ?? { createdMs: nowMs, number: ++this.#lastNumber };
    this.#cookies.set(key, { name, value, path, isHttpOnly: found.isHttpOnly, expiresMs, createdMs, number });
    this.#evict();
  }

  /** The `Cookie` header for a request (path and query), or what `document.cookie` says there; "" for none. */
  get(target: string, user: CookieUser): string {
    const path = pathOf(target);
    return [...this.#cookies.keys()]
      .flatMap((key) => this.#live(key) ?? [])
      .filter((cookie) => matches(path, cookie.path) && !(user === "script" && cookie.isHttpOnly))
      .sort((a, b) => b.path.length - a.path.length || a.createdMs - b.createdMs || a.number - b.number)
      .map(({ name, value }) => (name === "" ? value : `${name}=${value}`))
      .join("; ");
  }

  #live(key: string): Cookie | undefined {
    const cookie = this.#cookies.get(key);
    if (cookie?.expiresMs === undefined || cookie.expiresMs > this.#now()) return cookie;
    this.#cookies.delete(key);
    return undefined;
  }

  #evict(): void {
    while (this.#cookies.size > MAX_COOKIES) {
      const [oldest] = this.#cookies.keys();
      this.#cookies.delete(oldest as string);
    }
  }
}

/** By its domain (`localhost` has none to share cookies with) and by what its name promises. */
function isAllowed(name: string, { domain = "", isSecure, path }: Attributes): boolean {
  const lower = name.toLowerCase();
  if (lower.startsWith("__secure-") && !isSecure) return false;
  if (lower.startsWith("__host-") && !(isSecure && path === "/" && domain === "")) return false;
  return domain === "localhost" || domain === "";
}

/** RFC 6265bis: without `=` it is a value without a name. */
function parsePair(text: string): { name: string; value: string } | undefined {
  // eslint-disable-next-line no-control-regex -- those are what is refused
  if (/[\u0000-\u0008\u000a-\u001f\u007f]/.test(text) || text.length > MAX_PAIR_BYTES) return undefined;
  const equals = text.indexOf("=");
  const name = equals < 0 ? "" : text.slice(0, equals).trim();
  const value = text.slice(equals + 1).trim();
  return name === "" && value === "" ? undefined : { name, value };
}

interface Attributes {
  domain?: string;
  path?: string;
  expires?: string;
  maxAge?: string;
  isSecure: boolean;
  isHttpOnly: boolean;
}

function parseAttributes(attributes: readonly string[]): Attributes {
  const found: Attributes = { isSecure: false, isHttpOnly: false };
  for (const attribute of attributes) {
    const equals = attribute.indexOf("=");
    const name = (equals < 0 ? attribute : attribute.slice(0, equals)).trim().toLowerCase();
    const value = equals < 0 ? "" : attribute.slice(equals + 1).trim();
    if (name === "secure") found.isSecure = true;
    else if (name === "httponly") found.isHttpOnly = true;
    else if (name === "path") found.path = value;
    else if (name === "domain") found.domain = value.replace(/^\./, "").toLowerCase();
    else if (name === "expires") found.expires = value;
    else if (name === "max-age" && /^-?\d+$/.test(value)) found.maxAge = value;
  }
  return found;
}

/** Max-Age wins; both are cut to 400 days. */
function expiryOf({ maxAge, expires }: Attributes, nowMs: number): number | undefined {
  if (maxAge !== undefined) return nowMs + Math.min(Number(maxAge) * 1000, MAX_AGE_MS);
  const dateMs = expires === undefined ? Number.NaN : Date.parse(expires.replace(/-/g, " "));
  return Number.isNaN(dateMs) ? undefined : Math.min(dateMs, nowMs + MAX_AGE_MS);
}

const pathOf = (target: string): string => target.replace(/[?#].*$/s, "");

/** §5.1.4 */
function defaultPath(target: string): string {
  const path = pathOf(target);
  const last = path.lastIndexOf("/");
  return last <= 0 ? "/" : path.slice(0, last);
}

function matches(path: string, cookiePath: string): boolean {
  if (path === cookiePath) return true;
  return path.startsWith(cookiePath) && (cookiePath.endsWith("/") || path[cookiePath.length] === "/");
}

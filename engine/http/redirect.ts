const REDIRECTS = [301, 302, 303, 307, 308];
/** Browsers' own limit is 20, Go's 10. */
export const MAX_REDIRECTS = 10;

/**
 * Where an answer leads, with what may be said there: another host never sees who we are. Undefined for an answer that leads nowhere.
 * https://fetch.spec.whatwg.org/#http-redirect-fetch
 */
export function redirectOf(
  response: Response,
  from: URL,
  init: RequestInit,
): { url: string; init: RequestInit } | undefined {
  const location = response.headers.get("location");
  if (!REDIRECTS.includes(response.status) || location === null || !URL.canParse(location, from.href)) return undefined;
  const to = new URL(location, from.href);
  const headers = new Headers(init.headers);
  if (to.origin !== from.origin) headers.delete("authorization");
  const becomesGet = response.status === 303 || (response.status < 303 && init.method === "POST");
  const { method: _method, body: _body, ...rest } = init;
  return { url: to.href, init: becomesGet ? { ...rest, headers } : { ...init, headers } };
}

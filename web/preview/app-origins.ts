const LOOPBACK = /^(localhost|127\.0\.0\.1|\[::1\]|[a-z0-9.-]+\.localhost)$/;

/**
 * Whether a page of `origin` may show what is previewed at `own`. `listed`: origins separated by spaces; none listed: everybody but,
 * on loopback, only pages of the same server.
 */
export function isAppOrigin(
  origin: string,
  own: { readonly hostname: string; readonly port: string },
  listed: string,
): boolean {
  if (!URL.canParse(origin)) return false;
  const { hostname, port } = new URL(origin);
  const origins = listed.split(/\s+/).filter((each) => each !== "");
  if (origins.includes(origin)) return true;
  if (LOOPBACK.test(own.hostname))
    return LOOPBACK.test(hostname) && port === own.port && !hostname.includes("-preview.");
  return origins.length === 0;
}

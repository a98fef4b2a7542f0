import type { PreviewAddress } from "./address.ts";

/**
 * Whether two hosts are of one site, as far as can be told without the public suffix list. Browsers keep storage and service workers
 * of framed pages apart from those of tabs where the page around them is of another site; within one site a link to a preview works in any tab.
 */
export function isSameSite(one: { readonly hostname: string }, other: { readonly hostname: string }): boolean {
  const site = ({ hostname }: { readonly hostname: string }): string => {
    const labels = hostname.split(".");
    return /^[\d.]+$|:/.test(hostname) ? hostname : labels.slice(-2).join(".");
  };
  return site(one) === site(other);
}

/** The same server under a name of which previews can be a part; undefined where it has one already, or is not on this machine. */
export function homeAddress(location: { readonly hostname: string; readonly href: string }): string | undefined {
  if (!/^(localhost|127\.0\.0\.1|\[::1\])$/.test(location.hostname)) return undefined;
  const url = new URL("./", location.href);
  url.hostname = "drydock.localhost";
  return url.href;
}

/** A link to what a preview shows, on the preview's own origin. */
export function linkTo({ target }: PreviewAddress, origin: string): string {
  return origin + target;
}

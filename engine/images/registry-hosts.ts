import { DEFAULT_DOMAIN } from "../oci/reference.ts";

/** One address that may answer for a registry. */
export interface RegistryEndpoint {
  /** What precedes `v2/`: "" for the page's own files, otherwise an absolute URL ending in `/`. */
  readonly baseUrl: string;
  /** A mirror serves only some images, and may be plain files: what it does not have is asked for elsewhere. */
  readonly isMirror: boolean;
  /** How a URL of this endpoint (and of its token server) is really fetched. */
  readonly through: (url: string) => string;
}

export interface RegistryHosts {
  /** Addresses to try for a registry, in order, never empty. */
  endpoints(domain: string): readonly RegistryEndpoint[];
  /** What a user can do about a registry that no web page may read. Ends without a period. */
  readonly proxyHint: string;
}

export interface RegistryHostsOptions {
  /** Base URLs that are asked first for images of docker.io, like dockerd's `--registry-mirror`. Default: the page's own static registry. */
  readonly mirrors?: readonly string[];
  /**
   * Ways around missing CORS headers, by registry (`docker.io`, `ghcr.io`, `*` for all others). With `{url}` in it: a proxy that
   * fetches that (encoded) URL for us. Otherwise: the base URL of a registry that stands in for this one.
   */
  readonly proxies?: Readonly<Record<string, string>>;
  readonly proxyHint?: string;
  /** Registries that may be asked without TLS, beside loopback addresses: `host`, `host:port`, or a range of IPv4 addresses. */
  readonly insecure?: readonly string[];
}

const HUB_HOST = "registry-1.docker.io";
const LOOPBACK = /^(localhost|127(\.\d+){3}|\[::1\])(:\d+)?$/;

/**
 * Which base URL serves which registry. As in dockerd: mirrors first, for docker.io only; a registry on a loopback address, or one
 * that is called insecure, is tried with https and then with http (`docker.io` 28 `registry/service_v2.go`).
 */
export function createRegistryHosts(options: RegistryHostsOptions = {}): RegistryHosts {
  const { mirrors = [""], proxies = {}, insecure = [] } = options;
  const direct = (url: string): string => url;
  const mirrorEndpoints = mirrors.map((url) => ({ baseUrl: withSlash(url), isMirror: true, through: direct }));
  return {
    proxyHint:
      options.proxyHint ?? "A registry proxy reaches it: configure one, or load the image from a file with docker load",
    endpoints(domain) {
      const host = domain === DEFAULT_DOMAIN ? HUB_HOST : domain;
      const proxy = proxies[domain] ?? proxies["*"];
      const isTemplate = proxy?.includes("{url}") ?? false;
      const through = proxy !== undefined && isTemplate ? (url: string) => fill(proxy, url) : direct;
      const origins = isInsecureHost(host, insecure) ? [`https://${host}/`, `http://${host}/`] : [`https://${host}/`];
      const addresses = proxy !== undefined && !isTemplate ? [withSlash(proxy)] : origins;
      return [
        ...(domain === DEFAULT_DOMAIN ? mirrorEndpoints : []),
        ...addresses.map((baseUrl) => ({ baseUrl, isMirror: false, through })),
      ];
    },
  };
}

/** Whether a registry may do without TLS, or with a certificate that nobody vouches for. @param insecure as in the options above */
export function isInsecureHost(host: string, insecure: readonly string[]): boolean {
  return LOOPBACK.test(host) || insecure.some((entry) => entry === host || isInRange(host.replace(/:\d+$/, ""), entry));
}

/** True for an IPv4 address in `a.b.c.d/n`. */
export function isInRange(address: string, range: string): boolean {
  const [base = "", prefix = ""] = range.split("/");
  const [wanted, given] = [ipv4Bits(base), ipv4Bits(address)];
  if (wanted === undefined || given === undefined || !/^\d+$/.test(prefix) || Number(prefix) > 32) return false;
  const shift = 2 ** (32 - Number(prefix));
  return Math.floor(wanted / shift) === Math.floor(given / shift);
}

function ipv4Bits(address: string): number | undefined {
  const parts = address.split(".");
  if (parts.length !== 4 || parts.some((part) => !/^\d{1,3}$/.test(part) || Number(part) > 255)) return undefined;
  return parts.reduce((bits, part) => bits * 256 + Number(part), 0);
}

function fill(template: string, url: string): string {
  return template.replace("{url}", () => encodeURIComponent(url));
}

function withSlash(url: string): string {
  return url === "" || url.endsWith("/") ? url : `${url}/`;
}

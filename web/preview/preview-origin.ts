/**
 * Where previews live: an origin that is never the app's own, since a container's pages are hostile. The template is the page's
 * `<meta name="drydock-preview-origin">`; `{port}` and `{machine}` in it give every port of every tab an origin of its own. Without one,
 * on loopback, it is a name below `localhost`, which browsers lead to this machine. Elsewhere there is none.
 */
export interface PreviewOrigins {
  /** The origin for a port; undefined where there can be no preview. */
  originOf(port: number): string | undefined;
  /** Whether ports are kept apart from each other. */
  readonly isOnePerPort: boolean;
}

const LOOPBACK = /^(localhost|127\.0\.0\.1|\[::1\]|([a-z0-9-]+\.)+localhost)$/;

/** `machine`: what no other open tab of this app has. */
export function previewOrigins(
  location: { readonly protocol: string; readonly hostname: string; readonly port: string; readonly origin: string },
  { template, machine }: { readonly template: string; readonly machine: string },
): PreviewOrigins {
  const port = location.port === "" ? "" : `:${location.port}`;
  // Below a name of the app's own (`drydock.localhost`) previews are of the app's site, though not of its origin.
  const parent = location.hostname.endsWith(".localhost") ? location.hostname : "localhost";
  const local = LOOPBACK.test(location.hostname)
    ? `${location.protocol}//{port}-{machine}-preview.${parent}${port}`
    : undefined;
  const used = template.trim() === "" ? local : template.trim();
  return {
    isOnePerPort: used?.includes("{port}") ?? false,
    originOf(port) {
      const filled = used?.replaceAll("{port}", String(port)).replaceAll("{machine}", machine);
      if (filled === undefined || !URL.canParse(filled)) return undefined;
      const { origin, protocol } = new URL(filled);
      const isWeb = protocol === "https:" || protocol === "http:";
      // A frame of the app's own origin could leave its sandbox.
      return isWeb && origin !== location.origin ? origin : undefined;
    },
  };
}

/** Names that lead to this machine and are previews of published ports: `8080-1-preview.localhost`, with or without a port. */
const PREVIEW_HOST = /^\d{1,5}-[a-z0-9]{1,8}-preview\.([a-z0-9-]+\.)*localhost(:\d+)?$/i;

/** Whether a `Host` header names a preview origin: only the preview's own files are served there, never the app. @param {string | undefined} host */
export function isPreviewHost(host) {
  return host !== undefined && PREVIEW_HOST.test(host);
}

/** What the preview says. */
export const previewStrings = {
  preview: {
    title: "Preview",
    address: "Address of the preview",
    path: "Path",
    port: "Published port",
    portName: (port: number, container: string) =>
      container === "" ? `localhost:${port}` : `localhost:${port} · ${container}`,
    back: "Back",
    forward: "Forward",
    reload: "Reload",
    openTab: "Open in a new tab",
    copyLink: "Copy link",
    copied: "Link copied. It works in this browser, while this page is open.",
    frame: (port: number) => `What the container serves on port ${port}`,
    status: (status: number) => (status === 0 ? "no answer" : String(status)),
    statusHint: (status: number) => (status === 0 ? "The container gave no answer" : `HTTP status ${status}`),
    outside: "a page outside the container",
    empty: "No container publishes a port yet. Run one that does:",
    suggestion: "docker run -d -p 8080:80 nginx",
    explanation:
      "-p 8080:80 publishes: port 8080 of the machine leads to port 80 in the container. Its pages open here.",
    choose: "Published ports:",
    open: (port: number, container: string) => `Open port ${port} of ${container}`,
    published: (port: number, container: string) => `${container} publishes port ${port}`,
    openPreview: "Open preview",
    openAddress: (address: string) => `Open ${address} in the preview`,
    connecting: "Connecting…",
    unable: (reason: string) => `This browser cannot show the preview: ${reason}`,
    apart:
      "This browser keeps workers out of frames of other sites, so the preview cannot run inside this page. It can in a tab of its own.",
    elsewhere: "Or open Drydock where previews are part of the same site (with images of its own):",
    details: "What the browser said",
    silent: (origin: string) =>
      `${origin} does not answer. The preview needs that address: is the server that serves this page reachable there?`,
    lost: "The page has taken the preview's frame over. Reload to go on.",
    again: "Reload the preview",
    noOrigin:
      "This site has no second origin, where pages of containers could run apart from it. So this is what the container answers, without its scripts, styles and pictures.",
    source: "Source",
    page: "Page",
    headers: "Headers",
    truncated: "The rest is left out.",
    failed: (message: string) => `No answer: ${message}`,
  },
} as const;

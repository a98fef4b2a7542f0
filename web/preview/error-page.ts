import type { LinkFailure } from "./link.ts";

interface Words {
  readonly title: string;
  readonly text: (port: string) => string;
  readonly remedy: (port: string) => string;
  /** Likely to be over soon: a server that is still starting. */
  readonly isPassing?: boolean;
}

/** What a person is told, by the reason of the failure. */
const WORDS: Readonly<Record<string, Words>> = {
  refused: {
    title: "Connection refused",
    text: (port) => `Port ${port} is published, but nothing in the container listens behind it.`,
    remedy: () =>
      "A server that has just been started may need a moment: this page tries again by itself. If it stays so, look at `docker logs`, and whether the program listens on the container's port named in `docker ps`, on 0.0.0.0 and not only on 127.0.0.1.",
    isPassing: true,
  },
  "not-published": {
    title: "Nothing is published on this port",
    text: (port) => `No running container publishes port ${port}.`,
    remedy: (port) => `Start one that does, for example: \`docker run -d -p ${port}:80 nginx\``,
    isPassing: true,
  },
  unreachable: {
    title: "No answer",
    text: (port) => `Port ${port} is published, but nothing came back in time.`,
    remedy: () => "Look at `docker ps` and `docker logs`: the container may hang or be very busy.",
  },
  "hung-up": {
    title: "The connection was closed",
    text: (port) => `The server behind port ${port} closed the connection before it had answered.`,
    remedy: () =>
      "Its log may tell why: `docker logs`. A server that speaks TLS only is reached by `curl -k` in the terminal.",
  },
  "not-http": {
    title: "This is not a web server",
    text: (port) => `What listens on port ${port} answered, but not in HTTP.`,
    remedy: () =>
      "A preview shows web pages. Databases and the like are reached from the terminal, or from another container.",
  },
  "bad-request": {
    title: "This address cannot be asked for",
    text: () => "The request has a form that HTTP does not allow.",
    remedy: () => "Check the path in the address bar.",
  },
  closed: {
    title: "This preview is not connected",
    text: () => "Pages of a container are shown inside Drydock: the machine that serves them runs in that page.",
    remedy: () => "Open Drydock, start the container there, and open its port in the preview.",
  },
  gone: {
    title: "The machine has stopped",
    text: () => "The machine that served this page does not answer any more.",
    remedy: () => "Restart it in Drydock, start the container again, and reload.",
  },
};

const UNKNOWN: Words = {
  title: "This page could not be shown",
  text: () => "Something went wrong on the way to the container.",
  remedy: () => "Reload the preview.",
};

const RETRY_MS = 1500;
const MAX_RETRIES = 20;

/** A page that says why there is no other. What is likely to pass is tried again by itself, for half a minute. */
export function errorPage(
  failure: LinkFailure,
  { port, method }: { readonly port: number | undefined; readonly method: string },
): Response {
  const words = WORDS[failure.reason] ?? UNKNOWN;
  const name = String(port ?? "");
  const retries = words.isPassing === true && method === "GET";
  const html = `<!doctype html>
<html lang="en">
<meta charset="utf-8" />
<meta name="viewport" content="width=device-width" />
<meta name="color-scheme" content="light dark" />
<title>${escape(words.title)}</title>
<style>
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 38rem; margin: 12vh auto; padding: 0 1.5rem; }
h1 { font-size: 1.4rem; }
code { font: 0.95em ui-monospace, monospace; padding: 0.1em 0.3em; border-radius: 0.25em; background: color-mix(in srgb, currentColor 10%, transparent); }
small { opacity: 0.7; }
</style>
<h1>${escape(words.title)}</h1>
<p>${code(words.text(name))}</p>
<p>${code(words.remedy(name))}</p>
<p><small>${escape(failure.message)}</small></p>
${retries ? RETRY : ""}`;
  return new Response(html, {
    status: 502,
    headers: {
      "content-type": "text/html; charset=utf-8",
      "cache-control": "no-store",
      "x-drydock-failure": failure.reason,
    },
  });
}

const RETRY = `<script>
const key = "__drydock-retries";
const [count = 0, atMs = 0] = JSON.parse(sessionStorage.getItem(key) ?? "[]");
const next = Date.now() - atMs > ${4 * RETRY_MS} ? 1 : count + 1;
sessionStorage.setItem(key, JSON.stringify([next, Date.now()]));
if (next <= ${MAX_RETRIES}) setTimeout(() => location.reload(), ${RETRY_MS});
</script>`;

const escape = (text: string): string => text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);

const code = (text: string): string => escape(text).replace(/`([^`]*)`/g, "<code>$1</code>");

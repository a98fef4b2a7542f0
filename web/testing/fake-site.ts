/** A web server of the fake engine: pages that show what they were asked, and a WebSocket that echoes. */
import type { Engine } from "../../engine/index.ts";

type PortClient = ReturnType<Engine["ports"]["client"]>;
type Socket = Awaited<ReturnType<PortClient["openWebSocket"]>>;
type Message = Parameters<Socket["send"]>[0];

/** Port 8080 answers, all others are closed. */
export function fakeSite(port: number): PortClient {
  const cookies = new Map<string, string>();
  return {
    port,
    async fetch({ method, target, body }) {
      if (port !== 8080) throw Object.assign(new Error("connection refused"), { reason: "refused" });
      const text = body ? await new Response(body.stream as ReadableStream<Uint8Array<ArrayBuffer>>).text() : "";
      if (target === "/endless") return { ...PLAIN, body: endless() };
      if (target === "/cancelled") return { ...PLAIN, body: new Blob([String(cancelled)]).stream() };
      if (target === "/away")
        return { status: 302, statusText: "Found", headers: [["location", "/"]], body: undefined };
      const html = `<!doctype html><title>Page ${target}</title><h1>${method} ${target}</h1><p>${text}</p><a href="/two">two</a>`;
      const headers = [["content-type", "text/html; charset=utf-8"]] as const;
      return { status: target === "/missing" ? 404 : 200, statusText: "", headers, body: new Blob([html]).stream() };
    },
    scriptCookies: () => [...cookies].map(([name, value]) => `${name}=${value}`).join("; "),
    setScriptCookie(line) {
      const [name = "", value = ""] = line.split(";", 1)[0]?.split("=") ?? [];
      cookies.set(name, value);
    },
    openWebSocket: async () => echo(),
  };
}

const PLAIN = { status: 200, statusText: "OK", headers: [["content-type", "text/plain"]] } as const;

let cancelled = 0;

/** A body that goes on until nobody wants it. */
function endless(): ReadableStream<Uint8Array<ArrayBuffer>> {
  return new ReadableStream({
    async pull(controller) {
      await new Promise((resolve) => setTimeout(resolve, 5));
      controller.enqueue(new Uint8Array(16 << 10));
    },
    cancel: () => void cancelled++,
  });
}

function echo(): Socket {
  const queue: (Message | undefined)[] = [];
  let wake = (): void => undefined;
  const push = async (message: Message | undefined): Promise<void> => {
    queue.push(message);
    wake();
  };
  return {
    protocol: "",
    headers: new Headers(),
    send: push,
    close: () => push(undefined),
    abort: () => push(undefined),
    async *messages() {
      for (;;) {
        while (queue.length === 0) await new Promise<void>((resolve) => (wake = resolve));
        const next = queue.shift();
        if (next === undefined) return { code: 1000, reason: "" };
        yield next;
      }
    },
  };
}

/**
 * The host page of a preview: frames the container's pages on its own origin, registers the service worker that answers for them,
 * and passes links on to it. The pages in the frame share its origin and can do to it what they like: it holds nothing that they
 * may not have.
 */
import { isAppOrigin } from "./app-origins.ts";
import {
  HELLO,
  WELCOME,
  WORKER_PATH,
  type FromHost,
  type FromServiceWorker,
  type ToHost,
  type ToServiceWorker,
} from "./protocol.ts";

const LOOK_EVERY_MS = 250;

/** Where a browser has it: what the frame's own history holds. */
interface FrameNavigation {
  readonly canGoBack: boolean;
  readonly canGoForward: boolean;
  back(): void;
  forward(): void;
}

class Host {
  readonly #channel: MessagePort;
  readonly #worker: ServiceWorkerRegistration;
  readonly #frame = document.createElement("iframe");
  #told = "";

  constructor(channel: MessagePort, worker: ServiceWorkerRegistration) {
    this.#channel = channel;
    this.#worker = worker;
    this.#frame.title = "Preview";
    this.#frame.allow = "fullscreen";
  }

  start(): void {
    const channel = this.#channel;
    channel.addEventListener("message", (event: MessageEvent<ToHost>) => this.#take(event));
    channel.start();
    navigator.serviceWorker.addEventListener("message", (event: MessageEvent<FromServiceWorker>) => {
      if (event.data.type === "drydock-link-wanted") this.#tell({ type: "link-wanted" });
      if (event.data.type === "drydock-answered") this.#tell({ ...event.data, type: "answered" });
    });
    navigator.serviceWorker.startMessages();
    this.#frame.addEventListener("load", () => this.#look());
    setInterval(() => this.#look(), LOOK_EVERY_MS);
    this.#tell({ type: "ready" });
  }

  #take(event: MessageEvent<ToHost>): void {
    const message = event.data;
    switch (message.type) {
      case "open":
        return this.#open(message.target);
      case "reload":
        return this.#reload();
      case "back":
      case "forward":
        return this.#navigation?.[message.type]();
      case "link": {
        const { port, link } = message;
        const passed: ToServiceWorker = { type: "drydock-link", port, link };
        this.#worker.active?.postMessage(passed, link ? [link] : []);
      }
    }
  }

  #open(target: string): void {
    const url = new URL(target, location.origin);
    if (url.origin !== location.origin) return;
    if (this.#frame.isConnected) {
      this.#frame.contentWindow?.location.assign(url.href);
      return;
    }
    this.#frame.src = url.href;
    document.body.replaceChildren(this.#frame);
  }

  #reload(): void {
    try {
      this.#frame.contentWindow?.location.reload();
    } catch {
      // It shows another origin: where the preview was before.
      this.#frame.contentWindow?.location.replace(location.origin);
    }
  }

  get #navigation(): FrameNavigation | undefined {
    try {
      return (this.#frame.contentWindow as { navigation?: FrameNavigation } | null)?.navigation;
    } catch {
      return undefined;
    }
  }

  /** Tells the app where the frame is, when that has changed. */
  #look(): void {
    if (!this.#frame.isConnected) return;
    const navigation = this.#navigation;
    let place: Pick<Extract<FromHost, { type: "location" }>, "target" | "title"> = { target: undefined, title: "" };
    try {
      const { contentWindow: inner, contentDocument: document } = this.#frame;
      if (inner && inner.location.href !== "about:blank") {
        const { pathname, search, hash } = inner.location;
        place = { target: pathname + search + hash, title: (document?.title ?? "").slice(0, 300) };
        if (window.parent === window) window.document.title = place.title;
      } else return;
    } catch {
      // Another origin, or an error page of the browser's.
    }
    const message: FromHost = {
      type: "location",
      ...place,
      canGoBack: navigation?.canGoBack ?? false,
      canGoForward: navigation?.canGoForward ?? false,
    };
    const text = JSON.stringify(message);
    if (text === this.#told) return;
    this.#told = text;
    this.#tell(message);
  }

  #tell(message: FromHost): void {
    this.#channel.postMessage(message);
  }
}

/** The service worker, once it answers for this origin. */
async function registerWorker(): Promise<ServiceWorkerRegistration> {
  if (!("serviceWorker" in navigator)) throw new Error("this browser has no service workers here (a private window?)");
  await navigator.serviceWorker.register(WORKER_PATH, { scope: "/", updateViaCache: "none" });
  return await navigator.serviceWorker.ready;
}

/** The window of the app: around this page, or the one that opened it. */
const appWindow = (): Window | undefined =>
  window.parent === window ? ((window.opener as Window | null) ?? undefined) : window.parent;

/** The app's end of a channel, once the app has shown itself. */
function meetApp(app: Window): Promise<MessagePort> {
  return new Promise((resolve) => {
    const known = document.querySelector<HTMLMetaElement>("meta[name=drydock-app-origins]")?.content ?? "";
    window.addEventListener("message", (event: MessageEvent<unknown>) => {
      const [channel] = event.ports;
      if (event.source !== app || event.data !== WELCOME || !channel) return;
      if (!isAppOrigin(event.origin, location, known)) return;
      // No page of a container is here yet, and none will find the app this way.
      window.opener = null;
      resolve(channel);
    });
    // Says nothing but that it is there.
    app.postMessage(HELLO, "*");
  });
}

async function main(): Promise<void> {
  const app = appWindow();
  if (!app)
    return explain("Pages of a container are shown by Drydock: the machine that serves them runs in that page.");
  const meeting = meetApp(app);
  try {
    const worker = await registerWorker();
    new Host(await meeting, worker).start();
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    (await meeting).postMessage({ type: "unable", message } satisfies FromHost);
    explain(`No preview here: ${message}`);
  }
}

function explain(text: string): void {
  const paragraph = document.createElement("p");
  paragraph.textContent = text;
  document.body.replaceChildren(paragraph);
}

void main();

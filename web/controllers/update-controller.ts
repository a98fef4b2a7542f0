import type { ReactiveController, ReactiveControllerHost } from "lit";

/** The service worker behind offline use, and the arrival of new versions of the page. */
export class UpdateController implements ReactiveController {
  /** A new version is downloaded and waits. */
  isUpdateReady = false;

  readonly #host: ReactiveControllerHost;
  #waiting: ServiceWorker | undefined;

  constructor(host: ReactiveControllerHost) {
    this.#host = host;
    host.addController(this);
  }

  hostConnected(): void {
    // Registered by `register`, once the machine is up.
  }

  /** Keeps the page for offline use. Call it when nothing more urgent is downloading. */
  async register(): Promise<void> {
    if (import.meta.env.DEV || !("serviceWorker" in navigator) || !window.isSecureContext) return;
    const registration = await navigator.serviceWorker
      .register("./service-worker.js", { updateViaCache: "none" })
      .catch(() => undefined);
    if (!registration) return;
    this.#offer(registration.waiting);
    registration.addEventListener("updatefound", () => {
      const installing = registration.installing;
      installing?.addEventListener("statechange", () => this.#offer(registration.waiting));
    });
  }

  /** Makes the waiting version the page's version: ends what runs here. */
  apply(): void {
    navigator.serviceWorker.addEventListener("controllerchange", () => location.reload(), { once: true });
    this.#waiting?.postMessage({ type: "skip-waiting" });
  }

  #offer(waiting: ServiceWorker | null): void {
    // Without a controller this is the first version, not a new one.
    if (!waiting || !navigator.serviceWorker.controller) return;
    this.#waiting = waiting;
    this.isUpdateReady = true;
    this.#host.requestUpdate();
  }
}

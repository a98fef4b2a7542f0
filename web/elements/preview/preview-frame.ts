import { HOST_PATH, type FromHost } from "../../preview/protocol.ts";
import { HostChannel, type HostChannelOptions } from "./host-channel.ts";

export interface PreviewFrameOptions extends Pick<HostChannelOptions, "port" | "origin" | "openLink"> {
  readonly title: string;
  readonly changed: () => void;
}

export type FramePhase = "connecting" | "shown" | "unable" | "silent" | "lost";

/**
 * No `allow-top-navigation`: pages cannot lead the app away. No `allow-popups`, no `allow-modals`. The origin is its own, and another
 * one than the app's, so that the service worker can answer and the container's pages have storage.
 */
const SANDBOX = "allow-scripts allow-same-origin allow-forms allow-downloads";
const HELLO_PATIENCE_MS = 15_000;
/** A host page that was replaced says nothing when its frame loads. */
const RELOAD_PATIENCE_MS = 5_000;

/** One port's iframe. What is in it is told by `changed`; whatever it says of itself may be a lie of the container's page. */
export class PreviewFrame implements Disposable {
  readonly element: HTMLIFrameElement;
  readonly port: number;
  readonly origin: string;
  phase: FramePhase = "connecting";
  /** Why it is `unable`. */
  message = "";
  /** Where the frame is; undefined for a page of another origin. */
  target: string | undefined;
  title = "";
  /** HTTP status of the page in it; 0 when there was no answer, undefined when it is not known. */
  status: number | undefined;
  canGoBack = false;
  canGoForward = false;

  readonly #changed: () => void;
  readonly #channel: HostChannel;
  #wanted: string;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(options: PreviewFrameOptions, target: string) {
    this.#changed = options.changed;
    this.port = options.port;
    this.origin = options.origin;
    this.target = target;
    this.#wanted = target;
    this.element = document.createElement("iframe");
    this.element.setAttribute("sandbox", SANDBOX);
    this.element.allow = "fullscreen";
    this.element.referrerPolicy = "no-referrer";
    this.element.title = options.title;
    this.element.addEventListener("load", this.#onLoad);
    this.#channel = new HostChannel({
      ...options,
      window: () => this.element.contentWindow,
      onGreeting: () => this.#await("silent", HELLO_PATIENCE_MS, "connecting"),
      onMessage: (message) => this.#take(message),
    });
    this.restart();
  }

  /** Loads the host page anew, on what was wanted last. */
  restart(): void {
    this.#channel.reset();
    this.#await("silent", HELLO_PATIENCE_MS, "connecting");
    this.element.src = this.origin + HOST_PATH;
  }

  open(target: string): void {
    this.#wanted = target;
    if (this.phase === "shown") this.#channel.post({ type: "open", target });
    else if (this.phase !== "connecting") this.restart();
  }

  reload(): void {
    if (this.phase === "shown") this.#channel.post({ type: "reload" });
    else this.restart();
  }

  back(): void {
    this.#channel.post({ type: "back" });
  }

  forward(): void {
    this.#channel.post({ type: "forward" });
  }

  /** There is another machine, or none. */
  engineChanged(): void {
    this.#channel.dropLinks();
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    this.#channel[Symbol.dispose]();
    this.element.remove();
  }

  readonly #onLoad = (): void => {
    if (this.phase === "shown") this.#await("lost", RELOAD_PATIENCE_MS, "shown");
  };

  #take(message: FromHost): void {
    switch (message.type) {
      case "ready":
        this.#become("shown");
        return this.#channel.post({ type: "open", target: this.#wanted });
      case "unable":
        this.message = message.message;
        return this.#become("unable");
      case "answered":
        this.status = message.status ?? 0;
        return this.#changed();
      case "location":
        if (message.target === undefined) this.status = undefined;
        else this.#wanted = message.target;
        ({ target: this.target, title: this.title } = message);
        ({ canGoBack: this.canGoBack, canGoForward: this.canGoForward } = message);
        return this.#changed();
      default:
    }
  }

  /** It is `now`, and becomes `phase` when nothing is heard. */
  #await(phase: "silent" | "lost", afterMs: number, now: FramePhase): void {
    this.#become(now);
    this.#timer = setTimeout(() => this.#become(phase), afterMs);
  }

  #become(phase: FramePhase): void {
    clearTimeout(this.#timer);
    this.phase = phase;
    this.#changed();
  }
}

/** The app's side of one preview: a channel to the host page in a window on another origin. */
import { checkHostMessage, HELLO, WELCOME, type FromHost, type ToHost } from "../../preview/protocol.ts";

export interface HostChannelOptions {
  readonly port: number;
  /** The preview's own; never this page's. */
  readonly origin: string;
  /** The window with the host page. */
  readonly window: () => Window | null;
  /** Lets whoever has the other end speak to the port. Rejects where there is no machine. */
  readonly openLink: (link: MessagePort) => Promise<Disposable>;
  /** A host page has come up in the window. */
  readonly onGreeting?: () => void;
  /** What the host page says, whatever page of a container may speak through it. */
  readonly onMessage: (message: FromHost) => void;
}

/** Greets whatever host page comes up in the window, and hands it links when it asks. */
export class HostChannel implements Disposable {
  readonly #options: HostChannelOptions;
  #channel: MessagePort | undefined;
  #links: Disposable[] = [];

  constructor(options: HostChannelOptions) {
    if (options.origin === location.origin) throw new Error("a preview never has the app's own origin");
    this.#options = options;
    window.addEventListener("message", this.#greet);
  }

  get isOpen(): boolean {
    return this.#channel !== undefined;
  }

  post(message: ToHost, transfer: Transferable[] = []): void {
    this.#channel?.postMessage(message, transfer);
  }

  /** There is another machine, or none. */
  dropLinks(): void {
    for (const link of this.#links.splice(0)) link[Symbol.dispose]();
    this.post({ type: "link", port: this.#options.port, link: undefined });
  }

  /** The window is being loaded anew. */
  reset(): void {
    for (const link of this.#links.splice(0)) link[Symbol.dispose]();
    this.#channel?.close();
    this.#channel = undefined;
  }

  [Symbol.dispose](): void {
    window.removeEventListener("message", this.#greet);
    this.reset();
  }

  readonly #greet = (event: MessageEvent<unknown>): void => {
    const { origin, window: of } = this.#options;
    if (event.source === null || event.source !== of() || event.origin !== origin || event.data !== HELLO) return;
    // A second greeting is a new host page; what the old one had is over.
    this.reset();
    const { port1, port2 } = new MessageChannel();
    this.#channel = port1;
    port1.addEventListener("message", ({ data }: MessageEvent<unknown>) => {
      const message = checkHostMessage(data);
      if (!message || this.#channel !== port1) return;
      if (message.type === "link-wanted") void this.#giveLink();
      else this.#options.onMessage(message);
    });
    port1.start();
    of()?.postMessage(WELCOME, origin, [port2]);
    this.#options.onGreeting?.();
  };

  /** A service worker that was ended and woken asks anew; what its pages have open over an earlier link stays. */
  async #giveLink(): Promise<void> {
    const channel = this.#channel;
    const { port, openLink } = this.#options;
    const { port1, port2 } = new MessageChannel();
    try {
      const link = await openLink(port1);
      if (channel !== this.#channel) return link[Symbol.dispose]();
      this.#links.push(link);
      this.post({ type: "link", port, link: port2 }, [port2]);
    } catch {
      port1.close();
      this.post({ type: "link", port, link: undefined });
    }
  }
}

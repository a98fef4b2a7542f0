/**
 * `embed.js`: defines `<drydock-playground>` for pages anywhere. Until the reader clicks its poster nothing else is loaded. Built as one
 * classic script without imports, so that `<script type="module" src>` and `<script src>` both work. `docs/embed.md` is its manual.
 */
import { fetchDocument, posterOf, sourceOf, withAttributes, type Source } from "./element-document.ts";
import { ParentConnection } from "./parent-connection.ts";
import { createPoster, posterStyles, type Poster } from "./poster.ts";
import type { EventName, FileEntry, MethodName, Methods, RunResult } from "./protocol.ts";
import { wordsFor } from "./words.ts";

/** `storage`, workers and the service worker need the page's own origin; dialogs, links, downloads and forms are what a playground does. */
const SANDBOX =
  "allow-scripts allow-same-origin allow-forms allow-modals allow-popups allow-popups-to-escape-sandbox allow-downloads";
const ALLOW = "clipboard-read; clipboard-write; fullscreen";
const CONNECT_PATIENCE_MS = 30_000;

const styles = `${posterStyles}
:host { height: 26rem; min-height: 7.5rem; }
iframe { display: block; position: absolute; inset: 0; width: 100%; height: 100%; border: 0; border-radius: 8px; background: light-dark(#fcfcf9, #0a1012); }
iframe:not(.open) { visibility: hidden; }`;

/** Where this script was loaded from: the playground's pages are beside it. */
const scriptAddress = ownAddress();

function ownAddress(): string {
  const own = document.currentScript;
  if (own instanceof HTMLScriptElement && own.src) return own.src;
  // A module: the tag that named it, or whatever called this function.
  const isOwn = (address: string): boolean => /\/embed\.js(\?|#|$)/.test(address);
  const tag = [...document.querySelectorAll<HTMLScriptElement>("script[src]")].find((each) => isOwn(each.src));
  const [inStack] = /https?:\/\/[^\s)]+?\/embed\.js/.exec(new Error().stack ?? "") ?? [];
  return tag?.src ?? inStack ?? document.baseURI;
}

/**
 * A playground in a page: a poster, then an iframe.
 *
 * @fires ready {object} the shell takes input and the document's files are there; again after every reset
 * @fires output {{text: string}} @fires build {{record: object}} @fires port {{port: number, isOpen: boolean}}
 * @fires error {{message: string}}
 */
export class DrydockPlayground extends HTMLElement {
  static readonly observedAttributes = [
    "src",
    "document",
    "image",
    "command",
    "title",
    "heading",
    "theme",
    "lang",
    "run",
  ];

  readonly #root = this.attachShadow({ mode: "open" });
  #property: unknown;
  #poster: Poster | undefined;
  #frame: HTMLIFrameElement | undefined;
  #connection: ParentConnection | undefined;
  #opening: AbortController | undefined;
  #ready = deferred();

  /** The playground's own directory; where this script comes from unless the attribute `base` names another. */
  get base(): string {
    return new URL(this.getAttribute("base") ?? ".", this.hasAttribute("base") ? this.baseURI : scriptAddress).href;
  }

  /** The document, as an object. Set it before the start. */
  get document(): unknown {
    return this.#property;
  }
  set document(value: unknown) {
    this.#property = value;
    this.#showPoster();
  }

  /** Resolves when the playground is ready for the first time. */
  get ready(): Promise<void> {
    return this.#ready.promise;
  }

  connectedCallback(): void {
    // Children come after their parent: what is in them is known when the page has been read.
    if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", () => this.#showPoster());
    this.#showPoster();
  }

  disconnectedCallback(): void {
    // Moved within the page, it is connected again at once; the iframe was thrown away by the browser anyway.
    this.stop();
  }

  attributeChangedCallback(): void {
    if (this.isConnected) this.#showPoster();
  }

  /** Opens the playground, as a click on the poster does. Call it from a click of the reader's. */
  start(): void {
    if (this.#opening) return;
    const opening = new AbortController();
    this.#opening = opening;
    this.#setState("loading");
    this.#open(opening.signal).catch((error: unknown) => {
      if (opening.signal.aborted) return;
      this.#close();
      this.#fail(error instanceof Error ? error.message : String(error));
    });
  }

  /** Ends the machine and gives its memory back: the poster is there again. */
  stop(): void {
    if (!this.#opening) return;
    this.#close();
    this.#ready.promise.catch(() => undefined);
    this.#ready.reject(new Error("the playground was closed"));
    this.#ready = deferred();
    this.#showPoster();
    this.#setState("poster");
  }

  /** Runs a command line in a shell of its own. Waits for the start. */
  run(command: string, options: { directory?: string; signal?: AbortSignal } = {}): Promise<RunResult> {
    const { directory, signal } = options;
    return this.#call("run", { command, ...(directory !== undefined && { directory }) }, signal);
  }

  /** Types into the terminal, as a person would; Enter is `\r`. */
  type(text: string): Promise<void> {
    return this.#call("type", { text });
  }

  /** All text of the terminal in front. */
  screen(): Promise<string> {
    return this.#call("screen", {});
  }

  /** The playground's files. */
  readonly files = {
    list: (): Promise<readonly FileEntry[]> => this.#call("files.list", {}),
    read: (path: string): Promise<Uint8Array<ArrayBuffer>> => this.#call("files.read", { path }),
    write: (path: string, content: string | Uint8Array<ArrayBuffer>): Promise<void> =>
      this.#call("files.write", { path, content }),
    remove: (path: string): Promise<void> => this.#call("files.remove", { path }),
  };

  /** A fresh machine, and the document's files as they were. */
  reset(): Promise<void> {
    return this.#call("reset", {});
  }

  /** Tells every piece of the terminal's output; the answer stops it. */
  onOutput(listener: (text: string) => void): () => void {
    const onEvent = (event: Event): void => listener((event as CustomEvent<{ text: string }>).detail.text);
    this.addEventListener("output", onEvent);
    return () => this.removeEventListener("output", onEvent);
  }

  async #call<M extends MethodName>(
    method: M,
    params: Methods[M]["params"],
    signal?: AbortSignal,
  ): Promise<Methods[M]["result"]> {
    while (!this.#connection) await this.#ready.promise;
    return this.#connection.call(method, params, signal);
  }

  async #open(signal: AbortSignal): Promise<void> {
    const source = this.#source();
    const document = withAttributes(await fetchDocument(source, this, signal), this);
    signal.throwIfAborted();
    const words = wordsFor(this.#language);
    const frame = window.document.createElement("iframe");
    const address = new URL("embed.html", this.base);
    address.search = new URLSearchParams({ ...this.#query, via: "element" }).toString();
    frame.title = words.frame(posterOf(source, this).title || words.untitled);
    frame.setAttribute("sandbox", SANDBOX);
    frame.allow = ALLOW;
    frame.referrerPolicy = "origin";
    const late = setTimeout(() => {
      this.#close();
      this.#fail(`${address.origin} does not answer`);
    }, CONNECT_PATIENCE_MS);
    signal.addEventListener("abort", () => clearTimeout(late));
    this.#connection = new ParentConnection(frame, {
      origin: address.origin,
      connect: { start: true, document },
      onConnected: () => {
        clearTimeout(late);
        frame.classList.add("open");
        this.#poster?.element.remove();
        this.#setState("open");
        frame.focus();
      },
      onEvent: (event, detail) => this.#tell(event, detail),
    });
    frame.src = address.href;
    this.#frame = frame;
    this.#root.append(frame);
  }

  /** Parameters of the playground's address that are no part of the document, such as `memory=512`. */
  get #query(): Record<string, string> {
    return Object.fromEntries(new URLSearchParams(this.getAttribute("query") ?? ""));
  }

  get #language(): string | undefined {
    return this.getAttribute("lang") ?? this.closest<HTMLElement>("[lang]")?.lang;
  }

  #source(): Source {
    return sourceOf(this, this.#property);
  }

  #tell(event: EventName, detail: unknown): void {
    if (event === "ready") {
      this.#ready.resolve();
      this.#setState("ready");
    }
    this.dispatchEvent(new CustomEvent(event, { detail }));
  }

  #showPoster(): void {
    if (!this.isConnected || this.#opening) return;
    const words = wordsFor(this.#language);
    let problem: string | undefined;
    let source: Source = { document: {} };
    try {
      source = this.#source();
    } catch (error) {
      problem = error instanceof Error ? error.message : String(error);
    }
    this.#poster = createPoster(posterOf(source, this), words, () => this.start());
    const style = document.createElement("style");
    style.textContent = styles;
    this.#root.replaceChildren(style, this.#poster.element);
    if (problem !== undefined) this.#poster.setState({ failure: problem });
  }

  #fail(message: string): void {
    this.#showPoster();
    this.#poster?.setState({ failure: message });
    this.#setState("failed");
    this.#tell("error", { message });
  }

  #close(): void {
    this.#opening?.abort(new Error("the playground was closed"));
    this.#opening = undefined;
    this.#connection?.[Symbol.dispose]();
    this.#connection = undefined;
    this.#frame?.remove();
    this.#frame = undefined;
  }

  /** `poster`, `loading`, `open` (the iframe is there), `ready` or `failed`, as an attribute for style sheets and scripts. */
  #setState(state: "poster" | "loading" | "open" | "ready" | "failed"): void {
    this.setAttribute("state", state);
    if (state === "loading") this.#poster?.setState("loading");
  }
}

function deferred(): { promise: Promise<void>; resolve: () => void; reject: (error: Error) => void } {
  let resolve: () => void = () => undefined;
  let reject: (error: Error) => void = () => undefined;
  const promise = new Promise<void>((onResolve, onReject) => {
    resolve = onResolve;
    reject = onReject;
  });
  // Whoever waits for it hears of a failure; nobody has to.
  promise.catch(() => undefined);
  return { promise, resolve, reject };
}

// A page may name the script twice.
if (!customElements.get("drydock-playground")) customElements.define("drydock-playground", DrydockPlayground);

/**
 * The first script of `embed.html`, the playground in an iframe: reads the document, shows its poster, and waits for the reader's click or
 * for the page around it. Keep it small: this is all that is loaded before.
 */
import { FrameConnection, type Handler } from "./frame-connection.ts";
import { loadAddress, sourceOfLocation, type FrameSource } from "./frame-source.ts";
import type { OpenPlayground } from "./open-playground.ts";
import { createPoster, posterStyles, type Poster } from "./poster.ts";
import { PlaygroundDocumentError, readPlayground, type Playground } from "./playground-document.ts";
import type { Connect } from "./protocol.ts";
import { wordsFor } from "./words.ts";

/** How long a frame made by `<drydock-playground>` waits for it, before it shows a poster of its own. */
const PARENT_PATIENCE_MS = 5_000;

const query = new URLSearchParams(location.search);
const place = document.querySelector<HTMLElement>("#playground") ?? document.body;
const shadow = place.attachShadow({ mode: "open" });
const isFramed = window.parent !== window;

let source: FrameSource | undefined;
let playground: Playground | undefined;
let poster: Poster | undefined;
let parentOrigin: string | undefined;
let isOwnWord = false;
let opening: Promise<OpenPlayground> | undefined;
let handler: Promise<Handler> | undefined;
let hasOpened: (result: OpenPlayground) => void = () => undefined;
const opened = new Promise<OpenPlayground>((resolve) => (hasOpened = resolve));

const connection = isFramed
  ? new FrameConnection({
      parent: window.parent,
      onConnect,
      handle: async (method, params, options) => {
        if (method === "start") return start();
        return (await handlerOf())(method, params, options);
      },
    })
  : undefined;

/** The document of whoever embeds this replaces the address's. */
function onConnect(connect: Pick<Connect, "start" | "document">, origin: string): boolean {
  if (connect.document !== undefined && !opening) {
    try {
      use(readPlayground(connect.document));
      isOwnWord = true;
    } catch (error) {
      refuse(error);
      // It is told why.
      queueMicrotask(() => connection?.tell("error", { message: messageOf(error) }));
      return true;
    }
  }
  if (playground?.allowOrigins && !playground.allowOrigins.includes(origin)) return false;
  parentOrigin = origin;
  if (connect.start) start();
  return true;
}

function use(next: Playground): void {
  playground = next;
  const { theme, language } = next;
  if (theme !== "auto") document.documentElement.dataset["theme"] = theme;
  if (language) document.documentElement.lang = language;
  document.title = next.title || wordsFor(languageOf()).untitled;
}

function showPoster(): void {
  const { title = "", description = "", commands = [], theme = "auto" } = playground ?? {};
  poster = createPoster(
    {
      title,
      description,
      commands,
      theme,
      isRun: mayRun() && playground?.run === true,
      ...(source && "address" in source && !playground && { address: source.address }),
    },
    wordsFor(languageOf()),
    start,
  );
  const style = document.createElement("style");
  style.textContent = `${posterStyles} .poster { border-radius: 0; border: 0; }`;
  shadow.replaceChildren(style, poster.element);
}

/**
 * Commands are run, rather than typed, when the page that embeds this asks for it in its own words: in the document it handed over, or with
 * `?run` in the address it wrote. A document that came by address or in a fragment may be anybody's.
 */
function mayRun(): boolean {
  return isFramed && (isOwnWord || (query.has("run") && query.get("run") !== "false"));
}

function start(): void {
  if (opening) return;
  if (!poster) showPoster();
  poster?.setState("loading");
  opening = open();
  opening.then(hasOpened, (error: unknown) => {
    opening = undefined;
    refuse(error);
    connection?.tell("error", { message: messageOf(error) });
  });
}

async function open(): Promise<OpenPlayground> {
  const loading = import("./open-playground.ts");
  if (!playground && source && "address" in source) use(await loadAddress(source.address, query));
  if (!playground) throw new PlaygroundDocumentError("document", "is missing");
  const { openPlayground } = await loading;
  if (playground.allowOrigins && parentOrigin !== undefined && !playground.allowOrigins.includes(parentOrigin)) {
    throw new Error(`this document may not be used by ${parentOrigin}`);
  }
  const result = await openPlayground(playground, {
    place: document.body,
    mayRun: mayRun(),
    tell: (event, detail) => connection?.tell(event, detail),
  });
  result.app.scripts.onOutput((text) => connection?.tell("output", { text }));
  await result.session.open();
  return result;
}

function handlerOf(): Promise<Handler> {
  handler ??= Promise.all([opened, import("./api-handler.ts")]).then(([{ app, session }, { apiHandler }]) =>
    apiHandler({ host: app.scripts, start, reset: () => session.reset() }),
  );
  return handler;
}

function refuse(error: unknown): void {
  if (!poster) showPoster();
  poster?.setState({ failure: messageOf(error) });
}

function languageOf(): string | undefined {
  return playground?.language ?? query.get("lang") ?? navigator.language;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Scripts of the page's own origin may do without the click: its demonstrations and tests. */
function mayStartItself(): boolean {
  if (!query.has("autostart")) return false;
  try {
    return window.parent.location.origin === location.origin;
  } catch {
    return false;
  }
}

async function begin(): Promise<void> {
  try {
    source = await sourceOfLocation(location);
    if ("playground" in source && !playground) use(source.playground);
  } catch (error) {
    return refuse(error);
  }
  if (opening) return;
  if (query.get("via") !== "element") showPoster();
  else setTimeout(() => opening ?? showPoster(), PARENT_PATIENCE_MS);
  if (mayStartItself()) start();
}

void begin();

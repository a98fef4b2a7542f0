/** Loaded after the reader's click, and not before: the engine's worker, then the page. */
import { startEngine, startOptionsOf } from "../data/start-engine.ts";
import { lacking } from "../data/needed.ts";
import type { DrydockApp } from "../elements/app/app.ts";
import { createDrydock } from "../public-api.ts";
import type { Playground } from "./playground-document.ts";
import { PlaygroundSession, type SessionOptions } from "./playground-session.ts";
import { workspaceName } from "./workspace-name.ts";

export interface OpenPlayground {
  readonly app: DrydockApp;
  readonly session: PlaygroundSession;
}

/** Replaces the poster by the page with this document in it. @throws Error when this browser cannot run it */
export async function openPlayground(
  playground: Playground,
  options: SessionOptions & { readonly place: HTMLElement },
): Promise<OpenPlayground> {
  const missing = lacking();
  if (missing !== undefined) throw new Error(`this browser lacks ${missing}`);
  const startOptions = {
    ...startOptionsOf(location),
    scope: "shared",
    workspace: await workspaceName(playground),
  } as const;
  const engine = startEngine(startOptions);
  const loading = import("../elements/app/app.ts").then(({ DrydockApp }) => {
    const app = new DrydockApp();
    app.createEngine = ({ coldBoot }) => startEngine({ ...startOptions, coldBoot: coldBoot || startOptions.coldBoot });
    app.layout = layoutOf(playground);
    app.playground = { ...playground, isEmbedded: true };
    options.place.replaceChildren(app);
    app.start(engine);
    return app;
  });
  const opened = loading.then((app) => ({ app, session: openSession(app, playground, options) }));
  Object.defineProperty(window, "drydock", {
    value: createDrydock(opened.then(({ app }) => app.scripts)),
    enumerable: true,
  });
  return opened;
}

function openSession(
  { scripts }: DrydockApp,
  playground: Playground,
  { mayRun, tell }: SessionOptions,
): PlaygroundSession {
  const session = new PlaygroundSession(scripts, playground, {
    mayRun,
    tell(event, detail) {
      tell(event, detail);
      scripts.told(event, detail);
    },
  });
  scripts.session = session;
  return session;
}

/** The document's layout; a port to preview needs a place, where there are places. */
export function layoutOf({ layout, port }: Playground): string {
  const words = layout.split("+");
  const hasPlaces = words.some((word) => word !== "terminal" && word !== "lists");
  return port !== undefined && hasPlaces && !words.includes("preview") ? `${layout}+preview` : layout;
}

/** A shared link in a page of its own (`/#doc=…`): shows what it holds, then opens it in a machine apart from the visitor's own. */
import { startEngine } from "../data/start-engine.ts";
import { DrydockApp } from "../elements/app/app.ts";
import "../elements/shared-link/shared-link.ts";
import type { StartOptions } from "../worker-api.ts";
import { decodeFragment, fragmentOf } from "./document-codec.ts";
import { layoutOf } from "./open-playground.ts";
import type { Playground } from "./playground-document.ts";
import { PlaygroundSession } from "./playground-session.ts";
import { workspaceName } from "./workspace-name.ts";

/**
 * Opens what the address shares. The machine boots meanwhile; files are written when the person agrees, commands are typed, never run:
 * nobody knows who wrote the link.
 */
export async function openShared(options: StartOptions): Promise<DrydockApp> {
  const app = document.querySelector("dd-app");
  if (!(app instanceof DrydockApp)) throw new Error("the page has no <dd-app>");
  // Another link in the same tab is another visit.
  window.addEventListener("hashchange", () => location.reload());
  const playground = await decodeFragment(fragmentOf(location.hash) ?? "").catch((error: unknown) => {
    ask({ problem: error instanceof Error ? error.message : String(error) });
    return undefined;
  });
  const shared: StartOptions = {
    ...options,
    scope: "shared",
    workspace: await workspaceName(playground ?? { files: [] }),
  };
  app.createEngine = ({ coldBoot }) => startEngine({ ...shared, coldBoot: coldBoot || shared.coldBoot });
  app.start(startEngine(shared));
  if (!playground) return app;
  app.playground = { ...playground, isEmbedded: false };
  app.layout = layoutOf(playground);
  ask({ playground, open: () => void open(app, playground) });
  return app;
}

async function open(app: DrydockApp, playground: Playground): Promise<void> {
  const { scripts } = app;
  const session = new PlaygroundSession(scripts, playground, {
    mayRun: false,
    tell: (event, detail) => scripts.told(event, detail),
  });
  scripts.session = session;
  // What went wrong was told.
  await session.open().catch(() => undefined);
}

function ask(content: { playground?: Playground; open?: () => void; problem?: string }): void {
  const dialog = document.createElement("dd-shared-link");
  dialog.playground = content.playground;
  dialog.problem = content.problem;
  dialog.addEventListener("shared-open", () => {
    dialog.remove();
    content.open?.();
  });
  dialog.addEventListener("shared-leave", () => {
    history.replaceState(null, "", location.pathname + location.search);
    location.reload();
  });
  document.body.append(dialog);
}

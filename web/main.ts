/**
 * The first script: starts the engine's worker before anything of the page is loaded, then loads the page. Keep it small: the
 * machine waits for it.
 */
import "./data/polyfills.ts";
import type { EngineClient } from "./data/engine-client.ts";
import { lacking } from "./data/needed.ts";
import { startEngine, startOptionsOf } from "./data/start-engine.ts";
import { createDrydock, type PageHost } from "./public-api.ts";
import type { Failure } from "./worker-api.ts";

async function load(engine: EngineClient | Failure): Promise<PageHost> {
  const { DrydockApp } = await import("./elements/app/app.ts");
  const app = document.querySelector("dd-app");
  if (!(app instanceof DrydockApp)) throw new Error("the page has no <dd-app>");
  app.createEngine = ({ coldBoot }) => startEngine({ ...options, coldBoot: coldBoot || options.coldBoot });
  if ("kind" in engine) app.refuse(engine);
  else app.start(engine);
  return app.scripts;
}

const options = startOptionsOf(location);
const missing = lacking();
if (missing === undefined) {
  // A shared document opens in stores of its own: its engine starts when the document has been read.
  const openShared = async () => (await (await import("./embed/open-shared.ts")).openShared(options)).scripts;
  const noWebAssembly: Failure = { kind: "no-webassembly", message: "WebAssembly is not defined" };
  const loading =
    typeof WebAssembly !== "object"
      ? load(noWebAssembly)
      : /[#&]doc=/.test(location.hash)
        ? openShared()
        : load(startEngine(options));
  Object.defineProperty(window, "drydock", { value: createDrydock(loading), enumerable: true });
} else {
  window.drydockTooOld?.(`it lacks ${missing}`);
}

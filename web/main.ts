/**
 * The first script: starts the engine's worker before anything of the page is loaded, then loads the page. Keep it small: the
 * machine waits for it.
 */
import "./data/polyfills.ts";
import type { EngineClient } from "./data/engine-client.ts";
import { startEngine, startOptionsOf } from "./data/start-engine.ts";
import { createDrydock, type PageHost } from "./public-api.ts";
import type { Failure } from "./worker-api.ts";

/** The youngest things the page relies on, by what a browser would have to be told. */
const NEEDED: readonly (readonly [name: string, isThere: () => boolean])[] = [
  ["workers", () => typeof Worker === "function"],
  ["Promise.withResolvers", () => "withResolvers" in Promise],
  ["Array.prototype.toSorted", () => "toSorted" in Array.prototype],
  ["private elements (attachShadow)", () => "attachShadow" in Element.prototype],
  ["CSS light-dark()", () => CSS.supports("color", "light-dark(#000, #fff)")],
];

function lacking(): string | undefined {
  return NEEDED.find(([, isThere]) => !isThere())?.[0];
}

async function load(engine: EngineClient | Failure): Promise<PageHost> {
  const { DrydockApp } = await import("./elements/app/app.ts");
  const app = document.querySelector("dd-app");
  if (!(app instanceof DrydockApp)) throw new Error("the page has no <dd-app>");
  app.createEngine = ({ coldBoot }) => startEngine({ ...options, coldBoot: coldBoot || options.coldBoot });
  if ("kind" in engine) app.refuse(engine);
  else app.start(engine);
  return app;
}

const options = startOptionsOf(location);
const missing = lacking();
if (missing === undefined) {
  const noWebAssembly: Failure = { kind: "no-webassembly", message: "WebAssembly is not defined" };
  const loading = load(typeof WebAssembly === "object" ? startEngine(options) : noWebAssembly);
  Object.defineProperty(window, "drydock", { value: createDrydock(loading), enumerable: true });
} else {
  window.drydockTooOld?.(`it lacks ${missing}`);
}

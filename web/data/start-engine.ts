import type { StartOptions } from "../worker-api.ts";
import { EngineClient } from "./engine-client.ts";

/** Creates a worker and tells it to boot. Call it as early as possible: nothing of the page is needed. */
export function startEngine(options: StartOptions): EngineClient {
  const worker = new Worker(new URL("../engine-worker.ts", import.meta.url), {
    type: "module",
    name: "drydock-engine",
  });
  const client = new EngineClient(worker);
  client.start(options);
  return client;
}

/** What the page's address asks for: `?boot=cold`, `?memory=<MiB>`. */
export function startOptionsOf(location: Location): StartOptions {
  const query = new URLSearchParams(location.search);
  const memoryMegabytes = Number(query.get("memory"));
  const engine = query.get("engine");
  return {
    baseUrl: new URL("./", location.href).href,
    coldBoot: query.get("boot") === "cold",
    ...(memoryMegabytes >= 64 && memoryMegabytes <= 1024 && { memoryBytes: memoryMegabytes * 2 ** 20 }),
    ...(__DRYDOCK_ENGINES__ !== "real" && engine !== null && { engine }),
  };
}

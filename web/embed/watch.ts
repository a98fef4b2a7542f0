import { ask, askJson } from "../data/drydock-api.ts";
import type { DockerFetch } from "../data/engine-client.ts";
import { number, object, objects, text, texts } from "../data/fields.ts";
import { jsonLines } from "../data/json-lines.ts";
import type { Events } from "./protocol.ts";

/** Tells every state of every build, until `signal`. An engine without builds has none to tell. */
export async function watchBuilds(
  fetch: DockerFetch,
  tell: (record: unknown) => void,
  signal: AbortSignal,
): Promise<void> {
  for await (const record of linesOf(fetch, "/drydock/builds/events", signal)) tell(record);
}

/** Tells every port of the machine that begins or ceases to lead to a container, until `signal`. */
export async function watchPorts(
  fetch: DockerFetch,
  tell: (port: Events["port"]) => void,
  signal: AbortSignal,
): Promise<void> {
  let open = new Map<number, Events["port"]>();
  const look = async (): Promise<void> => {
    const now = await publishedPorts(fetch).catch(() => undefined);
    if (!now || signal.aborted) return;
    for (const [port, was] of open) if (!now.has(port)) tell({ ...was, isOpen: false });
    for (const [port, is] of now) if (!open.has(port)) tell(is);
    open = now;
  };
  const filters = encodeURIComponent(JSON.stringify({ type: ["container"], event: ["start", "die", "destroy"] }));
  const events = linesOf(fetch, `/events?filters=${filters}`, signal);
  await look();
  for await (const _event of events) await look();
}

async function publishedPorts(fetch: DockerFetch): Promise<Map<number, Events["port"]>> {
  const containers = objects(await askJson(fetch, "GET", "/containers/json"));
  const open = new Map<number, Events["port"]>();
  for (const each of containers) {
    const container = texts(each["Names"])[0]?.replace(/^\//, "") ?? text(each["Id"]);
    for (const port of objects(each["Ports"])) {
      const published = number(object(port)["PublicPort"]);
      if (published === 0 || text(port["Type"]) !== "tcp") continue;
      open.set(published, { port: published, containerPort: number(port["PrivatePort"]), container, isOpen: true });
    }
  }
  return open;
}

/** Lines of JSON for as long as the engine sends them. */
async function* linesOf(fetch: DockerFetch, path: string, signal: AbortSignal): AsyncGenerator {
  try {
    const { body } = await ask(fetch, "GET", path, { signal });
    if (body) yield* jsonLines(body);
  } catch {
    // The engine is gone, or was told to stop: whoever began this begins it anew.
  }
}

/** The simplest documents as plain parameters of an address: `?image=busybox&command=docker+run+--rm+busybox+date&theme=dark`. */
import { readPlayground, type Playground } from "./playground-document.ts";

const TEXTS = ["title", "command", "layout", "theme", "dockerfile", "lesson", "open"] as const;

/** The document that the parameters describe; `command` and `image` may be given several times. @throws PlaygroundDocumentError */
export function playgroundOfQuery(query: URLSearchParams): Playground {
  return readPlayground(documentOfQuery(query));
}

/** The same before it is checked, as JSON. */
export function documentOfQuery(query: URLSearchParams): Record<string, unknown> {
  const document: Record<string, unknown> = { version: 1 };
  for (const name of TEXTS) {
    const value = query.get(name);
    if (value !== null) document[name] = value;
  }
  const images = query.getAll("image");
  const commands = query.getAll("command");
  const [image] = images;
  if (images.length > 0) document["images"] = images;
  if (commands.length > 0) document["command"] = commands;
  else if (image !== undefined) document["command"] = `docker run -it --rm ${image}`;
  const port = query.get("port");
  if (port !== null) document["port"] = /^\d+$/.test(port) ? Number(port) : port;
  const language = query.get("lang");
  if (language !== null) document["language"] = language;
  if (query.has("readonly")) document["readOnly"] = isSet(query, "readonly");
  if (query.has("run")) document["run"] = isSet(query, "run");
  return document;
}

/** `?run`, `?run=true` and `?run=1`; not `?run=false` or `?run=0`. */
export function isSet(query: URLSearchParams, name: string): boolean {
  const value = query.get(name);
  return value !== null && !["false", "0", "no"].includes(value);
}

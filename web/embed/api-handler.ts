import { isRecord } from "./document-fields.ts";
import type { Handler } from "./frame-connection.ts";
import { filesApi, runCommand, type ApiHost } from "./playground-api.ts";
import type { MethodName, Methods } from "./protocol.ts";

const TEXT_LIMIT = 1 << 20;

type Params = Readonly<Record<string, unknown>>;
type Table = { readonly [M in MethodName]: (params: Params, signal: AbortSignal) => Promise<Methods[M]["result"]> };

export interface HandlerPorts {
  readonly host: ApiHost;
  /** Begins the playground, once. */
  readonly start: () => void;
  /** A fresh machine with the document's files. */
  readonly reset: () => Promise<void>;
}

/**
 * What an embedding page can ask for: everything a reader could do with the keyboard in this playground, and nothing of the browser or of
 * other playgrounds. Parameters are whatever the page sent.
 */
export function apiHandler({ host, start, reset }: HandlerPorts): Handler {
  const files = filesApi(host);
  const table: Table = {
    start: async () => start(),
    run: (params, signal) => {
      const directory = optionalText(params, "directory");
      return runCommand(host, text(params, "command"), { signal, ...(directory !== undefined && { directory }) });
    },
    type: async (params) => {
      await host.ready;
      host.type(text(params, "text"));
    },
    screen: async () => host.screen(),
    "files.list": () => files.list(),
    "files.read": (params) => files.read(text(params, "path")),
    "files.write": (params) => files.write(text(params, "path"), content(params)),
    "files.remove": (params) => files.remove(text(params, "path")),
    reset: () => reset(),
  };
  return async (method, params, { signal }) => {
    const call = Object.hasOwn(table, method) ? table[method as MethodName] : undefined;
    if (!call) throw new TypeError(`no such method: ${method}`);
    return call(isRecord(params) ? params : {}, signal);
  };
}

function text(params: Params, name: string): string {
  const value = params[name];
  if (typeof value !== "string") throw new TypeError(`${name} must be a text`);
  if (value.length > TEXT_LIMIT) throw new RangeError(`${name} may have ${TEXT_LIMIT} characters at most`);
  return value;
}

function optionalText(params: Params, name: string): string | undefined {
  return params[name] === undefined ? undefined : text(params, name);
}

function content(params: Params): string | Uint8Array<ArrayBuffer> {
  const value = params["content"];
  if (value instanceof Uint8Array && value.byteLength <= 16 * TEXT_LIMIT) return new Uint8Array(value);
  return text(params, "content");
}

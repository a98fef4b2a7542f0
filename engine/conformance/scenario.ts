/** What a script of API requests needs: the same script runs against a real Docker daemon (`record.ts`) and against ours. */

/** One HTTP exchange with an engine. `target`: path and query. */
export type Send = (request: {
  readonly method: string;
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array | undefined;
}) => Promise<{
  readonly status: number;
  /** Lower-case names. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: Uint8Array;
}>;

/** One step as it is recorded; `request` as it was sent, `body`: JSON, lines of JSON, or text. */
export interface Exchange {
  readonly request: string;
  readonly status: number;
  readonly type: string;
  readonly body: unknown;
}

export interface Scenario {
  /** File name of the recording. */
  readonly name: string;
  readonly run: (api: Api) => Promise<void>;
}

export interface CallOptions {
  readonly json?: unknown;
  /** Sent as JSON, whatever it is. */
  readonly text?: string;
  /** Sent as a tar. */
  readonly bytes?: Uint8Array;
  readonly headers?: Readonly<Record<string, string>>;
  /** Only the status counts: the body is of this engine alone (`docker top` of another kernel). */
  readonly statusOnly?: boolean;
}

const ENGINE_API = "/v1.50";

/** Sends requests and keeps what was answered. */
export class Api {
  readonly exchanges: Exchange[] = [];
  readonly #send: Send;

  constructor(send: Send) {
    this.#send = send;
  }

  /** `POST /containers/create?name=web` and so on; answers the parsed body. */
  async call(request: string, options: CallOptions = {}): Promise<unknown> {
    const exchange = await this.#exchange(request, options);
    this.exchanges.push({ ...exchange, ...(options.statusOnly === true && { body: "(not compared)" }) });
    return exchange.body;
  }

  /** Sends without recording: what prepares or cleans up. */
  async quietly(request: string, options: CallOptions = {}): Promise<unknown> {
    return (await this.#exchange(request, options)).body;
  }

  /** Makes a container, recorded; answers its id. */
  async create(name: string, config: Readonly<Record<string, unknown>>): Promise<string> {
    const body = { Image: "busybox", ...config };
    const made = (await this.call(`POST /containers/create?name=${name}`, { json: body })) as { Id?: string };
    return made.Id ?? "";
  }

  /** Makes and starts a container that sleeps; not recorded. */
  async sleeper(name: string, config: Readonly<Record<string, unknown>> = {}): Promise<void> {
    const body = { Image: "busybox", Cmd: ["sleep", "1000"], StopTimeout: 0, ...config };
    await this.quietly(`POST /containers/create?name=${name}`, { json: body });
    await this.quietly(`POST /containers/${name}/start`);
  }

  /** Waits, without recording, until something is so; half a minute at most. */
  async until(isSo: () => Promise<boolean>): Promise<void> {
    const deadline = Date.now() + 30_000;
    while (!(await isSo()) && Date.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 50));
  }

  async #exchange(request: string, options: CallOptions): Promise<Exchange> {
    const [method = "", path = ""] = request.split(" ");
    const text = options.json === undefined ? options.text : JSON.stringify(options.json);
    const body = text === undefined ? options.bytes : new TextEncoder().encode(text);
    const bodyType = text === undefined ? "application/x-tar" : "application/json";
    const answer = await this.#send({
      method,
      target: escapeJson(path.startsWith("/!") ? path.slice(2) : ENGINE_API + path),
      headers: { ...(body !== undefined && { "content-type": bodyType }), ...options.headers },
      body,
    });
    const type = (answer.headers.get("content-type") ?? "").split(";")[0] ?? "";
    const line = text === undefined ? request : `${request} ${text}`;
    return { request: line, status: answer.status, type, body: parseBody(type, answer.body) };
  }
}

/** Filters are written in scenarios as the JSON that they are. */
function escapeJson(target: string): string {
  return target.replace(/[{}"[\]\s]/g, encodeURIComponent);
}

/** JSON as a value; several documents as a list; frames of attach and logs as lines by stream; else text. */
function parseBody(type: string, bytes: Uint8Array): unknown {
  if (type.endsWith("multiplexed-stream") || type.endsWith("raw-stream")) return frames(bytes);
  if (type === "application/x-tar" || type === "application/octet-stream") return "(tar)";
  const text = new TextDecoder().decode(bytes);
  if (type !== "application/json") return text;
  try {
    return JSON.parse(text);
  } catch {
    const lines = text.split("\n").filter((line) => line.trim() !== "");
    return lines.map((line) => JSON.parse(line) as unknown);
  }
}

/** `docs: Attach to a container`, "Stream format": 8 bytes of header, then the payload. What is no frame is raw text. */
function frames(bytes: Uint8Array): unknown {
  const text: Record<string, string> = {};
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 0; at < bytes.length;) {
    const kind = ["stdin", "stdout", "stderr"][bytes[at] ?? 9];
    if (kind === undefined || at + 8 > bytes.length) return new TextDecoder().decode(bytes);
    const length = view.getUint32(at + 4);
    text[kind] = (text[kind] ?? "") + new TextDecoder().decode(bytes.subarray(at + 8, at + 8 + length));
    at += 8 + length;
  }
  return text;
}

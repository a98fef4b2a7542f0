import { expect } from "vitest";
import { chunksOf, decodeUtf8 } from "../base/streams.ts";
import type { Engine } from "../engine-options.ts";

/** What an engine answered: JSON where it is some, text where not. */
export interface ApiAnswer {
  readonly status: number;
  readonly json: Readonly<Record<string, unknown>>;
  readonly text: string;
}

/** What a container did. `message`: why it could not be made or started. */
export interface ContainerResult {
  readonly status: number;
  readonly output: string;
  readonly code: number;
  readonly message: string;
  readonly warnings: readonly string[];
}

/** Speaks to an engine as a client does that sends what it likes. */
export class ApiSession {
  readonly #engine: Engine;

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  async request(method: string, path: string, body?: object): Promise<ApiAnswer> {
    const [pathname = "", search = ""] = path.split("?", 2);
    const bytes = new TextEncoder().encode(JSON.stringify(body ?? {}));
    const response = await this.#engine.fetch({
      method,
      path: `/v1.50${pathname}`,
      query: new URLSearchParams(search),
      headers: new Map(body === undefined ? [] : [["content-type", "application/json"]]),
      body:
        body === undefined
          ? undefined
          : new ReadableStream({
              start(controller) {
                controller.enqueue(bytes);
                controller.close();
              },
            }),
    });
    const chunks: Uint8Array[] = [];
    if (response.body !== undefined) for await (const chunk of chunksOf(response.body)) chunks.push(chunk);
    const text = decodeUtf8(Uint8Array.from(chunks.flatMap((chunk) => [...chunk])));
    return { status: response.status, json: parse(text), text };
  }

  pull(image: string): Promise<ApiAnswer> {
    return this.request("POST", `/images/create?fromImage=${image}&tag=latest`);
  }

  /** Makes a container of busybox, answers its id. @throws Error with the engine's message */
  async create(config: object, host: object = {}, name = ""): Promise<string> {
    const answer = await this.request("POST", `/containers/create?name=${name}`, {
      Image: "busybox",
      ...config,
      HostConfig: host,
    });
    if (answer.status !== 201) throw new Error(textOf(answer, "message"));
    return textOf(answer, "Id");
  }

  /** The lines that a script says in a container of its own, which must end well. */
  async lines(script: string, host: object = {}, config: object = {}): Promise<readonly string[]> {
    const { output, message, code } = await this.run(script, host, config);
    expect({ message, code }).toEqual({ message: "", code: 0 });
    return output.trimEnd().split("\n");
  }

  /** Why a container of these settings cannot be made or started: the status and the words. */
  async refusal(host: object, config: object = {}): Promise<readonly [number, string]> {
    const { status, message } = await this.run("true", host, config);
    return [status, message.replace(/^failed to create task.*runc create failed: /, "runc: ")];
  }

  /** Runs a script in a container of its own, with a terminal so that its output is plain, and takes the container away. */
  async run(script: string, host: object = {}, config: object = {}): Promise<ContainerResult> {
    const created = await this.request("POST", "/containers/create", {
      Image: "busybox",
      Cmd: ["sh", "-c", script],
      Tty: true,
      ...config,
      HostConfig: host,
    });
    const message = textOf(created, "message");
    const warnings = (created.json["Warnings"] ?? []) as readonly string[];
    const id = textOf(created, "Id");
    if (created.status !== 201) return { status: created.status, output: "", code: -1, message, warnings };
    try {
      const started = await this.request("POST", `/containers/${id}/start`);
      if (started.status !== 204)
        return { status: started.status, output: "", code: -1, message: textOf(started, "message"), warnings };
      const waited = await this.request("POST", `/containers/${id}/wait`);
      const logs = await this.request("GET", `/containers/${id}/logs?stdout=1&stderr=1`);
      const output = logs.text.replaceAll("\r\n", "\n");
      return { status: 204, output, code: Number(waited.json["StatusCode"]), message: "", warnings };
    } finally {
      await this.request("DELETE", `/containers/${id}?force=1`);
    }
  }
}

function textOf({ json }: ApiAnswer, name: string): string {
  const value = json[name];
  return typeof value === "string" ? value : "";
}

function parse(text: string): ApiAnswer["json"] {
  try {
    return JSON.parse(text) as ApiAnswer["json"];
  } catch {
    return {};
  }
}

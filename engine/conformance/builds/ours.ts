/** Our engine, by its API. */
import { collect, decodeUtf8, streamOf } from "../../base/streams.ts";
import type { Engine } from "../../engine-options.ts";
import { decodeBuildStatus } from "../../wire/build-status.ts";
import { type BuildCase, type CaseFiles, tagOf } from "./build-case.ts";
import { tarOfCase } from "./context-files.ts";
import { type RecordedBuild, type Told, toRecord, withoutMarks } from "./recorded-build.ts";
import { readSavedImage, type SavedImage } from "./saved-image.ts";

type Call = {
  readonly method: string;
  readonly path: string;
  readonly query?: URLSearchParams;
  readonly body?: Uint8Array;
};

/** What was built, and its id. */
export interface OwnBuild {
  readonly record: ReturnType<typeof toRecord>;
  /** "" when it failed. */
  readonly id: string;
}

/** Builds cases as a client of the engine does. */
export class CaseBuilder {
  readonly #engine: Engine;

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  /** Images that the case builds on. */
  async prepare({ before = {} }: BuildCase): Promise<void> {
    for (const [tag, { dockerfile, files = {} }] of Object.entries(before)) {
      const { record } = await this.#build({ name: tag, dockerfile, files }, { tag });
      if (record.error !== undefined) throw new Error(`${tag}: ${record.error}`);
    }
  }

  async build(build: BuildCase, options: { readonly noCache?: boolean } = {}): Promise<OwnBuild> {
    return await this.#build(build, { tag: tagOf(build), ...options });
  }

  /** `docker save` */
  async save(name: string): Promise<Uint8Array> {
    const { body } = await this.#call({ method: "GET", path: `/images/${name}/get` });
    return body;
  }

  /** Digests of the image's layers. */
  async layers(build: BuildCase): Promise<readonly string[]> {
    const { body } = await this.#call({ method: "GET", path: `/images/${tagOf(build)}/json` });
    return (JSON.parse(decodeUtf8(body)) as { readonly RootFS: { readonly Layers: readonly string[] } }).RootFS.Layers;
  }

  async saved(build: BuildCase): Promise<SavedImage> {
    return await readSavedImage(streamOf(await this.save(tagOf(build))));
  }

  async #build(build: BuildCase, { tag, noCache }: { tag: string; noCache?: boolean }): Promise<OwnBuild> {
    const { dockerfile, files = {}, options = {} } = build;
    const session = await this.#session(build);
    const given: Readonly<Record<string, string | undefined>> = {
      version: "2",
      t: tag,
      target: options.target,
      dockerfile: options.file,
      networkmode: options.network,
      nocache: noCache === true ? "1" : undefined,
      buildargs: JSON.stringify(options.buildArgs ?? {}),
      labels: JSON.stringify(options.labels ?? {}),
      session,
    };
    const query = new URLSearchParams(Object.entries(given).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]]))); // prettier-ignore
    for (const host of options.extraHosts ?? []) query.append("extrahosts", host);
    const body = await tarOfCase({ ...files, [options.file ?? "Dockerfile"]: dockerfile });
    const { body: answer } = await this.#call({ method: "POST", path: "/build", query, body });
    return toldOf(decodeUtf8(answer));
  }

  /** What only `docker build` knows, where there is some. */
  async #session({ options: { secrets = {}, contexts = {} } = {} }: BuildCase): Promise<string | undefined> {
    if (Object.keys(secrets).length + Object.keys(contexts).length === 0) return undefined;
    const isPlace = (entry: [string, CaseFiles | string]): entry is [string, string] => typeof entry[1] === "string";
    const named = { NamedContexts: Object.fromEntries(Object.entries(contexts).filter(isPlace)) };
    const made = await this.#call({
      method: "POST",
      path: "/drydock/build-sessions",
      body: bytesOf(JSON.stringify(named)),
    });
    const path = `/drydock/build-sessions/${(JSON.parse(decodeUtf8(made.body)) as { readonly Id: string }).Id}`;
    for (const [id, value] of Object.entries(secrets))
      await this.#call({ method: "PUT", path: `${path}/secrets/${id}`, body: bytesOf(value) });
    for (const [name, place] of Object.entries(contexts))
      if (typeof place !== "string")
        await this.#call({ method: "PUT", path: `${path}/contexts/${name}`, body: await tarOfCase(place) });
    return path.slice(path.lastIndexOf("/") + 1);
  }

  async #call({ method, path, query, body }: Call): Promise<{ readonly status: number; readonly body: Uint8Array }> {
    const type = path === "/build" || path.includes("/contexts/") ? "application/x-tar" : "application/json";
    const headers = body === undefined ? {} : { "content-length": String(body.length), "content-type": type };
    const response = await this.#engine.fetch({
      method,
      path,
      query: query ?? new URLSearchParams(),
      headers: new Map(Object.entries(headers)),
      body: body === undefined ? undefined : streamOf(body),
    });
    const bytes = response.body === undefined ? new Uint8Array() : await collect(response.body);
    return { status: response.status, body: bytes };
  }
}

/** With what the image is. */
export async function recordOf(
  builder: CaseBuilder,
  build: BuildCase,
  first: OwnBuild,
  second: OwnBuild,
): Promise<RecordedBuild> {
  if (first.record.error !== undefined) return first.record;
  const { diffIds: _, ...image } = await builder.saved(build);
  return { ...image, ...first.record, steps: withoutMarks(first.record.steps), again: second.record.steps };
}

interface Message {
  readonly id?: string;
  readonly aux?: string | { readonly ID: string };
  readonly error?: string;
  readonly message?: string;
}

/** Of JSON messages, as `POST /build` answers them. */
function toldOf(answer: string): OwnBuild {
  const vertexes = new Map<string, { name: string; cached: boolean; error: string }>();
  const warnings: string[] = [];
  const logs: Told["logs"][number][] = [];
  let id = "";
  let failure: string | undefined;
  for (const line of answer.split("\n").filter((each) => each.trim() !== "")) {
    const message = JSON.parse(line) as Message;
    failure ??= message.error ?? message.message;
    if (message.id === "moby.image.id" && typeof message.aux === "object") id = message.aux.ID;
    if (message.id !== "moby.buildkit.trace" || typeof message.aux !== "string") continue;
    const status = decodeBuildStatus(new Uint8Array(Buffer.from(message.aux, "base64")));
    for (const { digest, name, cached = false, error = "" } of status.vertexes)
      vertexes.set(digest, { name, cached, error });
    for (const { short } of status.warnings) warnings.push(short);
    for (const { vertex, stream, bytes } of status.logs)
      logs.push({ vertex, stream: stream === "stdout" ? 1 : 2, text: decodeUtf8(bytes) });
  }
  return { record: toRecord({ vertexes, warnings, logs, ...(failure !== undefined && { error: failure }) }), id };
}

function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

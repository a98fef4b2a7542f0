import { EngineError } from "../../base/errors.ts";
import type { Clock } from "../../base/clock.ts";
import { Queue } from "../../base/queue.ts";
import { encodeUtf8, streamOf } from "../../base/streams.ts";
import type { LowerFile, ReadableLowerFiles } from "../../archive/lower-files.ts";
import type { BuildRecord, BuildStep } from "../../build/build-record.ts";
import type { BuildRequest } from "../../build/build-request.ts";
import {
  BuildFailure,
  type BuildResult,
  type BuildRun,
  type BuildService,
  type CacheEntry,
  type PruneCache,
} from "../../build/build-service.ts";
import type { BuildStatus, SourceExcerpt, VertexWarning } from "../../build/build-status.ts";
import type { Image } from "../../images/image-service.ts";
import type { Digest } from "../../oci/digest.ts";
import { fakeImage, type FakeImages } from "./fake-images.ts";

/** Files by path, for contexts and results; directories are there because something is in them. */
export function fakeFiles(texts: Readonly<Record<string, string>>): ReadableLowerFiles {
  const stat = (mode: number, size: number): LowerFile => ({
    mode,
    uid: 0,
    gid: 0,
    size,
    major: 0,
    minor: 0,
    mtimeSeconds: 1_700_000_000,
    mtimeNanoseconds: 0,
    xattrs: [],
  });
  const namesIn = (directory: string): readonly string[] => [
    ...new Set(
      Object.keys(texts)
        .filter((path) => directory === "" || path.startsWith(`${directory}/`))
        .map((path) => path.slice(directory === "" ? 0 : directory.length + 1).split("/", 1)[0] as string),
    ),
  ];
  return {
    find: (path) => {
      const text = texts[path];
      if (text !== undefined) return stat(0o100_644, encodeUtf8(text).length);
      return path === "" || namesIn(path).length > 0 ? stat(0o040_755, 0) : undefined;
    },
    names: namesIn,
    readLink: () => "",
    read: (path) => streamOf(encodeUtf8(texts[path] ?? "")),
    identity: () => undefined,
  };
}

const digestOf = (text: string): Digest => `sha256:${Buffer.from(text.padEnd(32, "0").slice(0, 32), "latin1").toString("hex")}` as Digest; // prettier-ignore

/**
 * A builder that knows FROM, RUN and the rest by their first word: `RUN echo TEXT` writes it, `RUN exit N` fails, `RUN wait` waits until the
 * build is cancelled; an instruction it was given before comes from the cache.
 */
export class FakeBuilder implements BuildService {
  readonly requests: BuildRequest[] = [];
  readonly pruned: PruneCache[] = [];
  entries: readonly CacheEntry[] = [];
  readonly #clock: Clock;
  readonly #images: FakeImages;
  readonly #records: BuildRecord[] = [];
  readonly #listeners = new Set<(record: BuildRecord) => void>();
  readonly #cached = new Set<string>();
  #count = 0;

  constructor(images: FakeImages, clock: Clock) {
    this.#images = images;
    this.#clock = clock;
  }

  build(request: BuildRequest, { signal }: { readonly signal?: AbortSignal } = {}): BuildRun {
    this.requests.push(request);
    this.#count += 1;
    const id = `build${this.#count}`;
    const status = new Queue<BuildStatus>();
    const result = this.#run(id, request, status, signal).finally(() => status.close());
    result.catch(() => undefined);
    return { id, status, result };
  }

  records(): readonly BuildRecord[] {
    return this.#records.toReversed();
  }

  subscribe(listener: (record: BuildRecord) => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  async stepImage(buildId: string, step: number): Promise<Image> {
    const record = this.#records.find(({ id }) => id === buildId);
    if (record?.steps[step] === undefined) throw new EngineError("not-found", `no such step: ${buildId} ${step}`);
    return { ...fakeImage("none", "a"), id: digestOf(`${step} ${record.steps[step].text}`) };
  }

  async cacheUsage(): Promise<readonly CacheEntry[]> {
    return this.entries;
  }

  async prune(options: PruneCache): Promise<{ entries: readonly string[]; freedBytes: number }> {
    this.pruned.push(options);
    const gone = this.entries;
    this.entries = [];
    return { entries: gone.map(({ id }) => id), freedBytes: gone.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0) };
  }

  async #run(
    id: string,
    request: BuildRequest,
    status: Queue<BuildStatus>,
    signal: AbortSignal | undefined,
  ): Promise<BuildResult> {
    const lines = this.#readDockerfile(id, request, status);
    const run = new FakeRun({ id, request, status, lines, clock: this.#clock, signal });
    run.changed = (record) => {
      const place = this.#records.findIndex((other) => other.id === id);
      if (place < 0) this.#records.push(record);
      else this.#records[place] = record;
      for (const listener of this.#listeners) listener(record);
    };
    run.change({});
    const { config } = fakeImage("x", "b");
    if (!request.checkOnly) for (const [index, text] of lines.entries()) await run.step(index, text, this.#cached);
    if (request.checkOnly || request.filesOnly === true) {
      run.change({ status: "completed", completedMs: this.#clock.now() });
      return { image: undefined, config, layers: run.layers, files: async () => RESULT };
    }
    const built = { ...fakeImage("built", "b"), id: digestOf(lines.join()), repoTags: [] };
    this.#images.add(built);
    for (const tag of request.tags) await this.#images.tag(built.id, tag);
    run.change({ status: "completed", completedMs: this.#clock.now(), image: built.id });
    return { image: built, config, layers: run.layers, files: async () => RESULT };
  }

  #readDockerfile(id: string, { dockerfile }: BuildRequest, status: Queue<BuildStatus>): readonly string[] {
    const lines = dockerfile.text.split("\n").filter((line) => line.trim() !== "" && !line.startsWith("#"));
    const vertex = digestOf(`definition ${id}`);
    const nowMs = this.#clock.now();
    const name = `[internal] load build definition from ${dockerfile.name}`;
    status.push({ vertexes: [{ digest: vertex, inputs: [], name, startedMs: nowMs, completedMs: nowMs }] });
    const unknown = lines.find((line) => !/^(FROM|RUN|COPY|ENV|CMD|LABEL|ARG|MAINTAINER) /.test(line));
    if (unknown !== undefined) {
      const source = excerpt(dockerfile, unknown);
      const problem = `unknown instruction: ${unknown.split(" ", 1)[0]}`;
      throw new BuildFailure(`dockerfile parse error on line ${source.ranges[0]?.start}: ${problem}`, { source });
    }
    const warnings = lines
      .filter((line) => line.startsWith("MAINTAINER"))
      .map((line): VertexWarning => {
        const source = excerpt(dockerfile, line);
        return {
          vertex,
          level: 1,
          short: `MaintainerDeprecated: Maintainer instruction is deprecated in favor of using label (line ${source.ranges[0]?.start})`,
          detail: ["The MAINTAINER instruction is deprecated, use a label instead to define an image author"],
          url: "https://docs.docker.com/go/dockerfile/rule/maintainer-deprecated/",
          source,
        };
      });
    if (warnings.length > 0) status.push({ warnings });
    return lines;
  }
}

const RESULT = fakeFiles({ "etc/made": "by the build\n", hello: "hi\n" });

function excerpt({ name, text }: BuildRequest["dockerfile"], line: string): SourceExcerpt {
  const start = text.split("\n").indexOf(line) + 1;
  return { fileName: name, data: text, ranges: [{ start, end: start }] };
}

interface FakeRunOptions {
  readonly id: string;
  readonly request: BuildRequest;
  readonly status: Queue<BuildStatus>;
  readonly lines: readonly string[];
  readonly clock: Clock;
  readonly signal: AbortSignal | undefined;
}

/** One build's steps, told as they go. */
class FakeRun {
  changed: (record: BuildRecord) => void = () => undefined;
  readonly layers: Digest[] = [];
  readonly #options: FakeRunOptions;
  #record: BuildRecord;

  constructor(options: FakeRunOptions) {
    const { id, request, lines, clock } = options;
    const { contextPath } = request;
    this.#options = options;
    this.#record = {
      id,
      status: "running",
      startedMs: clock.now(),
      dockerfile: request.dockerfile,
      ...(contextPath !== undefined && { contextPath }),
      target: request.target,
      tags: request.tags,
      steps: lines.map((text, index) => {
        const range = { start: index + 1, end: index + 1 };
        return { index, stage: "stage-0", range, text, status: "pending" };
      }),
    };
  }

  change(more: Partial<BuildRecord>): void {
    this.#record = { ...this.#record, ...more };
    this.changed(this.#record);
  }

  async step(index: number, text: string, known: Set<string>): Promise<void> {
    const { request, status, lines, clock } = this.#options;
    const digest = digestOf(`${index} ${text}`);
    const vertex = { digest, inputs: [], name: `[${index + 1}/${lines.length}] ${text}`, startedMs: clock.now() };
    const cached = request.noCache === false && known.has(text);
    status.push({ vertexes: [vertex] });
    this.#setStep(index, { status: "running", startedMs: vertex.startedMs });
    const output = cached ? undefined : await this.#outputOf(text);
    if (output !== undefined)
      status.push({
        logs: [{ vertex: digest, stream: "stdout", bytes: encodeUtf8(`${output}\n`), timestampMs: clock.now() }],
      });
    const error = await this.#errorOf(text);
    if (error !== undefined) {
      const state = error === "context canceled" ? "canceled" : "failed";
      status.push({ vertexes: [{ ...vertex, completedMs: clock.now(), error }] });
      this.#setStep(index, { status: state, completedMs: clock.now() });
      this.change({ status: state, completedMs: clock.now(), error: { message: error, line: index + 1 } });
      throw new BuildFailure(error, { source: excerpt(request.dockerfile, text), vertex: digest });
    }
    known.add(text);
    const layer = digestOf(`layer ${index}`);
    this.layers.push(layer);
    status.push({ vertexes: [{ ...vertex, completedMs: clock.now(), cached }] });
    const made = { completedMs: clock.now(), layers: [...this.layers], layer, sizeBytes: 10 * index, wasteBytes: 0 };
    this.#setStep(index, { status: cached ? "cached" : "done", ...made });
  }

  async #outputOf(text: string): Promise<string | undefined> {
    const secret = /^RUN secret (\w+)$/.exec(text)?.[1];
    if (secret === undefined) return /^RUN echo (.*)$/.exec(text)?.[1];
    return `${(await this.#options.request.session.secret(secret))?.length ?? "no"} bytes`;
  }

  async #errorOf(text: string): Promise<string | undefined> {
    const { signal } = this.#options;
    if (text === "RUN wait" && signal !== undefined) {
      if (!signal.aborted) await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
      return "context canceled";
    }
    const code = /^RUN exit (\d+)$/.exec(text)?.[1];
    if (code !== undefined)
      return `process "/bin/sh -c exit ${code}" did not complete successfully: exit code: ${code}`;
    const missing = /^COPY (\S*nope) /.exec(text)?.[1];
    return missing === undefined
      ? undefined
      : `failed to compute cache key: failed to calculate checksum of ref a::b: "/${missing}": not found`;
  }

  #setStep(index: number, more: Partial<BuildStep>): void {
    this.change({ steps: this.#record.steps.map((step) => (step.index === index ? { ...step, ...more } : step)) });
  }
}

/**
 * The stream of Docker's classic builder (`POST /build` without `version=2`), told from BuildKit's status and the build's record: steps in the
 * order of the file, each with what it wrote, the next one only when it is over. moby `daemon/builder/dockerfile`.
 */
import { decodeUtf8 } from "../base/streams.ts";
import { EngineError, messageOf } from "../base/errors.ts";
import type { BuildRecord, BuildStep } from "../build/build-record.ts";
import type { BuildRun, BuildService } from "../build/build-service.ts";
import type { BuildStatus, BuildVertex, VertexLog } from "../build/build-status.ts";
import { errorMessage, type ProgressMessage } from "../wire/progress.ts";
import type { Finish } from "./build-messages.ts";

const OVER: readonly BuildStep["status"][] = ["cached", "done"];

interface ClassicOptions {
  readonly builder: Pick<BuildService, "records">;
  readonly finish: Finish;
  /** Familiar. */
  readonly tags: readonly string[];
  /** `rm` */
  readonly remove: boolean;
}

/** @throws Error what the build throws before its first step */
export async function* classicMessages(
  run: BuildRun,
  options: ClassicOptions,
): AsyncGenerator<ProgressMessage, void, undefined> {
  const writer = new ClassicWriter(run.id, options);
  for await (const status of run.status) {
    writer.take(status);
    yield* writer.advance();
  }
  writer.complete();
  try {
    const result = await run.result;
    yield* writer.advance();
    options.finish(result);
    const id = result.image?.id ?? "";
    yield { stream: ` ---> ${shortId(id)}\n` };
    yield { aux: { ID: id } };
    yield { stream: `Successfully built ${shortId(id)}\n` };
    for (const tag of options.tags) yield { stream: `Successfully tagged ${tag}\n` };
  } catch (error) {
    yield* writer.advance();
    if (!writer.hasBegun) throw classicRefusal(error);
    yield classicError(error);
  }
}

class ClassicWriter {
  hasBegun = false;
  readonly #buildId: string;
  readonly #options: ClassicOptions;
  /** The first step that is not over. */
  #cursor = 0;
  #announced = -1;
  #running = -1;
  #isComplete = false;
  readonly #vertexes = new Map<string, BuildVertex>();
  /** What each vertex wrote, as far as it was not told. */
  readonly #logs = new Map<string, VertexLog[]>();

  constructor(buildId: string, options: ClassicOptions) {
    this.#buildId = buildId;
    this.#options = options;
  }

  take({ vertexes = [], logs = [] }: BuildStatus): void {
    for (const vertex of vertexes) this.#vertexes.set(vertex.digest, vertex);
    for (const log of logs) this.#logs.set(log.vertex, [...(this.#logs.get(log.vertex) ?? []), log]);
  }

  /** There is no more status to come. */
  complete(): void {
    this.#isComplete = true;
  }

  /** As far as steps have come. */
  *advance(): Generator<ProgressMessage, void, undefined> {
    const record = this.#options.builder.records().find(({ id }) => id === this.#buildId);
    for (let step = record?.steps[this.#cursor]; record && step; step = record.steps[this.#cursor]) {
      if (step.status === "pending") return;
      const known = this.#inStep(record, step);
      yield* this.#tell(record, known);
      if (!OVER.includes(known.status)) return;
      this.#cursor += 1;
    }
  }

  /** The record may be ahead of the status: a `RUN` is not over before all that it wrote was told. */
  #inStep(record: BuildRecord, step: BuildStep): BuildStep {
    const isAhead = step.status === "done" && isRun(step) && !this.#isComplete;
    return isAhead && this.#vertexOf(record, step)?.completedMs === undefined ? { ...step, status: "running" } : step;
  }

  *#tell(record: BuildRecord, step: BuildStep): Generator<ProgressMessage, void, undefined> {
    if (this.#announced < step.index) {
      this.#announced = step.index;
      this.hasBegun = true;
      yield { stream: `Step ${step.index + 1}/${record.steps.length} : ${asWritten(record, step)}` };
      yield { stream: "\n" };
    }
    if (step.status === "cached") yield { stream: " ---> Using cache\n" };
    else if (isRun(step)) yield* this.#tellRun(record, step);
    // There are no images of steps: what stands for them is the layer they end with. The last one's is the image.
    const layer = step.layers?.at(-1);
    const isLast = step.index === record.steps.length - 1;
    if (OVER.includes(step.status) && !isLast && layer !== undefined) yield { stream: ` ---> ${shortId(layer)}\n` };
  }

  *#tellRun(record: BuildRecord, step: BuildStep): Generator<ProgressMessage, void, undefined> {
    const vertex = this.#vertexOf(record, step);
    // A step has no container that one could look at: its digest takes the place of the id.
    const container = shortId(vertex?.digest ?? "");
    if (this.#running < step.index && vertex !== undefined) {
      this.#running = step.index;
      yield { stream: ` ---> Running in ${container}\n` };
    }
    for (const { bytes } of this.#logs.get(vertex?.digest ?? "") ?? []) yield { stream: decodeUtf8(bytes) };
    this.#logs.delete(vertex?.digest ?? "");
    if (step.status === "done" && vertex !== undefined && this.#options.remove)
      yield { stream: ` ---> Removed intermediate container ${container}\n` };
  }

  /** `[stage 2/3] RUN make`: of several alike, the one whose place among them is the same. */
  #vertexOf(record: BuildRecord, step: BuildStep): BuildVertex | undefined {
    const isAlike = ({ stage, text }: BuildStep): boolean => stage === step.stage && text === step.text;
    const place = record.steps.filter((other) => other.index < step.index && isAlike(other)).length;
    const stages = new Set(record.steps.map(({ stage }) => stage));
    const names = [...this.#vertexes.values()].filter(({ name }) => {
      const [, prefix = "", text] = /^\[(?:(.+) )?\d+\/\d+\] (.*)$/s.exec(name) ?? [];
      return text === step.text && (prefix === step.stage || (prefix === "" && stages.size === 1));
    });
    return names.toSorted((a, b) => numberOf(a) - numberOf(b))[place];
  }
}

/** The line of the Dockerfile, where it is one; what the builder made of it otherwise. */
function asWritten({ dockerfile }: BuildRecord, { range, text }: BuildStep): string {
  const line = (dockerfile.text.split("\n")[range.start - 1] ?? "").trim();
  const isIt = range.start === range.end && wordOf(line) === wordOf(text);
  return isIt ? line : text;
}

const wordOf = (text: string): string => (text.split(/\s/, 1)[0] ?? "").toUpperCase();
const isRun = ({ text }: BuildStep): boolean => /^RUN\b/i.test(text);
const numberOf = ({ name }: BuildVertex): number => Number(/(\d+)\/\d+\]/.exec(name)?.[1] ?? 0);
const shortId = (digest: string): string => digest.replace(/^sha256:/, "").slice(0, 12);

/** What the client would be told instead of a stream. @see classicMessages */
function classicRefusal(error: unknown): unknown {
  const message = messageOf(error);
  const isClientsFault = /^(dockerfile parse error|target stage|the Dockerfile .* cannot be empty|file with no)/;
  return isClientsFault.test(message) ? new EngineError("invalid-argument", message, { cause: error }) : error;
}

/** A failed build in the words of the classic builder. */
export function classicError(error: unknown): ProgressMessage {
  const message = messageOf(error);
  const [, command, code] = /process "(.*)" did not complete successfully: exit code: (\d+)/s.exec(message) ?? [];
  if (command !== undefined) {
    const text = `The command '${command}' returned a non-zero code: ${code}`;
    return { errorDetail: { code: Number(code), message: text }, error: text };
  }
  const missing = /failed to calculate checksum of ref .*: "\/(.*)": not found$/s.exec(message)?.[1];
  return missing === undefined
    ? errorMessage(message)
    : errorMessage(
        `COPY failed: file not found in build context or excluded by .dockerignore: stat ${missing}: file does not exist`,
      );
}

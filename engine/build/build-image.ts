import { type EngineError, messageOf } from "../base/errors.ts";
import { Disposals } from "../base/disposal.ts";
import { encodeUtf8 } from "../base/streams.ts";
import { checkDockerfile, checkFailure } from "../dockerfile/check-dockerfile.ts";
import { parseCheckOptions } from "../dockerfile/directives.ts";
import type { Dockerfile } from "../dockerfile/dockerfile.ts";
import { parseDockerfile } from "../dockerfile/parse-dockerfile.ts";
import type { Image } from "../images/image-service.ts";
import type { Descriptor } from "../oci/manifest.ts";
import { OCI_LAYER } from "../oci/media-types.ts";
import { formatFamiliar, formatReference, parseReference, type Reference, withDefaultTag } from "../oci/reference.ts";
import { BaseImages } from "./base-images.ts";
import { excerptOf, toFailure } from "./build-errors.ts";
import { BuildJob, type SharedBuilds } from "./build-job.ts";
import type { BuildPorts } from "./build-ports.ts";
import type { BuildRequest } from "./build-request.ts";
import { BuildFailure, type BuildResult } from "./build-service.ts";
import { ImportedCache, imageOfCacheFrom } from "./cache/imported-cache.ts";
import { imageDocument, type StageState } from "./export-image.ts";
import { sourceDateEpoch } from "./plan/build-args.ts";
import type { BuildPlan } from "./plan/build-plan.ts";
import { planBuild } from "./plan/plan-build.ts";
import type { Progress, Vertex } from "./progress.ts";
import type { RunningRecord } from "./running-record.ts";

/** What one build is about. */
export interface BuildTask {
  readonly request: BuildRequest;
  readonly progress: Progress;
  readonly record: RunningRecord;
  readonly signal: AbortSignal;
}

/** A whole build: the Dockerfile is read and checked, its stages are made, the image is stored. @throws BuildFailure, the signal's reason */
export async function buildImage(ports: BuildPorts, shared: SharedBuilds, task: BuildTask): Promise<BuildResult> {
  const { request, progress, signal } = task;
  const names = request.tags.map((tag) => withDefaultTag(parseReference(tag)));
  const definition = progress.add(
    `[internal] load build definition from ${request.dockerfile.name.replace(/^.*\//, "")}`,
  );
  const dockerfile = readDockerfile(request, definition);
  const { pull, session } = request;
  const images = new BaseImages({ images: ports.images, progress, session, pull, signal });
  const planning = ports.trace.measure("build.plan", () => planWith(images, task, dockerfile));
  await planning.then(
    () => tellIgnoreFile(progress),
    (error: unknown) => void (isOfStages(error, dockerfile) || tellIgnoreFile(progress)),
  );
  const violation = tellChecks(task, dockerfile, { definition, images });
  const plan = await planning;
  if (violation !== undefined) throw toFailure(violation, request.dockerfile);
  if (request.checkOnly) return checked(ports, plan);
  await using owned = new Disposals();
  const lease = await ports.images.lease({});
  owned.use({ [Symbol.asyncDispose]: () => lease.end() });
  const steps = task.record.planned(plan);
  const imported = await importCaches(ports, task);
  const job = new BuildJob(ports, shared, { request, plan, progress, steps, imported, lease, owned, signal });
  const state = await job.run();
  const result = await ports.trace.measure("build.export", () => exportImage(ports, task, { plan, state, names }));
  // Nobody waits for it: what has to be looked at are all the files of the image.
  void job.waste().then(
    (waste) => steps.wasted(waste),
    (error: unknown) => ports.report("build-waste", error),
  );
  return result;
}

function readDockerfile({ dockerfile }: BuildRequest, vertex: Vertex): Dockerfile {
  vertex.start();
  vertex.part("transferring dockerfile:", { current: encodeUtf8(dockerfile.text).length, isOver: true });
  try {
    const parsed = parseDockerfile(dockerfile.text);
    vertex.done();
    return parsed;
  } catch (error) {
    vertex.done();
    throw toFailure(error, dockerfile, { vertex: vertex.digest });
  }
}

async function planWith(
  images: BaseImages,
  { request, signal }: BuildTask,
  dockerfile: Dockerfile,
): Promise<BuildPlan> {
  try {
    return await planBuild(request, dockerfile, { image: (name, step) => images.resolve(name, step) });
  } catch (error) {
    signal.throwIfAborted();
    throw toFailure(error, request.dockerfile);
  }
}

/** Tells what the build checks find. @returns the error when the findings are to fail the build */
function tellChecks(
  { request, progress }: BuildTask,
  dockerfile: Dockerfile,
  { definition, images }: { readonly definition: Vertex; readonly images: BaseImages },
): EngineError | undefined {
  const { dockerfile: file, buildArgs } = request;
  const warnings = checkDockerfile(dockerfile, {
    text: file.text,
    buildArgs,
    baseImage: (name) => {
      const config = images.known(name)?.config.config;
      return config && { env: config.Env ?? [], hasShell: config.Shell !== undefined, onBuild: config.OnBuild ?? [] };
    },
  });
  for (const { rule, message, description, url, ranges } of warnings) {
    const line = ranges[0]?.start;
    progress.warn({
      vertex: definition.digest,
      level: 1,
      short: `${rule}: ${message}${line === undefined ? "" : ` (line ${line})`}`,
      detail: [description],
      url,
      source: excerptOf(file, ranges),
    });
  }
  const override = buildArgs.get("BUILDKIT_DOCKERFILE_CHECK");
  const { error } = override === undefined ? dockerfile.directives.check : parseCheckOptions(override);
  return error ? checkFailure(warnings) : undefined;
}

const OF_STAGES =
  /failed to resolve source metadata|^failed to parse stage name|^circular dependency detected|^invalid stage index/;

/** BuildKit has not come to the context then: a `FROM` is wrong, or an image is not to be had. */
function isOfStages(error: unknown, { stages }: Dockerfile): boolean {
  const line = error instanceof BuildFailure ? error.source?.ranges[0]?.start : undefined;
  if (line === undefined || OF_STAGES.test(messageOf(error))) return true;
  return stages.some(({ from }) => from.range.start === line);
}

/** The caller has applied it; the step is told because it is one of BuildKit's. */
function tellIgnoreFile(progress: Progress): void {
  const vertex = progress.add("[internal] load .dockerignore");
  vertex.start();
  vertex.part("transferring context:", { current: 2, isOver: true });
  vertex.done();
}

/** Images of `--cache-from`. One that cannot be had is told, and is no reason to fail. */
async function importCaches({ images }: BuildPorts, { request, progress, signal }: BuildTask): Promise<ImportedCache> {
  const found: Image[] = [];
  for (const entry of request.cacheFrom) {
    const name = imageOfCacheFrom(entry);
    if (name === undefined) continue;
    const vertex = progress.add(`importing cache manifest from ${name}`);
    vertex.start();
    try {
      const here = await images.resolve(name).catch(() => undefined);
      if (here === undefined) for await (const _event of images.pull(name, { signal }));
      found.push(here ?? (await images.resolve(name)));
      vertex.done();
    } catch (error) {
      signal.throwIfAborted();
      vertex.fail(messageOf(error));
    }
  }
  return new ImportedCache(found);
}

function checked(ports: BuildPorts, { target }: BuildPlan): BuildResult {
  const state = { layers: [], history: [] };
  const { config } = imageDocument({ stage: target, state, labels: new Map(), nowMs: ports.clock.now() });
  return { image: undefined, config, layers: [], files: () => ports.lower([]) };
}

interface Export {
  readonly plan: BuildPlan;
  readonly state: StageState;
  readonly names: readonly Reference[];
}

/** The result when no image is made of it. */
function filesOf(ports: BuildPorts, { target }: BuildPlan, state: StageState): BuildResult {
  const { config } = imageDocument({ stage: target, state, labels: new Map(), nowMs: ports.clock.now() });
  return { image: undefined, config, layers: state.layers, files: () => ports.lower(state.layers) };
}

async function exportImage(ports: BuildPorts, task: BuildTask, { plan, state, names }: Export): Promise<BuildResult> {
  const { request, progress } = task;
  if (request.filesOnly === true) return filesOf(ports, plan, state);
  const vertex = progress.add("exporting to image");
  vertex.start();
  try {
    vertex.part("exporting layers");
    const layers = await descriptorsOf(ports, state);
    const epoch = sourceDateEpoch(request.buildArgs);
    const { config, bytes } = imageDocument({
      stage: plan.target,
      state,
      labels: request.labels,
      nowMs: ports.clock.now(),
      ...(epoch !== undefined && { epoch }),
    });
    vertex.part("exporting layers", { isOver: true });
    const image = await ports.images.create(bytes, layers, names);
    vertex.part(`writing image ${image.id}`, { isOver: true });
    for (const name of names) announce(ports, vertex, image, name);
    vertex.done();
    return { image, config, layers: state.layers, files: () => ports.lower(state.layers) };
  } catch (error) {
    vertex.fail(messageOf(error));
    throw error;
  }
}

async function descriptorsOf({ layers }: BuildPorts, state: StageState): Promise<readonly Descriptor[]> {
  return await Promise.all(
    state.layers.map(async (digest) => ({ mediaType: OCI_LAYER, digest, size: await layers.tarBytes(digest) })),
  );
}

function announce({ events }: BuildPorts, vertex: Vertex, image: Image, name: Reference): void {
  vertex.part(`naming to ${formatReference(name)}`, { isOver: true });
  const attributes = { ...image.config.config?.Labels, name: formatFamiliar(name) };
  events.publish({ type: "image", action: "tag", id: image.id, attributes });
}

/** What each kind of step puts into its layer, and what its place in the cache is named after. */
import { EMPTY_FILES } from "../archive/empty-files.ts";
import type { ReadableLowerFiles } from "../archive/lower-files.ts";
import type { TarPiece } from "../archive/tree-tar.ts";
import { Disposals } from "../base/disposal.ts";
import { S_IFDIR, S_IFMT } from "../base/file-types.ts";
import type { ByteStream } from "../base/streams.ts";
import { createId } from "../containers/container-id.ts";
import { Incoming } from "../images/incoming.ts";
import type { Digest } from "../oci/digest.ts";
import { writeTar } from "../oci/tar-writer.ts";
import type { BuildPorts } from "./build-ports.ts";
import type { BuildRequest } from "./build-request.ts";
import type { CopyPlan, LayerTimes } from "./files/copy-request.ts";
import { planCopy } from "./files/copy-step.ts";
import { isUrl } from "./files/copy-sources.ts";
import { makeDirectory } from "./files/make-directory.ts";
import { leasedSpool } from "./leased-spool.ts";
import type { FileSource, PlannedCopy, PlannedMount, PlannedRun, PlannedWorkdir } from "./plan/build-plan.ts";
import { prepareRunMounts } from "./run/prepare-run-mounts.ts";
import { runStep } from "./run/run-step.ts";

/** A step that knows its key, before it is made. */
export interface LayerWork extends AsyncDisposable {
  readonly key: Digest;
  /** It stands on nothing: the layers below are not part of its key. */
  readonly make: (target: LayerTarget) => Promise<void>;
}

/** Where a layer goes. */
export interface LayerTarget {
  readonly store: (tar: ByteStream) => Promise<void>;
  readonly onOutput: (stream: "stdout" | "stderr", bytes: Uint8Array) => void;
  readonly signal: AbortSignal;
}

/** What a step stands on and takes from. */
export interface StepContext {
  readonly ports: BuildPorts;
  readonly request: BuildRequest;
  readonly layers: readonly Digest[];
  readonly times: LayerTimes;
  /** The files of a source, and its layers unless it is a context. Waits for a stage that is being built. */
  readonly source: (source: FileSource) => Promise<SourceFiles>;
  /** Takes over what nobody has to wait for. */
  readonly afterwards: (work: () => Promise<void>) => void;
  readonly signal: AbortSignal;
}

export interface SourceFiles {
  readonly files: ReadableLowerFiles;
  readonly layers: readonly Digest[] | undefined;
}

type PlannedLayer = PlannedRun | PlannedCopy | PlannedWorkdir;

/** @throws EngineError in BuildKit's words */
export async function layerWork(context: StepContext, step: PlannedLayer): Promise<LayerWork> {
  switch (step.type) {
    case "workdir":
      return workdirWork(context, step);
    case "copy":
      return await copyWork(context, step);
    case "run":
      return await runWork(context, step);
  }
}

function workdirWork({ ports, layers, times }: StepContext, { path, user }: PlannedWorkdir): LayerWork {
  return {
    key: ports.cache.keyOf("workdir", layers, path, user, times),
    make: async ({ store }) => {
      const pieces = await makeDirectory({ path, user, lower: await ports.lower(layers), times });
      await store(writeTar(eachOf(pieces)));
    },
    [Symbol.asyncDispose]: async () => undefined,
  };
}

async function copyWork(context: StepContext, { from, request }: PlannedCopy): Promise<LayerWork> {
  const { ports, layers, times } = context;
  const { files } = needsSource({ from, request }) ? await context.source(from) : { files: EMPTY_FILES };
  const plan = copyPlan(context, { ...request, from: files });
  try {
    const content = await ports.trace.measure("build.checksum", () => plan.contentDigest());
    const below = plan.isIndependent ? [] : layers;
    return {
      key: ports.cache.keyOf("copy", below, content, times),
      make: async ({ store }) => {
        const lower = plan.isIndependent ? EMPTY_FILES : await ports.lower(layers);
        await ports.trace.measure("build.copy", () => store(writeTar(plan.pieces(lower))));
      },
      [Symbol.asyncDispose]: () => plan[Symbol.asyncDispose](),
    };
  } catch (error) {
    await plan[Symbol.asyncDispose]();
    throw error;
  }
}

/** Here-documents and URLs take nothing from the context: BuildKit does not even load it for them. */
function needsSource({ from, request: { sources } }: Pick<PlannedCopy, "from" | "request">): boolean {
  return from.type !== "context" || sources.some((source) => !isUrl(source));
}

function copyPlan({ ports, times, signal }: StepContext, request: Parameters<typeof planCopy>[0]): CopyPlan {
  const fromId = `${crypto.randomUUID()}::${createId().slice(0, 25)}`;
  const spool = leasedSpool(ports);
  const fetcher = ports.fetcher && { fetcher: ports.fetcher };
  const plan = planCopy({ fromId, ...request }, { times, signal, ...fetcher, spool: spool.ports });
  return {
    isIndependent: plan.isIndependent,
    contentDigest: () => plan.contentDigest(),
    pieces: (lower) => plan.pieces(lower),
    [Symbol.asyncDispose]: async () => {
      try {
        await plan[Symbol.asyncDispose]();
      } finally {
        await spool[Symbol.asyncDispose]();
      }
    },
  };
}

async function runWork(context: StepContext, step: PlannedRun): Promise<LayerWork> {
  const { ports, request, layers } = context;
  const mounts = await Promise.all(step.mounts.map((mount) => mountKey(context, mount)));
  const { args, env, user, workingDirectory, network, script } = step;
  const { extraHosts, shmSizeBytes, ulimits } = request;
  const settings = { extraHosts, shmSizeBytes, ulimits };
  return {
    key: ports.cache.keyOf("run", layers, { args, env, user, workingDirectory, network, script, mounts, extraHosts }),
    make: async ({ store, onOutput, signal }) => {
      await using owned = new Disposals();
      const prepared = await prepareRunMounts(
        ports,
        {
          step,
          session: request.session,
          filesOf: (mount) => layersOfMount(context, mount, owned),
          signal,
        },
        owned,
      );
      const lower = await ports.lower(layers);
      const { afterwards } = context;
      await runStep(ports, { step, settings, layers, lower, mounts: prepared, onOutput, afterwards, signal }, store);
    },
    [Symbol.asyncDispose]: async () => undefined,
  };
}

/** What of a mount counts: where it is, and the files that a bind shows. Not what a cache holds, nor a secret. */
async function mountKey(context: StepContext, mount: PlannedMount): Promise<unknown> {
  const { from, ...said } = mount;
  if (mount.type === "secret" || mount.type === "ssh") return { type: mount.type, id: mount.id, target: mount.target };
  if (mount.type !== "bind") return said;
  const { files, layers } = await context.source(from ?? { type: "context" });
  if (layers !== undefined) return { ...said, layers };
  await using plan = sourcePlan(context, files, mount);
  return { ...said, content: await plan.contentDigest() };
}

function sourcePlan(context: StepContext, files: ReadableLowerFiles, { source = "/" }: PlannedMount): CopyPlan {
  return copyPlan(context, {
    instruction: "COPY",
    from: files,
    sources: [source],
    heredocs: [],
    destination: "/",
    workingDirectory: "/",
  });
}

/** The layers that show a mount's files. A context becomes one for as long as the step runs. */
async function layersOfMount(
  context: StepContext,
  mount: PlannedMount,
  owned: Disposals,
): Promise<{ readonly layers: readonly Digest[]; readonly path: string }> {
  const { files, layers } = await context.source(mount.from ?? { type: "context" });
  const path = relative(mount.source ?? "");
  if (layers !== undefined) return { layers, path };
  const { ports } = context;
  await using plan = sourcePlan(context, files, mount);
  const lease = await ports.images.lease({});
  let digest: Digest | undefined;
  owned.use({
    [Symbol.asyncDispose]: async () => {
      await lease.end();
      if (digest !== undefined) await ports.images.discard({ blobs: [], layers: [digest] });
    },
  });
  digest = await Incoming.during(ports, async (incoming) => {
    const layer = await incoming.newLayer(writeTar(plan.pieces(EMPTY_FILES)));
    await lease.add({ layers: [layer.digest] });
    return layer.digest;
  });
  const isDirectory = ((files.find(path)?.mode ?? S_IFDIR) & S_IFMT) === S_IFDIR;
  return { layers: [digest], path: isDirectory ? "" : (path.split("/").at(-1) ?? "") };
}

function relative(path: string): string {
  return path
    .split("/")
    .filter((part) => part !== "" && part !== ".")
    .join("/");
}

async function* eachOf(pieces: readonly TarPiece[]): AsyncGenerator<TarPiece, void, undefined> {
  yield* pieces;
}

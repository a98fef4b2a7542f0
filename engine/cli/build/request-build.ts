/** Sends a build to the engine, and tells what comes back. */
import { messageOf } from "../../base/errors.ts";
import type { EngineResponse } from "../../api/app.ts";
import type { BuildStatusModel } from "../../wire/build-status.ts";
import { ApiError } from "../client.ts";
import { CommandError, type Invocation } from "../command.ts";
import type { LocalBuild } from "./build-context.ts";
import { buildError } from "./build-failure.ts";
import type { BuildOptions } from "./build-options.ts";
import { openBuildSession, registryConfig } from "./build-session.ts";
import { type BuildOutcome, readBuildStream } from "./build-stream.ts";
import { aborted, canceled, type Cancelling } from "./cancel-build.ts";
import { countedStream } from "./counted-stream.ts";

export interface RequestedBuild {
  readonly options: BuildOptions;
  /** What the image will be called. */
  readonly names: readonly string[];
  readonly local: LocalBuild;
  readonly outcome: BuildOutcome;
  readonly cancelling: Cancelling;
}

/** A context that takes longer to send is told about while it is sent. */
const QUICK_MS = 500;
const TOLD_EVERY_MS = 200;
const CONTEXT_STEP = "[internal] load build context";

/** Everything is sent when the first status is asked for. @throws CommandError when the engine takes it for wrong */
export async function* requestBuild(
  invocation: Invocation,
  request: RequestedBuild,
): AsyncGenerator<BuildStatusModel, void, undefined> {
  const { cancelling, outcome } = request;
  const sent = { bytes: 0 };
  // What is sent may be waiting for somebody who types.
  const answering = Promise.race([send(invocation, request, sent), aborted(cancelling.sending)]);
  answering.catch(() => undefined);
  const isTold = yield* tellTransfer(answering, sent);
  const { body } = await answering.catch((cause: unknown) => {
    if (cause instanceof CommandError) throw cause;
    if (cancelling.isCanceled) throw canceled();
    throw buildError(cause instanceof ApiError ? `failed to solve: ${cause.reason}` : messageOf(cause), cause);
  });
  cancelling.isStarted = true;
  const statuses = readBuildStream(body, outcome);
  yield* isTold ? withoutStep(statuses, CONTEXT_STEP) : statuses;
}

async function send(
  invocation: Invocation,
  { options, names, local, cancelling }: RequestedBuild,
  sent: { bytes: number },
): Promise<EngineResponse> {
  const { client, context } = invocation;
  const session = await openBuildSession(invocation, options, local);
  const body = await local.body?.();
  return await client.call({
    method: "POST",
    path: "/build",
    query: { ...buildQuery(options, local), t: names, version: 2, session, buildid: cancelling.buildId },
    headers: { "content-type": "application/x-tar", ...(await registryConfig(invocation)) },
    ...(body && { body: countedStream(body, (bytes) => void (sent.bytes += bytes)) }),
    signal: AbortSignal.any([context.signal, cancelling.sending]),
  });
}

type Query = Readonly<Record<string, string | number | boolean | readonly string[] | undefined>>;

function buildQuery(options: BuildOptions, local: LocalBuild): Query {
  const json = (value: object): string | undefined =>
    Object.keys(value).length === 0 ? undefined : JSON.stringify(value);
  return {
    remote: local.remote,
    dockerfile: local.dockerfilePath,
    target: options.target,
    buildargs: json(options.buildArgs),
    labels: json(options.labels),
    nocache: options.noCache,
    pull: options.pull,
    platform: options.platform,
    networkmode: options.network === "default" ? "" : options.network,
    extrahosts: options.addHosts,
    shmsize: options.shmSizeBytes || undefined,
    ulimits: json(options.ulimits),
    cachefrom: json(options.cacheFrom),
  };
}

/** Returns whether there was anything to tell. */
async function* tellTransfer(
  answering: Promise<unknown>,
  sent: { readonly bytes: number },
): AsyncGenerator<BuildStatusModel, boolean, undefined> {
  const state: { isOver: boolean } = { isOver: false };
  const end = (): void => void (state.isOver = true);
  const over = answering.then(end, end);
  const startedMs = Date.now();
  await Promise.race([over, sleep(QUICK_MS)]);
  if (state.isOver) return false;
  const vertex = { digest: CONTEXT_STEP, inputs: [], name: CONTEXT_STEP, startedMs };
  yield { vertexes: [vertex] };
  for (;;) {
    const nowMs = Date.now();
    const { isOver } = state;
    const completed = isOver ? { completedMs: nowMs } : {};
    const part = { id: "transferring context:", vertex: CONTEXT_STEP, current: sent.bytes, total: 0 };
    yield {
      statuses: [{ ...part, timestampMs: nowMs, startedMs, ...completed }],
      ...(isOver ? { vertexes: [{ ...vertex, ...completed }] } : {}),
    };
    if (isOver) return true;
    await Promise.race([over, sleep(TOLD_EVERY_MS)]);
  }
}

/** It was told already. */
async function* withoutStep(
  statuses: AsyncIterable<BuildStatusModel>,
  name: string,
): AsyncGenerator<BuildStatusModel, void, undefined> {
  const digests = new Set<string>();
  for await (const status of statuses) {
    for (const vertex of status.vertexes ?? []) if (vertex.name === name) digests.add(vertex.digest);
    yield {
      ...status,
      vertexes: (status.vertexes ?? []).filter(({ digest }) => !digests.has(digest)),
      statuses: (status.statuses ?? []).filter(({ vertex }) => !digests.has(vertex)),
    };
  }
}

const sleep = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));

import { EngineError, isKind, messageOf } from "../base/errors.ts";
import { parseSignal, SIGKILL, SIGTERM } from "../runtime/signals.ts";
import { isRunning, transition } from "./container-state.ts";
import { type EngineContext, publish } from "./engine-context.ts";
import type { LiveContainer } from "./live-container.ts";

const DEFAULT_TIMEOUT_SECONDS = 10;
/** After SIGKILL the end is certain, unless the guest itself hangs. */
const KILL_GRACE_MS = 10_000;

/** @throws EngineError conflict `container <id> is not running` */
export function requireRunning(container: LiveContainer): NonNullable<LiveContainer["task"]> {
  const { task } = container;
  if (task === undefined || !isRunning(container.state))
    throw new EngineError("conflict", `container ${container.id} is not running`);
  return task;
}

/** @throws EngineError conflict between two attempts of its restart policy */
export function refuseRestarting({ id, state }: LiveContainer): void {
  if (state.status === "restarting")
    throw new EngineError("conflict", `Container ${id} is restarting, wait until the container is running`);
}

/** Is this a signal that is meant to end it? @throws EngineError invalid-argument */
export function endsContainer(container: LiveContainer, signalText: string): boolean {
  const signal = signalText === "" ? SIGKILL : parseSignal(signalText);
  return signal === SIGKILL || signal === stopSignalOf(container);
}

/** Sends a signal; SIGKILL also to a paused container, which is thawed for it. */
export async function signalContainer(context: EngineContext, container: LiveContainer, signal: number): Promise<void> {
  const task = requireRunning(container);
  await task.kill(signal);
  publish(context, container, "kill", { signal: String(signal) });
  if (signal === SIGKILL && container.state.status === "paused") {
    container.record.state = transition(container.state, "unpause");
    await task.resume();
  }
}

/** `docker kill`. A signal that ends the container counts as the user's stop. @throws EngineError conflict | invalid-argument */
export async function killContainer(
  context: EngineContext,
  container: LiveContainer,
  reference: string,
  signalText: string,
): Promise<void> {
  try {
    const signal = signalText === "" ? SIGKILL : parseSignal(signalText);
    requireRunning(container);
    if (endsContainer(container, signalText)) markStopped(context, container);
    await signalContainer(context, container, signal);
    if (signal === SIGKILL) await endsWithin(context, container, KILL_GRACE_MS);
  } catch (error) {
    if (!isKind(error, "conflict", "invalid-argument")) throw error;
    throw new EngineError(error.kind, `cannot kill container: ${reference}: ${messageOf(error)}`, { cause: error });
  }
}

export interface StopOptions {
  readonly timeoutSeconds?: number;
  readonly signal?: string;
}

/** Stop signal, then SIGKILL after the timeout (-1: never). Resolves when the run is over. */
export async function stopRun(context: EngineContext, container: LiveContainer, options: StopOptions): Promise<void> {
  const timeoutSeconds =
    options.timeoutSeconds ?? container.record.config.stopTimeoutSeconds ?? DEFAULT_TIMEOUT_SECONDS;
  const signal =
    options.signal === undefined || options.signal === "" ? stopSignalOf(container) : parseSignal(options.signal);
  await signalContainer(context, container, signal).catch(ignoreEnded);
  if (container.state.status === "paused") await thaw(container);
  if (await endsWithin(context, container, timeoutSeconds < 0 ? undefined : timeoutSeconds * 1000)) return;
  await signalContainer(context, container, SIGKILL).catch(ignoreEnded);
  if (await endsWithin(context, container, KILL_GRACE_MS)) return;
  throw new EngineError(
    "internal",
    `container ${container.id} PID ${container.state.pid} is zombie and can not be killed. Use the --init option when creating containers to run an init inside the container that forwards signals and reaps processes`,
  );
}

/** A frozen process does not see its signal before it is thawed. */
async function thaw(container: LiveContainer): Promise<void> {
  container.record.state = transition(container.state, "unpause");
  await container.task?.resume();
}

/** It ended between the look and the signal. */
function ignoreEnded(error: unknown): void {
  if (!isKind(error, "conflict", "not-found")) throw error;
}

async function endsWithin(
  { clock }: EngineContext,
  container: LiveContainer,
  ms: number | undefined,
): Promise<boolean> {
  if (ms === undefined) {
    await container.exited;
    return true;
  }
  const timer = new AbortController();
  const late = clock.sleep(ms, { signal: timer.signal }).then(
    () => false,
    () => false,
  );
  const ended = await Promise.race([container.exited.then(() => true), late]);
  timer.abort();
  return ended;
}

function stopSignalOf({ record }: LiveContainer): number {
  return record.config.stopSignal === "" ? SIGTERM : parseSignal(record.config.stopSignal);
}

/** The policy is not to start it again. */
export function markStopped(context: EngineContext, container: LiveContainer): void {
  container.record.stoppedByUser = true;
  context.store.save(container);
}

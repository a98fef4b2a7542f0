import { EngineError } from "../base/errors.ts";
import { SIGKILL } from "../runtime/signals.ts";
import { isRunning } from "./container-state.ts";
import type { EngineContext } from "./engine-context.ts";
import type { LiveContainer } from "./live-container.ts";
import { markStopped, signalContainer } from "./stop-container.ts";

/** Why `docker rm` without `-f` leaves it alone. */
export function cannotRemove({ record, state }: LiveContainer): EngineError {
  const reason =
    state.status === "paused"
      ? "container is paused and must be unpaused first"
      : `container is ${state.status}: stop the container before removing or force remove`;
  return new EngineError("conflict", `cannot remove container "${record.name}": ${reason}`);
}

/** Kills what runs, and waits for its end. */
export async function endForRemoval(context: EngineContext, container: LiveContainer): Promise<void> {
  markStopped(context, container);
  await signalContainer(context, container, SIGKILL).catch((error: unknown) => {
    if (isRunning(container.state)) throw error;
  });
  await container.exited;
}

import { formatProcesses, type ProcessTable } from "./list-processes.ts";
import { type EngineContext, publish } from "./engine-context.ts";
import type { LiveContainer } from "./live-container.ts";
import { refuseRestarting, requireRunning } from "./stop-container.ts";

/** `docker top`: the container's processes as ps(1) on the machine would show them. @throws EngineError conflict */
export async function listProcesses(
  context: EngineContext,
  container: LiveContainer,
  psArguments: string,
): Promise<ProcessTable> {
  refuseRestarting(container);
  const task = requireRunning(container);
  const [processes, database] = await Promise.all([task.processes(), task.readUserDatabase()]);
  // The guest's clock runs with ours: what started last started about when the record says.
  const first = processes.find(({ pid }) => pid === task.pid);
  const bootedMs = first === undefined ? context.clock.now() : Date.parse(container.state.startedAt) - first.startedMs;
  publish(context, container, "top");
  return formatProcesses(processes, psArguments, { database, bootedMs });
}

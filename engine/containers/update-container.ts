import { EngineError, isKind, messageOf } from "../base/errors.ts";
import type { HostConfig, Resources } from "./container.ts";
import { type EngineContext, publish } from "./engine-context.ts";
import type { LiveContainer } from "./live-container.ts";
import { NO_LIMITS } from "./merge-config.ts";
import { makeResources } from "./resource-spec.ts";
import { validateResources } from "./validate-resources.ts";

/** What `docker update` may change; what is absent or 0 stays. */
export interface ContainerUpdate {
  readonly resources?: Partial<Resources>;
  /** Whether `resources.pidsLimit` was given: 0 and less take the limit away then. */
  readonly hasPidsLimit?: boolean;
  readonly restartPolicy?: HostConfig["restartPolicy"];
}

/** `docker update` (moby's `daemon/update.go`). Answers warnings. @throws EngineError in Docker's words */
export async function updateContainer(
  context: EngineContext,
  container: LiveContainer,
  update: ContainerUpdate,
): Promise<readonly string[]> {
  const { record } = container;
  const wanted = { ...NO_LIMITS, ...update.resources };
  const warnings = validateResources(wanted, { cpus: context.cpus }, { update: true });
  try {
    const resources = changedResources(record.host.resources, wanted, update.hasPidsLimit === true);
    checkState(container);
    if (update.restartPolicy !== undefined && update.restartPolicy.name !== "no" && record.host.autoRemove)
      throw new EngineError(
        "conflict",
        "Restart policy cannot be updated because AutoRemove is enabled for the container",
      );
    if (container.task !== undefined) await container.task.update(writtenResources(resources, update));
    record.host = { ...record.host, resources, ...(update.restartPolicy && { restartPolicy: update.restartPolicy }) };
  } catch (cause) {
    const kind = isKind(cause, "conflict") ? "conflict" : "internal";
    throw new EngineError(kind, `Cannot update container ${record.id}: ${messageOf(cause)}`, { cause });
  }
  context.store.save(container);
  publish(context, container, "update");
  return warnings;
}

function checkState({ state }: LiveContainer): void {
  if (state.status === "removing" || state.status === "dead")
    throw new EngineError("conflict", 'Container is marked for removal and cannot be "update".');
}

/** What moby's `container/container_unix.go` (UpdateContainer) lets change. */
const CHANGEABLE = [
  "cpuShares", "nanoCpus", "cpuPeriodUs", "cpuQuotaUs", "cpusetCpus", "cpusetMems", "memoryBytes", "memorySwapBytes",
  "memoryReservationBytes", "blkioWeight",
] as const; // prettier-ignore

/** @throws EngineError conflict */
function changedResources(old: Resources, resources: Resources, hasPidsLimit: boolean): Resources {
  const conflict = (message: string): never => {
    throw new EngineError("conflict", message);
  };
  const words = (what: string, other: string): string =>
    `Conflicting options: ${what} cannot be updated as ${other} has already been set`;
  if (resources.nanoCpus > 0 && old.cpuPeriodUs > 0) conflict(words("Nano CPUs", "CPU Period"));
  if (resources.nanoCpus > 0 && old.cpuQuotaUs > 0) conflict(words("Nano CPUs", "CPU Quota"));
  if (resources.cpuPeriodUs > 0 && old.nanoCpus > 0) conflict(words("CPU Period", "NanoCPUs"));
  if (resources.cpuQuotaUs > 0 && old.nanoCpus > 0) conflict(words("CPU Quota", "NanoCPUs"));
  // No swap limit at all is -1, and Docker compares with that too.
  if (resources.memoryBytes > 0 && resources.memoryBytes > old.memorySwapBytes && resources.memorySwapBytes === 0)
    conflict(
      "Memory limit should be smaller than already set memoryswap limit, update the memoryswap at the same time",
    );
  const changes = CHANGEABLE.map((name) => [name, resources[name]] as const).filter(
    ([, value]) => value !== undefined && value !== 0 && value !== "",
  );
  return {
    ...old,
    ...Object.fromEntries(changes),
    ...(hasPidsLimit && { pidsLimit: Math.max(0, resources.pidsLimit) }),
  };
}

/** A limit that is taken away must be written as such. */
function writtenResources(resources: Resources, { hasPidsLimit }: ContainerUpdate): ReturnType<typeof makeResources> {
  const isUnlimited = hasPidsLimit === true && resources.pidsLimit === 0;
  return { ...makeResources(resources), ...(isUnlimited && { pids: { limit: -1 } }) };
}

import { EngineError } from "../base/errors.ts";
import type { HostConfig, Resources } from "./container.ts";
import { makeResources } from "./container-spec.ts";
import { type EngineContext, publish } from "./engine-context.ts";
import type { LiveContainer } from "./live-container.ts";
import { validateResources } from "./validate-config.ts";

/** What `docker update` may change; what is absent or 0 stays. */
export interface ContainerUpdate {
  readonly resources?: Partial<Resources>;
  readonly restartPolicy?: HostConfig["restartPolicy"];
}

/** @throws EngineError in Docker's words */
export async function updateContainer(
  context: EngineContext,
  container: LiveContainer,
  update: ContainerUpdate,
): Promise<readonly string[]> {
  const { record } = container;
  const changes = Object.entries(update.resources ?? {}).filter(
    ([, value]) => value !== 0 && value !== "" && value !== undefined && value !== false,
  );
  const resources: Resources = { ...record.host.resources, ...Object.fromEntries(changes) };
  const warnings = checkUpdate(context, container, {
    resources,
    ...(update.restartPolicy && { restartPolicy: update.restartPolicy }),
  });
  if (container.task !== undefined) await container.task.update(makeResources(resources));
  record.host = { ...record.host, resources, ...(update.restartPolicy && { restartPolicy: update.restartPolicy }) };
  context.store.save(container);
  publish(context, container, "update");
  return warnings;
}

function checkUpdate(
  { cpus }: EngineContext,
  { record }: LiveContainer,
  { resources, restartPolicy }: { resources: Resources; restartPolicy?: HostConfig["restartPolicy"] },
): readonly string[] {
  const refuse = (reason: string): never => {
    throw new EngineError("invalid-argument", `Cannot update container ${record.id}: ${reason}`);
  };
  const old = record.host.resources;
  if (restartPolicy !== undefined && restartPolicy.name !== "no" && record.host.autoRemove) {
    refuse("Restart policy cannot be updated because AutoRemove is enabled for the container");
  }
  if (
    resources.memorySwapBytes > 0 &&
    resources.memorySwapBytes === old.memorySwapBytes &&
    resources.memoryBytes > old.memorySwapBytes
  ) {
    throw new EngineError(
      "conflict",
      `Cannot update container ${record.id}: Memory limit should be smaller than already set memoryswap limit, update the memoryswap at the same time`,
    );
  }
  return validateResources(resources, { cpus });
}

import { EngineError } from "../base/errors.ts";
import type { CreateContainer } from "./container-service.ts";
import { createId, shortId } from "./container-id.ts";
import { decideMounts } from "./container-mounts.ts";
import { checkName, generateName } from "./container-names.ts";
import { plannedEndpoints } from "./container-networks.ts";
import { CREATED_STATE } from "./container-state.ts";
import type { Container } from "./container.ts";
import { type EngineContext, publish } from "./engine-context.ts";
import { formatTime } from "./event-bus.ts";
import { LiveContainer } from "./live-container.ts";
import { LogBuffer } from "./log-buffer.ts";
import { RecordLogStore } from "./log-store.ts";
import { completeHostConfig, mergeConfig } from "./merge-config.ts";
import type { UserDatabases } from "./user-databases.ts";
import { validateConfig } from "./validate-config.ts";

/** `POST /containers/create`: writes the record and prepares the root; nothing runs yet. */
export async function createContainer(
  context: EngineContext,
  request: CreateContainer,
  users: UserDatabases,
): Promise<{ container: Container; warnings: readonly string[] }> {
  const { store } = context;
  const image = await context.images.resolve(request.image);
  const id = createId(context.random);
  const host = completeHostConfig(request.host);
  const config = mergeConfig(
    request.config,
    image.config.config ?? {},
    host.networkMode === "host" ? context.machineName : shortId(id),
  );
  const warnings = validateConfig(config, host, { cpus: context.cpus });
  // The name is checked and taken without an await between: two creations cannot both have it.
  const name = claimName(context, request.name, id);
  const live = new LiveContainer(
    {
      id,
      name,
      createdAt: formatTime(context.events.timeNs()),
      image: { id: image.id, reference: request.image },
      config,
      host,
      state: CREATED_STATE,
      endpoints: plannedEndpoints(host, request.networks ?? {}),
      restartCount: 0,
      mounts: [],
      layers: image.layers,
      fixedAddresses: Object.fromEntries(
        Object.entries(request.networks ?? {}).flatMap(([network, { ipAddress }]) =>
          ipAddress ? [[network, ipAddress]] : [],
        ),
      ),
      stoppedByUser: false,
    },
    new LogBuffer(
      new RecordLogStore(context.records, id, { isNew: true, onError: (error) => context.report("log", error) }),
    ),
  );
  store.add(live);
  try {
    live.record.mounts = await decideMounts(
      { containerId: id, binds: host.binds, declared: config.volumes, tmpfs: Object.keys(host.tmpfs) },
      context.volumes,
      context.random,
    );
  } catch (error) {
    store.remove(live);
    throw error;
  }
  // Behind: the client has its attach and wait to send before the start, which waits for this.
  live.prepared = context.trace.measure(
    "container.prepare",
    () => context.snapshots.prepare(id, image.layers),
    shortId(id),
  );
  users.prefetch(live);
  store.save(live);
  publish(context, live, "create");
  return { container: live.record, warnings };
}

/** @throws EngineError conflict | invalid-argument */
export function claimName({ store, random }: EngineContext, wanted: string | undefined, id: string): string {
  if (wanted === undefined || wanted === "")
    return generateName(random, (name) => store.byName(name) !== undefined, shortId(id));
  const name = checkName(wanted.replace(/^\//, ""), wanted);
  const owner = store.byName(name);
  if (owner !== undefined) {
    throw new EngineError(
      "conflict",
      `Conflict. The container name "/${name}" is already in use by container "${owner.id}". You have to remove (or rename) that container to be able to reuse that name.`,
    );
  }
  return name;
}

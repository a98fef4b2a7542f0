import { EngineError } from "../base/errors.ts";
import { adaptHostConfig } from "./adapt-host-config.ts";
import { checkPlatform } from "./check-platform.ts";
import type { CreateContainer } from "./container-service.ts";
import { createId, shortId } from "./container-id.ts";
import { decideMounts } from "./container-mounts.ts";
import { fillVolumes } from "./prepare-mounts.ts";
import { checkName, generateName } from "./container-names.ts";
import { checkedLinks } from "./container-links.ts";
import { plannedEndpoints } from "./container-networks.ts";
import { CREATED_STATE } from "./container-state.ts";
import type { Container, MountRecord } from "./container.ts";
import { type EngineContext, publish } from "./engine-context.ts";
import { formatTime } from "./event-bus.ts";
import { LiveContainer } from "./live-container.ts";
import { LogBuffer } from "./log-buffer.ts";
import { logLimits } from "./log-config.ts";
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
  const wanted = completeHostConfig(request.host, context.logConfig);
  const warnings = [...validateConfig(request.config, wanted, { cpus: context.cpus })];
  const image = await context.images.resolve(request.image);
  warnings.push(...checkPlatform(image.config, request));
  const id = createId(context.random);
  const adapted = adaptHostConfig(wanted, store);
  const links = checkedLinks(context, adapted);
  const host = links === undefined ? adapted : { ...adapted, links };
  const config = mergeConfig(
    request.config,
    image.config.config ?? {},
    host.networkMode === "host" ? context.machineName : shortId(id),
  );
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
      endpoints:
        config.networkDisabled === true ? {} : plannedEndpoints(context, { host, config }, request.networks ?? {}),
      restartCount: 0,
      mounts: [],
      layers: image.layers,
      stoppedByUser: false,
    },
    new LogBuffer(
      new RecordLogStore(context.records, id, { onError: (error) => context.report("log", error) }),
      logLimits(host.logConfig),
    ),
  );
  store.add(live);
  let mountWarnings: readonly string[];
  try {
    const { volumes, runtime } = context;
    const decided = await decideMounts(
      { containerId: id, host, declared: config.volumes },
      {
        volumes,
        containers: store,
        exists: (path) => runtime.sources.exists(path),
        prepareImage: (reference, snapshot) => prepareImage(context, reference, snapshot),
        dropImage: (snapshot) => context.snapshots.remove(snapshot),
      },
    );
    live.record.mounts = decided.mounts;
    mountWarnings = decided.warnings;
  } catch (error) {
    store.remove(live);
    throw error;
  }
  // Behind: the client has its attach and wait to send before the start, which waits for this.
  live.prepared = context.trace.measure(
    "container.prepare",
    async () => {
      await context.snapshots.prepare(id, image.layers);
      await fillVolumes(context, live.record);
    },
    shortId(id),
  );
  // Told by the start that waits for it.
  live.prepared.catch(() => undefined);
  users.prefetch(live);
  store.save(live);
  publish(context, live, "create");
  return { container: live.record, warnings: [...warnings, ...mountWarnings] };
}

/** The root that `--mount type=image` shows: a snapshot beside the container's own. */
async function prepareImage(
  { images, snapshots }: EngineContext,
  reference: string,
  snapshot: string,
): Promise<Pick<MountRecord, "source" | "imageId">> {
  const { id, layers } = await images.resolve(reference);
  await snapshots.prepare(snapshot, layers);
  return { source: snapshots.mounts(snapshot).target, imageId: id };
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

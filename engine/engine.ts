/** The composition root: the only place that picks implementations. */
import { createApp } from "./api/app.ts";
import { serveApiSocket } from "./api-socket.ts";
import { systemClock } from "./base/clock.ts";
import { Disposals } from "./base/disposal.ts";
import { type ByteStream, chunksOf, encodeUtf8, streamFrom } from "./base/streams.ts";
import { Trace } from "./base/trace.ts";
import { openBuildContexts } from "./build-contexts.ts";
import { bootMachine, readManifest } from "./boot.ts";
import { layerContents, openBuilder, urlFetcher } from "./open-builder.ts";
import { layersOfBuildCache } from "./build/cache/build-cache.ts";
import { serveStub } from "./cli/stub-server.ts";
import { commitContainer } from "./containers/commit-container.ts";
import { ContainerArchives } from "./containers/container-archives.ts";
import { Containers } from "./containers/containers.ts";
import { EventBus } from "./containers/event-bus.ts";
import type { RecordStore } from "./content/record-store.ts";
import { scopedRecords } from "./content/scoped-record-store.ts";
import type { Engine, EngineOptions, Terminal } from "./engine-options.ts";
import { guestFiles } from "./guest-files.ts";
import { connectToGuest, guestFirstFetch } from "./guest-registries.ts";
import { DEFAULT_MEMORY_BYTES, type V86Guest } from "./guest/v86-guest.ts";
import { loginShell } from "./login-shell.ts";
import { runCommand } from "./run-command.ts";
import { type FilesUser, filesWithWorkspace } from "./workspace-files.ts";
import { mountWorkspace, openWorkspace, serveWhenOpen } from "./workspace-mount.ts";
import { ImageArchives } from "./images/image-archives.ts";
import { Images } from "./images/images.ts";
import { createRegistryHosts, isInRange } from "./images/registry-hosts.ts";
import { BridgeNetworks } from "./network/bridge-networks.ts";
import { PublishedClients } from "./preview/published-clients.ts";
import { GuestRuntime } from "./runtime/guest-runtime.ts";
import { LayerStack } from "./snapshots/layer-stack.ts";
import { FileTreeServer } from "./snapshots/nine-p-server.ts";
import { OverlaySnapshotter } from "./snapshots/overlay-snapshotter.ts";
import { layersBelowSnapshots } from "./snapshots/snapshot-users.ts";
import type { OverlayMount } from "./snapshots/snapshotter.ts";
import { scanTree } from "./volumes/scan-tree.ts";
import { StoredLayers } from "./snapshots/stored-layers.ts";
import { DOCKER_VERSION } from "./wire/version.ts";
import { Volumes } from "./volumes/volumes.ts";

const SIGHUP = 1;

/** The static registry beside the page: its URLs begin with nothing. */
const PAGE_REGISTRY = "";

/** The first second belongs to the shell. */
const CHORES_AFTER_MS = 1500;

/** Where the `docker` stub in the guest finds the engine (`kernel-image/agent/PROTOCOL.md`). */
const CLI_SOCKET = "/run/drydock/cli.sock";

/** Boots a guest and puts a Docker engine on it. @throws EngineError naming the artifact, or what the kernel said last */
export async function createEngine(options: EngineOptions): Promise<Engine> {
  const { assets, onProgress, registries = {} } = options;
  const opening = Promise.resolve(options.storage);
  opening.catch(() => undefined);
  const startedMs = systemClock.monotonic();
  const trace = new Trace();
  await using owned = new Disposals();
  owned.use({
    [Symbol.asyncDispose]: () =>
      opening.then(
        (storage) => storage[Symbol.asyncDispose](),
        () => undefined,
      ),
  });

  const manifest = await readManifest(options);
  const server = new FileTreeServer();

  const openingWorkspace = openWorkspace({
    storage: opening,
    name: options.workspace,
    report: (error) => reportTo(trace)("workspace", error),
  });
  openingWorkspace.catch(() => undefined);
  // Closed when the guest, which is taken later, is gone: it may write up to its end.
  owned.use({
    [Symbol.asyncDispose]: () =>
      openingWorkspace.then(
        (workspace) => workspace[Symbol.asyncDispose](),
        () => undefined,
      ),
  });

  const booted = await trace.measure("boot", () =>
    bootMachine(options, manifest, server, serveWhenOpen(openingWorkspace)),
  );
  const guest = owned.use(booted.guest);
  const storage = await opening;
  const workspace = await openingWorkspace;
  // Not waited for: whatever is asked of the guest later comes behind it.
  trace
    .measure("workspace", () => mountWorkspace(guest))
    .catch((error: unknown) => reportTo(trace)("workspace", error));
  onProgress?.({ step: "engine" });

  const records = scopedRecords(storage.records, `machines/${storage.machine}/`);
  const layers = new StoredLayers({ blobs: storage.layers, records: storage.records, exports: server });
  const snapshots = await OverlaySnapshotter.open({ records, layers, guest });
  const download = guestFirstFetch({
    connect: (address, port, signal) => connectToGuest(guest, { address, port }, signal),
    isInside: (address) =>
      networks.list().some((each) => each.subnets.some(({ subnet }) => isInRange(address, subnet))),
    fetch: (url, init) => assets.fetch(url, init),
  });
  const images = new Images({
    blobs: storage.blobs,
    records: storage.records,
    layers,
    fetch: download,
    hosts: createRegistryHosts({
      mirrors: [...(registries.mirrors ?? []), PAGE_REGISTRY],
      insecure: registries.insecure ?? [],
    }),
    users: async () => ({
      blobs: [],
      layers: [...(await layersBelowSnapshots(storage.records)), ...(await layersOfBuildCache(storage.records))],
    }),
    clock: systemClock,
  });
  const events = new EventBus(systemClock);
  const logConfig = { type: options.log?.driver ?? "json-file", options: options.log?.options ?? {} };
  const networks = await BridgeNetworks.open({
    run: (ops) => guest.run(ops),
    resolver: guest,
    records,
    clock: systemClock,
  });
  const runtime = new GuestRuntime(guest, trace);
  const volumes = owned.use(
    await Volumes.open({ guest, records, blobs: storage.volumes, clock: systemClock, events, report: reportTo(trace) }),
  );
  const containers = owned.use(
    new Containers({
      images,
      snapshots,
      runtime,
      networks,
      volumes,
      records,
      clock: systemClock,
      trace,
      events,
      logConfig,
    }),
  );
  await containers.restore();

  const archives = new ContainerArchives({
    containers,
    guest,
    lower: async (digests) => new LayerStack(await Promise.all(digests.map((diffId) => layers.openTree(diffId)))),
  });
  const incoming = { images, blobs: storage.blobs, layers, clock: systemClock };
  const builder = owned.use(
    await openBuilder({
      ...incoming,
      guest,
      snapshots,
      runtime,
      networks,
      events,
      trace,
      records,
      sharedRecords: storage.records,
      volumeBlobs: storage.volumes,
      fetch: download,
      report: reportTo(trace),
    }),
  );
  const committing = { ...incoming, containers, archives, dockerVersion: DOCKER_VERSION };

  const fetch = createApp({
    containers,
    images,
    volumes,
    events,
    clock: systemClock,
    network: networks,
    layerSize: (diffId) => layers.size(diffId),
    layerPath: (diffId) => layers.export(diffId),
    top: (reference, psArguments) => containers.top(reference, psArguments),
    overlay: (id) => overlayOf(snapshots, id),
    writtenBytes: (id) => writtenBytes(guest, overlayOf(snapshots, id)),
    archives,
    workspace,
    builder,
    layerContents: layerContents(layers),
    buildContexts: openBuildContexts({ images, blobs: storage.blobs, fetcher: urlFetcher(download) }),
    imageArchives: new ImageArchives({ ...incoming, fetch: download }),
    commit: (id, request) => commitContainer(committing, id, request),
    system: {
      kernelRelease: guest.kernelRelease,
      memoryBytes: options.memoryBytes ?? DEFAULT_MEMORY_BYTES,
      cpuCount: 1,
      loggingDriver: logConfig.type,
      hostname: "drydock",
      engineId: await engineId(storage.records),
      operatingSystem: "Drydock (Linux in v86)",
      registryMirrors: registries.mirrors ?? [],
      insecureRegistries: registries.insecure ?? [],
    },
  });
  const files = (user: FilesUser) =>
    filesWithWorkspace(user, { workspace, guest, others: guestFiles(guest, user.cwd) });
  // Not waited for: what is typed comes behind it on the same link. It fails only with the guest, whose death is told.
  guest
    .listen(CLI_SOCKET, { mode: 0o666 }, (connection) => void serveStub(connection, { fetch, files }))
    .catch(() => undefined);
  serveApiSocket(guest, fetch).catch(() => undefined);
  const chores = new AbortController();
  owned.use({ [Symbol.dispose]: () => chores.abort(new Error("the engine was shut down")) });
  doChores({ loadRoot: booted.loadRoot, images, signal: chores.signal }).catch(() => undefined);

  const connectPort = (address: string, port: number) => guest.connect({ family: "tcp", address, port });
  const previews = new PublishedClients({
    list: () => networks.ports.list(),
    connect: connectPort,
    members: () => networks.list().flatMap(({ id }) => networks.endpoints(id)),
    now: () => systemClock.now(),
  });

  const disposals = owned.move();
  return {
    fetch,
    openTerminal: (size) => openTerminal(guest, size),
    runCommand: (request) => runCommand(guest, request),
    died: guest.died,
    ports: {
      list: () => networks.ports.list(),
      subscribe: (listener) => networks.ports.subscribe(listener),
      connect: connectPort,
      client: (port) => previews.get(port),
    },
    console: guest.console,
    trace,
    boot: { from: booted.from, milliseconds: systemClock.monotonic() - startedMs },
    [Symbol.asyncDispose]: () => disposals[Symbol.asyncDispose](),
  };
}

/** What can wait until the visitor has a shell. */
async function doChores({
  loadRoot,
  images,
  signal,
}: {
  loadRoot: () => Promise<unknown>;
  images: Images;
  signal: AbortSignal;
}): Promise<void> {
  await systemClock.sleep(CHORES_AFTER_MS, { signal });
  // Whatever the session touches later must be there when the network is not.
  await loadRoot();
  // What broken pulls and removals of earlier sessions left.
  await images.collectGarbage();
}

/** Trouble that no caller waits for. */
function reportTo(trace: Trace): (what: string, error: unknown) => void {
  return (what, error) =>
    trace.add({ name: `error.${what}`, startMs: systemClock.monotonic(), durationMs: 0, detail: String(error) });
}

/** Undefined for a container that has none any more. */
function overlayOf(snapshots: OverlaySnapshotter, id: string): OverlayMount | undefined {
  try {
    return snapshots.mounts(id);
  } catch {
    return undefined;
  }
}

/** What a container's own layer holds. */
async function writtenBytes(guest: V86Guest, overlay: OverlayMount | undefined): Promise<number> {
  return overlay === undefined ? 0 : (await scanTree(guest, overlay.upper)).sizeBytes;
}

async function openTerminal(guest: V86Guest, size: { rows: number; columns: number }): Promise<Terminal> {
  const parked = guest.takeParkedShell();
  const shell = parked?.process ?? (await guest.start(loginShell(size)));
  if (parked) shell.resize(size.rows, size.columns).catch(() => undefined);
  const exited = shell.exited.then(({ code }) => ({ code }));
  exited.catch(() => undefined);
  return {
    output: parked ? after(parked.screen, shell.stdout as ByteStream) : (shell.stdout as ByteStream),
    input: shell.stdin as WritableStream<Uint8Array>,
    exited,
    resize: (rows, columns) => shell.resize(rows, columns),
    close: () => guest.kill(shell.pid, SIGHUP).catch(() => undefined),
  };
}

/** What a shell has said before, then what it says. */
function after(screen: string, output: ByteStream): ByteStream {
  return streamFrom(
    (async function* () {
      yield encodeUtf8(screen);
      yield* chunksOf(output);
    })(),
  );
}

/** A UUID that names this storage in `docker info`. */
async function engineId(records: RecordStore): Promise<string> {
  const known = await records.get<string>("engine-id");
  if (known !== undefined) return known;
  const id = crypto.randomUUID();
  await records.set("engine-id", id);
  return id;
}

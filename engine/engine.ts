/** The composition root: the only place that picks implementations. */
import { createApp } from "./api/app.ts";
import { systemClock } from "./base/clock.ts";
import { Disposals } from "./base/disposal.ts";
import { type ByteStream, chunksOf, encodeUtf8, streamFrom } from "./base/streams.ts";
import { Trace } from "./base/trace.ts";
import { bootMachine, readManifest } from "./boot.ts";
import { serveStub } from "./cli/stub-server.ts";
import { Containers } from "./containers/containers.ts";
import type { RecordStore } from "./content/record-store.ts";
import { scopedRecords } from "./content/scoped-record-store.ts";
import type { Engine, EngineOptions, Terminal } from "./engine-options.ts";
import { guestFiles } from "./guest-files.ts";
import { DEFAULT_MEMORY_BYTES, type V86Guest } from "./guest/v86-guest.ts";
import { loginShell } from "./login-shell.ts";
import { Images } from "./images/images.ts";
import { createRegistryHosts } from "./images/registry-hosts.ts";
import { BridgeNetworks } from "./network/bridge-networks.ts";
import { GuestRuntime } from "./runtime/guest-runtime.ts";
import { FileTreeServer } from "./snapshots/nine-p-server.ts";
import { OverlaySnapshotter } from "./snapshots/overlay-snapshotter.ts";
import { layersBelowSnapshots } from "./snapshots/snapshot-users.ts";
import type { OverlayMount } from "./snapshots/snapshotter.ts";
import { StoredLayers } from "./snapshots/stored-layers.ts";

const SIGHUP = 1;

/** The first second belongs to the shell. */
const CHORES_AFTER_MS = 1500;

/** Where the `docker` stub in the guest finds the engine (`kernel-image/agent/PROTOCOL.md`). */
const CLI_SOCKET = "/run/drydock/cli.sock";

/** Boots a guest and puts a Docker engine on it. @throws EngineError naming the artifact, or what the kernel said last */
export async function createEngine(options: EngineOptions): Promise<Engine> {
  const { assets, onProgress } = options;
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

  const booted = await trace.measure("boot", () => bootMachine(options, manifest, server));
  const guest = owned.use(booted.guest);
  const storage = await opening;
  onProgress?.({ step: "engine" });

  const records = scopedRecords(storage.records, `machines/${storage.machine}/`);
  const layers = new StoredLayers({ blobs: storage.layers, records: storage.records, exports: server });
  const snapshots = await OverlaySnapshotter.open({ records, layers, guest });
  const images = new Images({
    blobs: storage.blobs,
    records: storage.records,
    layers,
    fetch: (url, init) => assets.fetch(url, init),
    hosts: createRegistryHosts(),
    users: async () => ({ blobs: [], layers: await layersBelowSnapshots(storage.records) }),
    clock: systemClock,
  });
  const networks = await BridgeNetworks.open({ run: (ops) => guest.run(ops), records, clock: systemClock });
  const runtime = new GuestRuntime(guest, trace);
  const containers = owned.use(
    new Containers({ images, snapshots, runtime, networks, records, clock: systemClock, trace }),
  );
  await containers.restore();

  const fetch = createApp({
    containers,
    images,
    clock: systemClock,
    network: networks,
    layerSize: (diffId) => layers.size(diffId),
    top: (reference, psArguments) => containers.top(reference, psArguments),
    overlay: (id) => overlayOf(snapshots, id),
    system: {
      kernelRelease: guest.kernelRelease,
      memoryBytes: options.memoryBytes ?? DEFAULT_MEMORY_BYTES,
      cpuCount: 1,
      hostname: "drydock",
      engineId: await engineId(storage.records),
      operatingSystem: "Drydock (Linux in v86)",
    },
  });
  const files = ({ cwd }: { readonly cwd: string }) => guestFiles(guest, cwd);
  // Not waited for: what is typed comes behind it on the same link. It fails only with the guest, whose death is told.
  guest
    .listen(CLI_SOCKET, { mode: 0o666 }, (connection) => void serveStub(connection, { fetch, files }))
    .catch(() => undefined);
  const chores = new AbortController();
  owned.use({ [Symbol.dispose]: () => chores.abort(new Error("the engine was shut down")) });
  doChores({ loadRoot: booted.loadRoot, images, signal: chores.signal }).catch(() => undefined);

  const disposals = owned.move();
  return {
    fetch,
    openTerminal: (size) => openTerminal(guest, size),
    died: guest.died,
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

/** Undefined for a container that has none any more. */
function overlayOf(snapshots: OverlaySnapshotter, id: string): OverlayMount | undefined {
  try {
    return snapshots.mounts(id);
  } catch {
    return undefined;
  }
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

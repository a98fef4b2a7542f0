import { systemClock, type Clock } from "../base/clock.ts";
import { Trace } from "../base/trace.ts";
import { EngineError } from "../base/errors.ts";
import { MemoryRecordStore } from "../content/memory-record-store.ts";
import type { RecordStore } from "../content/record-store.ts";
import type { Image } from "../images/image-service.ts";
import { FakeNetworks } from "../network/fake-networks.ts";
import type { Networks } from "../network/network.ts";
import type { Digest } from "../oci/digest.ts";
import type { ImageRunConfig } from "../oci/image-config.ts";
import { FakeRuntime } from "../runtime/fake-runtime.ts";
import type { OverlayMount, Snapshotter } from "../snapshots/snapshotter.ts";
import type { Attachment, CreateContainer } from "./container-service.ts";
import { testVolumes } from "../volumes/testing.ts";
import type { Volumes } from "../volumes/volumes.ts";
import { Containers } from "./containers.ts";
import { EventBus } from "./event-bus.ts";

const digest = (seed: string): Digest => `sha256:${seed.repeat(64).slice(0, 64)}` as Digest;

/** An image of one layer. */
function fakeImage(name: string, config: ImageRunConfig): Image {
  return {
    id: digest(name.length.toString(16)),
    config: { architecture: "386", os: "linux", config, rootfs: { type: "layers", diff_ids: [digest("a")] } },
    repoTags: [`${name}:latest`],
    repoDigests: [],
    layers: [digest("a")],
    sizeBytes: 1,
    manifest: { mediaType: "application/vnd.oci.image.manifest.v1+json", digest: digest("b"), size: 1 },
  };
}

/** Directories that nobody makes. */
class FakeSnapshotter implements Snapshotter {
  readonly keys = new Set<string>();

  async prepare(key: string): Promise<void> {
    this.keys.add(key);
  }

  mounts(key: string): OverlayMount {
    if (!this.keys.has(key)) throw new EngineError("not-found", `no snapshot ${key}`);
    const base = `/var/lib/docker/overlay2/${key}`;
    const lower = ["/run/9p/l/aaaaaaaaaaaaaaaa"];
    return {
      target: `${base}/merged`,
      upper: `${base}/diff`,
      work: `${base}/work`,
      lower,
      data: `lowerdir=${lower.join(":")},upperdir=${base}/diff,workdir=${base}/work`,
    };
  }

  async remove(key: string): Promise<void> {
    this.keys.delete(key);
  }
}

/** A clock that a test turns by hand. */
export class ManualClock implements Clock {
  #now = 1_700_000_000_000;
  #sleepers: { at: number; resolve: () => void }[] = [];

  now(): number {
    return this.#now;
  }

  monotonic(): number {
    return this.#now;
  }

  sleep(ms: number, { signal }: { signal?: AbortSignal } = {}): Promise<void> {
    return new Promise((resolve, reject) => {
      const sleeper = { at: this.#now + ms, resolve };
      this.#sleepers.push(sleeper);
      signal?.addEventListener("abort", () => {
        this.#sleepers = this.#sleepers.filter((other) => other !== sleeper);
        reject(signal.reason as Error);
      });
    });
  }

  /** Lets time pass, and what waited for it run. */
  async advance(ms: number): Promise<void> {
    this.#now += ms;
    const due = this.#sleepers.filter(({ at }) => at <= this.#now);
    this.#sleepers = this.#sleepers.filter(({ at }) => at > this.#now);
    for (const { resolve } of due) resolve();
    await settle();
  }

  get sleepers(): number {
    return this.#sleepers.length;
  }
}

/** Lets everything that is ready run. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
}

export interface TestEngine {
  readonly containers: Containers;
  readonly runtime: FakeRuntime;
  readonly networks: FakeNetworks;
  readonly snapshots: FakeSnapshotter;
  readonly volumes: Volumes;
  readonly records: RecordStore;
  readonly actions: string[];
  readonly trace: Trace;
}

const IMAGES: Readonly<Record<string, Image>> = {
  busybox: fakeImage("busybox", { Cmd: ["sh"], Env: ["PATH=/bin"] }),
  nginx: fakeImage("nginx", {
    Cmd: ["sleep"],
    ExposedPorts: { "80/tcp": {} },
    StopSignal: "SIGQUIT",
    Volumes: { "/cache": {} },
  }),
};

/** Containers on fakes of everything below. */
export function testEngine(
  options: { clock?: Clock; records?: RecordStore; runtime?: FakeRuntime; networks?: Networks } = {},
): TestEngine {
  const runtime = options.runtime ?? new FakeRuntime();
  const networks = new FakeNetworks();
  const snapshots = new FakeSnapshotter();
  const records = options.records ?? new MemoryRecordStore();
  const trace = new Trace();
  const clock = options.clock ?? systemClock;
  const events = new EventBus(clock);
  const volumes = testVolumes({ clock, events, records });
  const containers = new Containers({
    images: {
      resolve: async (name) => {
        const image = IMAGES[name];
        if (image === undefined) throw new EngineError("not-found", `No such image: ${name}:latest`);
        return image;
      },
    },
    snapshots,
    runtime,
    networks: options.networks ?? networks,
    records,
    clock,
    events,
    volumes,
    trace,
  });
  const actions: string[] = [];
  containers.subscribe(({ type, action }) => actions.push(`${type} ${action}`));
  return { containers, runtime, networks, snapshots, volumes, records, actions, trace };
}

/** What `docker create` sends for `docker run IMAGE COMMAND`. */
export function request(
  cmd: readonly string[],
  extra: Partial<Omit<CreateContainer, "image">> & { image?: string } = {},
): CreateContainer {
  const { config, host, image = "busybox", ...rest } = extra;
  // What is published is exposed, as Docker's command line sees to it.
  const exposedPorts = (host?.portBindings ?? []).map(({ container }) => container);
  const all = { cmd, attachStdout: true, attachStderr: true, exposedPorts, ...config };
  return { image, config: all, host: { ...host }, ...rest };
}

/** All output of an attachment, as text with the stream's first letter. */
export async function outputOf(attachment: Attachment): Promise<string> {
  const reader = attachment.output.getReader();
  let text = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return text;
    text += `${value.stream === "stderr" ? "2|" : ""}${new TextDecoder().decode(value.bytes)}`;
  }
}

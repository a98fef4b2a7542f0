import { EventBus } from "../../containers/event-bus.ts";
import { FakeNetworks } from "../../network/fake-networks.ts";
import { testVolumes } from "../../volumes/testing.ts";
import type { Volumes } from "../../volumes/volumes.ts";
import type { Services } from "../services.ts";
import { FakeBuilder } from "./fake-builder.ts";
import { fakeBuildContexts } from "./fake-build-contexts.ts";
import { FakeClock } from "./fake-clock.ts";
import { FakeContainers } from "./fake-containers.ts";
import { fakeImage, FakeImages } from "./fake-images.ts";

export interface FakeServices extends Services {
  readonly containers: FakeContainers;
  readonly volumes: Volumes;
  readonly images: FakeImages;
  readonly clock: FakeClock;
  readonly builder: FakeBuilder;
}

/** Services in memory: busybox and nginx are here, hello-world and alpine can be pulled. */
export function fakeServices(): FakeServices {
  const clock = new FakeClock();
  const images = new FakeImages(
    [
      fakeImage("busybox", "6da", { sizeBytes: 2_065_472, created: "2026-11-21T02:00:04Z" }),
      fakeImage("nginx", "321", { Cmd: ["sleep", "1000"], ExposedPorts: { "80/tcp": {} }, StopSignal: "SIGQUIT" }),
    ],
    [
      fakeImage("hello-world", "e1b", { Cmd: ["echo", "Hello from Docker!"] }),
      fakeImage("alpine", "c3a"),
      fakeImage("busybox", "6da"),
    ],
  );
  const events = new EventBus(clock);
  const containers = new FakeContainers(images, clock, events);
  return {
    containers,
    images,
    volumes: testVolumes({ clock, events }),
    events,
    clock,
    system: {
      kernelRelease: "6.12.57",
      memoryBytes: 268_435_456,
      cpuCount: 1,
      hostname: "drydock",
      engineId: "eb717828-810f-4118-8a01-ffe74296f34a",
      operatingSystem: "Drydock (Linux in v86)",
    },
    network: new FakeNetworks(),
    top: async () => ({ titles: ["PID", "USER", "COMMAND"], processes: [["10286", "root", "sleep 1000"]] }),
    builder: new FakeBuilder(images, clock),
    buildContexts: fakeBuildContexts(),
    layerContents: {
      usage: async (layers) => layers.map((_, index) => ({ sizeBytes: 100 * (index + 1), wasteBytes: index })),
      list: async (layers, { cumulative = false } = {}) => ({
        files: [
          { path: "etc", type: "directory", change: cumulative ? "unchanged" : "changed", mode: 0o755, uid: 0, gid: 0, sizeBytes: 0 }, // prettier-ignore
          { path: `layer${layers.length}`, type: "file", change: "added", mode: 0o644, uid: 1, gid: 2, sizeBytes: 7 },
          { path: "ln", type: "symlink", change: "added", mode: 0o777, uid: 0, gid: 0, sizeBytes: 0, target: "etc" },
        ],
        truncated: cumulative,
      }),
    },
    layerSize: async () => 4,
    writtenBytes: async () => 0,
  };
}

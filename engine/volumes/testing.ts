import { systemClock, type Clock } from "../base/clock.ts";
import { MemoryBlobStore } from "../content/memory-blob-store.ts";
import { MemoryRecordStore } from "../content/memory-record-store.ts";
import { FakeGuest } from "../guest/fake-guest.ts";
import { type VolumePorts, Volumes } from "./volumes.ts";

/** Volumes on a guest without a kernel, with everything in memory. */
export function testVolumes(ports: Partial<VolumePorts> & { readonly clock?: Clock } = {}): Volumes {
  return new Volumes({
    guest: new FakeGuest(),
    records: new MemoryRecordStore(),
    blobs: new MemoryBlobStore(),
    clock: systemClock,
    events: { publish: () => undefined },
    report: () => undefined,
    ...ports,
  });
}

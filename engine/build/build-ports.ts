import type { ReadableLowerFiles } from "../archive/lower-files.ts";
import type { EventPublisher } from "../containers/event-bus.ts";
import type { RecordStore } from "../content/record-store.ts";
import type { ImageService } from "../images/image-service.ts";
import type { IncomingPorts } from "../images/incoming.ts";
import type { Digest } from "../oci/digest.ts";
import type { BuildCache } from "./cache/build-cache.ts";
import type { CacheMounts } from "./run/cache-mounts.ts";
import type { UrlFetcher } from "./files/copy-request.ts";
import type { LayerUsage } from "./files/layer-contents.ts";
import type { RunPorts } from "./run/run-step.ts";

/** What the builder needs of the rest of the engine. */
export type BuildPorts = RunPorts &
  IncomingPorts & {
    readonly images: IncomingPorts["images"] & Pick<ImageService, "pull">;
    readonly events: EventPublisher;
    /** Layers as one tree, bottom first. */
    readonly lower: (layers: readonly Digest[]) => Promise<ReadableLowerFiles>;
    /** What each layer of a stack holds, and how much of it those above undo. */
    readonly usage: (layers: readonly Digest[]) => Promise<readonly LayerUsage[]>;
    readonly cache: BuildCache;
    readonly cacheMounts: CacheMounts;
    /** Of this machine: records of builds. */
    readonly records: RecordStore;
    readonly fetcher?: UrlFetcher;
    /** Trouble that no caller waits for. */
    readonly report: (what: string, error: unknown) => void;
  };

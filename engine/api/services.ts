import type { Clock } from "../base/clock.ts";
import type { ByteStream } from "../base/streams.ts";
import type { BuildService } from "../build/build-service.ts";
import type { ReceivedContext } from "../build/context/receive-context.ts";
import type { RemoteContext } from "../build/context/remote-context.ts";
import type { LayerListing, LayerUsage } from "../build/files/layer-contents.ts";
import type { CommitRequest } from "../containers/commit-container.ts";
import type { ContainerArchives } from "../containers/container-archives.ts";
import type { ContainerService } from "../containers/container-service.ts";
import type { EventBus } from "../containers/event-bus.ts";
import type { ImageArchives } from "../images/image-archives.ts";
import type { Image, ImageService } from "../images/image-service.ts";
import type { Digest } from "../oci/digest.ts";
import type { Networks } from "../network/network.ts";
import type { OverlayMount } from "../snapshots/snapshotter.ts";
import type { VolumeService } from "../volumes/volume.ts";
import type { SystemModel } from "../wire/system.ts";
import type { Workspace } from "../workspace/workspace.ts";

/** What the API is wired to. Optional parts: without them their endpoints answer 501, or the fields that need them stay empty. */
export interface Services {
  readonly containers: ContainerService;
  readonly images: ImageService;
  readonly volumes: VolumeService;
  /** The engine's one bus: whoever changes something publishes here, `GET /events` tells it. */
  readonly events: Pick<EventBus, "publish" | "subscribe" | "recent">;
  readonly system: SystemModel;
  readonly clock: Clock;
  readonly network: Pick<Networks, "list" | "get" | "create" | "remove" | "endpoints">;
  /** Processes of a container, for `docker top`. */
  readonly top?: (
    reference: string,
    psArguments: string,
  ) => Promise<{ readonly titles: readonly string[]; readonly processes: readonly (readonly string[])[] }>;
  /** Bytes of a layer's content, for `docker history`. */
  readonly layerSize?: (diffId: Digest) => Promise<number>;
  /** Guest directory of a layer, for `GraphDriver` of an image. */
  readonly layerPath?: (diffId: Digest) => Promise<string>;
  /** Bytes a container has written, for `docker ps -s`. */
  readonly writtenBytes?: (containerId: string) => Promise<number>;
  /** Files of containers as tar files: `docker cp`, `diff`, `export`. */
  readonly archives?: Pick<ContainerArchives, "stat" | "read" | "write" | "changes" | "export">;
  /** Images as tar files: `docker save`, `load`, `import`. */
  readonly imageArchives?: Pick<ImageArchives, "save" | "load" | "import" | "fetch">;
  /** `docker commit` */
  readonly commit?: (containerId: string, request: CommitRequest) => Promise<Image>;
  /** `docker build` */
  readonly builder?: BuildService;
  readonly buildContexts?: BuildContexts;
  readonly layerContents?: LayerContentsService;
  /** The files of `/root/workspace`. */
  readonly workspace?: Workspace;
  /** Where a container's overlay lies, for `GraphDriver` in `inspect`. Undefined when it has none. */
  readonly overlay?: (containerId: string) => OverlayMount | undefined;
}

/** Files that somebody sends for a build. */
export interface BuildContexts {
  /** What a tar file holds, also a compressed one. Nothing in it is trusted. @throws EngineError invalid-argument */
  receive(
    tar: ByteStream,
    options?: {
      /** `root`: everything becomes root's. `keep`: as the tar says, when it is the context itself. Default `root`. */
      readonly owners?: "root" | "keep";
      readonly signal?: AbortSignal;
    },
  ): Promise<ReceivedContext>;
  /** What is at a URL: a tar file, a Dockerfile alone, a repository. @throws EngineError */
  fetch(url: string, options?: { readonly signal?: AbortSignal }): Promise<RemoteContext>;
}

/** What layers add, change, remove and waste. */
export interface LayerContentsService {
  /** Of a stack, bottom first: one for each layer. */
  usage(layers: readonly Digest[]): Promise<readonly LayerUsage[]>;
  /** Of the top layer of a stack against those below; `cumulative`: the whole tree. */
  list(layers: readonly Digest[], options?: { readonly cumulative?: boolean }): Promise<LayerListing>;
}

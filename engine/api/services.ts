import type { Clock } from "../base/clock.ts";
import type { ContainerService } from "../containers/container-service.ts";
import type { ImageService } from "../images/image-service.ts";
import type { Digest } from "../oci/digest.ts";
import type { OverlayMount } from "../snapshots/snapshotter.ts";
import type { SystemModel } from "../wire/system.ts";

/** What the API is wired to. Optional parts: without them their endpoints answer 501, or the fields that need them stay empty. */
export interface Services {
  readonly containers: ContainerService;
  readonly images: ImageService;
  readonly system: SystemModel;
  readonly clock: Clock;
  /** The networks that exist, for `/networks`. */
  readonly network?: { list(): readonly NetworkRecord[] };
  /** Processes of a container, for `docker top`. */
  readonly top?: (
    reference: string,
    psArguments: string,
  ) => Promise<{ readonly titles: readonly string[]; readonly processes: readonly (readonly string[])[] }>;
  /** Bytes of a layer's content, for `docker history`. */
  readonly layerSize?: (diffId: Digest) => Promise<number>;
  /** Bytes a container has written, for `docker ps -s`. */
  readonly writtenBytes?: (containerId: string) => Promise<number>;
  /** Where a container's overlay lies, for `GraphDriver` in `inspect`. Undefined when it has none. */
  readonly overlay?: (containerId: string) => OverlayMount | undefined;
}

export interface NetworkRecord {
  readonly id: string;
  readonly name: string;
  readonly driver: string;
  /** RFC 3339. */
  readonly createdAt: string;
  readonly subnets: readonly { readonly subnet: string; readonly gateway: string }[];
}

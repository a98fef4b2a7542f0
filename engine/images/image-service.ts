import type { Digest } from "../oci/digest.ts";
import type { CatalogEntry } from "./catalog.ts";
import type { RemoteImage } from "./describe-remote.ts";
import type { LoginRequest, LoginResult } from "./log-in.ts";
import type { Descriptor } from "../oci/manifest.ts";
import type { ImageConfig } from "../oci/image-config.ts";

/** An image as people see it: a config, its layers, and the names that point at it. */
export interface Image {
  /** Digest of the config blob: Docker's image id. */
  readonly id: Digest;
  readonly config: ImageConfig;
  /** Familiar names with tag, sorted: `busybox:latest`. */
  readonly repoTags: readonly string[];
  /** Familiar names with manifest digest: `busybox@sha256:…`. */
  readonly repoDigests: readonly string[];
  /** Uncompressed layers, bottom first. */
  readonly layers: readonly Digest[];
  /** Sum of the uncompressed layers' content. */
  readonly sizeBytes: number;
  readonly manifest: Descriptor;
  /** When it got a name by hand, RFC 3339. */
  readonly lastTagTime?: string;
  /** The image it was made of here. */
  readonly parent?: Digest;
  /** Other images were made of it. */
  readonly hasChildren?: boolean;
}

/** One line of Docker's pull stream (`wire/progress.ts` turns it into JSON). */
export type PullEvent =
  | { readonly kind: "status"; readonly status: string; readonly id?: string }
  | {
      readonly kind: "progress";
      readonly status: "Downloading" | "Extracting";
      readonly id: string;
      readonly currentBytes: number;
      readonly totalBytes: number;
    };

export interface PullOptions {
  /** Default linux/386. */
  readonly platform?: string;
  readonly auth?: RegistryCredentials;
  readonly signal?: AbortSignal;
}

/** What a user has for a registry: a password, a refresh token of its token server, or a token as it goes into the header. */
export type RegistryCredentials =
  | { readonly username: string; readonly password: string }
  | { readonly identityToken: string }
  | { readonly registryToken: string };

/** One line of Docker's push stream. */
export type PushEvent =
  | { readonly kind: "status"; readonly status: string; readonly id?: string }
  | {
      readonly kind: "progress";
      readonly status: "Pushing";
      readonly id: string;
      readonly currentBytes: number;
      readonly totalBytes: number;
    }
  | { readonly kind: "pushed"; readonly tag: string; readonly digest: Digest; readonly sizeBytes: number };

export interface PushOptions {
  readonly auth?: RegistryCredentials;
  readonly signal?: AbortSignal;
}

export interface RemovedImage {
  readonly untagged?: string;
  /** Id of an image, or the chain id of a layer that only it had. */
  readonly deleted?: string;
  readonly isLayer?: true;
}

export interface ImageService {
  list(): Promise<readonly Image[]>;
  /** By familiar or canonical name, name@digest, id or unique id prefix. @throws EngineError not-found `No such image: x:latest` */
  resolve(nameOrId: string): Promise<Image>;
  /**
   * Pulls index → linux/386 manifest → config → layers. Errors before the first event are thrown by the first `next()`.
   * Concurrent pulls of one layer share the work. A broken transfer resumes, also after a reload.
   */
  pull(reference: string, options?: PullOptions): AsyncIterable<PullEvent>;
  /**
   * Pushes one tag, or with a name alone all of a repository's tags. Errors are thrown after the first event.
   * A layer that was pulled goes out as it came in, so its digest and (if all did) the manifest's stay.
   */
  push(reference: string, options?: PushOptions): AsyncIterable<PushEvent>;
  /** What a registry says of an image, without pulling it. @throws RegistryError */
  describeRemote(reference: string, options?: PushOptions): Promise<RemoteImage>;
  /** Asks a registry whether it knows the user. @throws RegistryError */
  logIn(request: LoginRequest, options?: { signal?: AbortSignal }): Promise<LoginResult>;
  /** `docker search`, the closest first. @throws EngineError invalid-argument, RegistryError */
  search(term: string, options?: { limit?: number; signal?: AbortSignal }): Promise<readonly CatalogEntry[]>;
  tag(nameOrId: string, target: string): Promise<void>;
  /** `inUseBy` tells which containers use an image, for Docker's conflict errors. */
  remove(
    nameOrId: string,
    options: {
      force: boolean;
      inUseBy: (id: Digest) => readonly { id: string; running: boolean }[];
      /** Leaves the images it was made of, which otherwise go with it when nothing else needs them. */
      keepParents?: boolean;
    },
  ): Promise<readonly RemovedImage[]>;
}

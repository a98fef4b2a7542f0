import type { Digest } from "../oci/digest.ts";
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
  readonly auth?: { readonly username: string; readonly password: string } | { readonly identityToken: string };
  readonly signal?: AbortSignal;
}

export interface RemovedImage {
  readonly untagged?: string;
  readonly deleted?: string;
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
  tag(nameOrId: string, target: string): Promise<void>;
  /** `inUseBy` tells which containers use an image, for Docker's conflict errors. */
  remove(
    nameOrId: string,
    options: { force: boolean; inUseBy: (id: Digest) => readonly { id: string; running: boolean }[] },
  ): Promise<readonly RemovedImage[]>;
}

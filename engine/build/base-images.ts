import { EngineError, isKind, messageOf } from "../base/errors.ts";
import type { Image, ImageService, PullEvent } from "../images/image-service.ts";
import { formatReference, parseReference, withDefaultTag } from "../oci/reference.ts";
import type { Digest } from "../oci/digest.ts";
import type { ImageConfig } from "../oci/image-config.ts";
import type { BuildSession } from "./build-request.ts";
import type { Progress, Vertex } from "./progress.ts";

/** An image that a build takes something from. */
export interface ResolvedImage {
  /** `docker.io/library/busybox:latest` */
  readonly name: string;
  readonly id: Digest;
  readonly config: ImageConfig;
  readonly layers: readonly Digest[];
}

export interface BaseImagePorts {
  readonly images: Pick<ImageService, "resolve" | "pull">;
  readonly progress: Progress;
  readonly session: BuildSession;
  /** Ask the registry although the image is here. */
  readonly pull: boolean;
  readonly signal: AbortSignal;
}

/** The images that one build needs, each looked up once. */
export class BaseImages {
  readonly #ports: BaseImagePorts;
  readonly #found = new Map<string, Promise<ResolvedImage>>();
  readonly #known = new Map<string, ResolvedImage>();

  constructor(ports: BaseImagePorts) {
    this.#ports = ports;
  }

  /** One that was resolved already, by the name that the Dockerfile has. */
  known(text: string): ResolvedImage | undefined {
    return this.#known.get(text);
  }

  /**
   * @param step what the step is called that begins with the image: a pull is told there
   * @throws EngineError `failed to resolve source metadata for docker.io/library/x:latest: …`
   */
  async resolve(text: string, step: (name: string) => string = (name) => `FROM ${name}`): Promise<ResolvedImage> {
    const name = nameOf(text);
    const image = await this.#once(text, { name, step: step(name) });
    this.#known.set(text, image);
    return image;
  }

  #once(text: string, { name, step }: Wanted): Promise<ResolvedImage> {
    const known = this.#found.get(name);
    if (known !== undefined) return known;
    const finding = this.#find({ name, step }).catch((error: unknown) => {
      throw new EngineError(
        error instanceof EngineError ? error.kind : "internal",
        `${text}: failed to resolve source metadata for ${name}: ${messageOf(error)}`,
        { cause: error },
      );
    });
    this.#found.set(name, finding);
    return finding;
  }

  async #find({ name, step }: Wanted): Promise<ResolvedImage> {
    const { images, progress, pull } = this.#ports;
    const metadata = progress.add(`[internal] load metadata for ${name}`);
    metadata.start();
    try {
      const here = pull ? undefined : await images.resolve(name).catch(unlessMissing);
      const { id, config, layers } = here ?? (await this.#pull({ name, step }, metadata));
      metadata.done();
      return { name, id, config, layers };
    } catch (error) {
      const told = notFound(name, error);
      metadata.fail(messageOf(told));
      throw told;
    }
  }

  /** The metadata is here when the first layer comes; the layers are told as part of the step that begins with them. */
  async #pull({ name, step }: Wanted, metadata: Vertex): Promise<Image> {
    const { images, session, signal, progress } = this.#ports;
    const auth = await session.registryAuth(parseReference(name).domain);
    let layers: Vertex | undefined;
    for await (const event of images.pull(name, { signal, ...(auth && { auth }) })) {
      if (event.kind !== "progress") {
        if (layers !== undefined) tellEnd(layers, event);
        continue;
      }
      metadata.done();
      layers ??= progress.add(step, `FROM ${name}`);
      layers.start();
      tellProgress(layers, event);
    }
    layers?.done();
    return await images.resolve(name);
  }
}

interface Wanted {
  /** Canonical, with a tag. */
  readonly name: string;
  readonly step: string;
}

/** Familiar names become whole ones; an id of an image stays one. */
function nameOf(text: string): string {
  return formatReference(withDefaultTag(parseReference(text)));
}

function unlessMissing(error: unknown): undefined {
  if (!isKind(error, "not-found")) throw error;
}

function notFound(name: string, error: unknown): unknown {
  if (!isKind(error, "not-found")) return error;
  return new EngineError("not-found", `${name}: not found`, { cause: error });
}

function tellProgress(vertex: Vertex, event: Extract<PullEvent, { kind: "progress" }>): void {
  const { status, id, currentBytes, totalBytes } = event;
  vertex.part(status === "Extracting" ? `extracting sha256:${id}` : `sha256:${id}`, {
    current: currentBytes,
    total: totalBytes,
  });
}

function tellEnd(vertex: Vertex, { status, id }: Extract<PullEvent, { kind: "status" }>): void {
  if (status === "Download complete") vertex.part(`sha256:${id}`, { isOver: true });
  if (status === "Pull complete") vertex.part(`extracting sha256:${id}`, { isOver: true });
}

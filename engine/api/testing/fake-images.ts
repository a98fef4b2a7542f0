import { EngineError } from "../../base/errors.ts";
import type { CatalogEntry } from "../../images/catalog.ts";
import type { RemoteImage } from "../../images/describe-remote.ts";
import type {
  Image,
  ImageService,
  PullEvent,
  PushEvent,
  PushOptions,
  RemovedImage,
} from "../../images/image-service.ts";
import type { LoginRequest, LoginResult } from "../../images/log-in.ts";
import type { Digest } from "../../oci/digest.ts";
import { canonicalName, formatFamiliar, familiarName, parseReference, withDefaultTag } from "../../oci/reference.ts";

/** An image for tests; `seed` makes its digests. */
export function fakeImage(
  name: string,
  seed: string,
  options: Partial<Image["config"]["config"]> & { created?: string; sizeBytes?: number } = {},
): Image {
  const digest = (salt: string): Digest => `sha256:${(seed + salt).repeat(32).slice(0, 64)}` as Digest;
  const { created = "2026-11-21T02:00:05.503623743Z", sizeBytes = 5_211_230, ...config } = options;
  const layers = [digest("1"), digest("2")];
  return {
    id: digest("0"),
    config: {
      architecture: "386",
      os: "linux",
      created,
      config: { Env: ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"], Cmd: ["sh"], ...config },
      rootfs: { type: "layers", diff_ids: layers },
      history: [
        { created, comment: "Imported from -" },
        { created, created_by: '/bin/sh -c #(nop)  CMD ["sh"]', empty_layer: true },
        { created, created_by: "/bin/sh -c echo two > /two" },
      ],
    },
    repoTags: [`${name}:latest`],
    repoDigests: [`${name}@${digest("d")}`],
    layers,
    sizeBytes,
    manifest: { mediaType: "application/vnd.oci.image.manifest.v1+json", digest: digest("d"), size: 500 },
  };
}

/** Images in memory, and a registry from which some more can be pulled. */
export class FakeImages implements ImageService {
  #images: Image[];
  readonly #registry: readonly Image[];
  /** What was asked for, newest last. */
  readonly pulls: string[] = [];
  readonly pushes: { readonly reference: string; readonly options: PushOptions }[] = [];

  constructor(images: readonly Image[], registry: readonly Image[] = []) {
    this.#images = [...images];
    this.#registry = registry;
  }

  /** An image that was made here. */
  add(image: Image): void {
    this.#images = [...this.#images.filter(({ id }) => id !== image.id), image];
  }

  async list(): Promise<readonly Image[]> {
    return this.#images;
  }

  async resolve(nameOrId: string): Promise<Image> {
    const id = nameOrId.replace(/^sha256:/, "");
    const found =
      this.#images.find(
        (image) => image.repoTags.includes(familiar(nameOrId)) || image.repoDigests.includes(nameOrId),
      ) ?? this.#images.find((image) => /^[0-9a-f]+$/.test(id) && image.id.startsWith(`sha256:${id}`));
    if (found === undefined) throw new EngineError("not-found", `No such image: ${familiar(nameOrId)}`);
    return found;
  }

  async *pull(reference: string): AsyncGenerator<PullEvent, void, undefined> {
    this.pulls.push(reference);
    const parsed = withDefaultTag(parseReference(reference));
    const name = formatFamiliar(parsed);
    const image = this.#registry.find(({ repoTags }) => repoTags.includes(name));
    if (image === undefined) {
      const hint = "repository does not exist or may require 'docker login'";
      throw new EngineError(
        "not-found",
        `pull access denied for ${familiarName(parsed)}, ${hint}: denied: requested access to the resource is denied`,
      );
    }
    yield { kind: "status", status: `Pulling from ${parsed.path}`, id: parsed.tag ?? "" };
    const isNew = !this.#images.some(({ id }) => id === image.id);
    if (isNew) {
      const id = image.layers[0]?.slice(7, 19) ?? "";
      yield { kind: "status", status: "Pulling fs layer", id };
      yield { kind: "progress", status: "Downloading", id, currentBytes: 36_445, totalBytes: 1_141_440 };
      yield { kind: "status", status: "Download complete", id };
      yield { kind: "progress", status: "Extracting", id, currentBytes: 1_141_440, totalBytes: 1_141_440 };
      yield { kind: "status", status: "Pull complete", id };
      this.#images.push(image);
    }
    yield { kind: "status", status: `Digest: ${image.manifest.digest}` };
    yield { kind: "status", status: `Status: ${isNew ? "Downloaded newer image" : "Image is up to date"} for ${name}` };
  }

  async *push(reference: string, options: PushOptions = {}): AsyncGenerator<PushEvent, void, undefined> {
    this.pushes.push({ reference, options });
    const parsed = withDefaultTag(parseReference(reference));
    yield { kind: "status", status: `The push refers to repository [${canonicalName(parsed)}]` };
    const image = this.#images.find(({ repoTags }) => repoTags.includes(formatFamiliar(parsed)));
    if (image === undefined)
      throw new EngineError("not-found", `An image does not exist locally with the tag: ${familiarName(parsed)}`);
    const id = image.layers[0]?.slice(7, 19) ?? "";
    yield { kind: "status", status: "Preparing", id };
    yield { kind: "progress", status: "Pushing", id, currentBytes: 512, totalBytes: 131 };
    yield { kind: "status", status: "Pushed", id };
    const { digest, size } = image.manifest;
    yield { kind: "status", status: `${parsed.tag}: digest: ${digest} size: ${size}` };
    yield { kind: "pushed", tag: parsed.tag ?? "", digest, sizeBytes: size };
  }

  async describeRemote(reference: string): Promise<RemoteImage> {
    const name = familiar(reference);
    const image = this.#registry.find(({ repoTags }) => repoTags.includes(name));
    if (image === undefined) throw new EngineError("not-found", "manifest unknown: manifest unknown");
    const { mediaType, digest, size } = image.manifest;
    return { descriptor: { mediaType, digest, size }, platforms: [{ os: "linux", architecture: "386" }] };
  }

  async logIn({ serverAddress, credentials }: LoginRequest): Promise<LoginResult> {
    if (credentials && "password" in credentials && credentials.password === "wrong")
      throw new EngineError("unauthorized", `Get "https://${serverAddress}/v2/": unauthorized: incorrect`);
    return { identityToken: "" };
  }

  async search(term: string): Promise<readonly CatalogEntry[]> {
    return [
      { name: "nginx", description: "a web server", isOfficial: true, stars: 0 },
      { name: "me/nginx", description: "mine", isOfficial: false, stars: 12 },
    ].filter(({ name }) => name.includes(term));
  }

  async tag(nameOrId: string, target: string): Promise<void> {
    const image = await this.resolve(nameOrId);
    const name = familiar(target);
    this.#images = this.#images.map((other) => ({
      ...other,
      repoTags: [...other.repoTags.filter((tag) => tag !== name), ...(other.id === image.id ? [name] : [])].toSorted(),
    }));
  }

  async remove(nameOrId: string, options: Parameters<ImageService["remove"]>[1]): Promise<readonly RemovedImage[]> {
    const image = await this.resolve(nameOrId);
    const name = familiar(nameOrId);
    const isTag = image.repoTags.includes(name);
    if (isTag && image.repoTags.length > 1) {
      this.#images = this.#images.map((other) =>
        other.id === image.id ? { ...other, repoTags: other.repoTags.filter((tag) => tag !== name) } : other,
      );
      return [{ untagged: name }];
    }
    const user = options.inUseBy(image.id)[0];
    if (user !== undefined && !(options.force && !user.running)) {
      const why = `container ${user.id.slice(0, 12)} is using its referenced image ${image.id.slice(7, 19)}`;
      throw new EngineError(
        "conflict",
        `conflict: unable to remove repository reference "${nameOrId}" (must force) - ${why}`,
      );
    }
    this.#images = this.#images.filter((other) => other.id !== image.id);
    return [
      ...image.repoTags.map((untagged) => ({ untagged })),
      ...image.repoDigests.map((untagged) => ({ untagged })),
      { deleted: image.id },
      ...image.layers.map((deleted) => ({ deleted, isLayer: true as const })),
    ];
  }
}

function familiar(name: string): string {
  try {
    return formatFamiliar(withDefaultTag(parseReference(name)));
  } catch {
    return name;
  }
}

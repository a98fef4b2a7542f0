import { EngineError } from "../base/errors.ts";
import { encodeUtf8 } from "../base/streams.ts";
import { applyChanges } from "../images/config-changes.ts";
import type { Image } from "../images/image-service.ts";
import { Incoming, type IncomingPorts } from "../images/incoming.ts";
import { mergeRunConfigs } from "../images/merge-run-configs.ts";
import type { ImageHistory, ImageRunConfig } from "../oci/image-config.ts";
import type { Descriptor } from "../oci/manifest.ts";
import { formatFamiliar, type Reference } from "../oci/reference.ts";
import type { ContainerArchives } from "./container-archives.ts";
import type { Containers } from "./containers.ts";

export interface CommitPorts extends IncomingPorts {
  readonly containers: Pick<Containers, "get" | "pause" | "unpause" | "announce">;
  readonly archives: Pick<ContainerArchives, "diff">;
  /** For `docker_version` of the image. */
  readonly dockerVersion: string;
}

export interface CommitRequest {
  /** The container's own config, as the API shows it. */
  readonly containerConfig: ImageRunConfig;
  /** Instead of the container's, which then fills what it leaves open. */
  readonly config?: ImageRunConfig;
  /** Dockerfile instructions. */
  readonly changes: readonly string[];
  readonly author: string;
  readonly comment: string;
  readonly name?: Reference;
  /** Holds the container's processes meanwhile. */
  readonly pause: boolean;
}

/** The digest of a tar file without entries. */
const EMPTY_LAYER = "sha256:5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef";

/**
 * Makes an image of a container: its image's layers, and what it has changed as one more (moby's `daemon/commit.go`).
 * @throws EngineError not-found, conflict, invalid-argument for changes that are no instructions
 */
export async function commitContainer(ports: CommitPorts, reference: string, request: CommitRequest): Promise<Image> {
  const { containers, images } = ports;
  const container = containers.get(reference);
  const refusal = { dead: "which is Dead", removing: "which is being removed" }[container.state.status as string];
  if (refusal !== undefined)
    throw new EngineError("conflict", `You cannot commit container ${container.id} ${refusal}`);
  const wanted = applyChanges(request.config ?? request.containerConfig, request.changes);
  const config = mergeRunConfigs(wanted, request.containerConfig);
  const base = await images.resolve(container.image.id);
  const image = await Incoming.during(ports, async (incoming) => {
    const layer = await whilePaused(ports, container.id, request.pause, async () =>
      incoming.newLayer(await ports.archives.diff(container.id)),
    );
    const isEmpty = layer.digest === EMPTY_LAYER;
    const below = await Promise.all(base.layers.map((diffId) => incoming.descriptor(diffId)));
    const layers = isEmpty ? below : [...below, layer];
    const document = imageConfig(ports, { base, container: container.id, config, request, layers, isEmpty });
    const names = request.name ? [request.name] : [];
    return await images.create(encodeUtf8(JSON.stringify(document)), layers, names, { parent: base.id });
  });
  containers.announce(container.id, "commit", {
    comment: request.comment,
    imageID: image.id,
    imageRef: request.name === undefined ? "" : formatFamiliar(request.name),
  });
  return image;
}

async function whilePaused<T>(
  { containers }: CommitPorts,
  id: string,
  pause: boolean,
  work: () => Promise<T>,
): Promise<T> {
  if (!pause || containers.get(id).state.status !== "running") return await work();
  // It may have ended just now: then there is nothing to hold.
  const isPaused = await containers.pause(id).then(
    () => true,
    () => false,
  );
  try {
    return await work();
  } finally {
    if (isPaused) await containers.unpause(id).catch(() => undefined);
  }
}

interface Commit {
  readonly base: Image;
  readonly container: string;
  readonly config: ImageRunConfig;
  readonly request: CommitRequest;
  readonly layers: readonly Descriptor[];
  readonly isEmpty: boolean;
}

/** Keys sorted, as Docker writes them. */
function imageConfig({ clock, dockerVersion }: CommitPorts, commit: Commit): object {
  const { base, container, config, request, layers, isEmpty } = commit;
  const { author, comment, containerConfig } = request;
  const created = new Date(clock.now()).toISOString();
  const history: ImageHistory = {
    created,
    created_by: (containerConfig.Cmd ?? []).join(" "),
    ...(author !== "" && { author }),
    ...(comment !== "" && { comment }),
    ...(isEmpty && { empty_layer: true }),
  };
  return {
    architecture: base.config.architecture,
    ...(author !== "" && { author }),
    config,
    container,
    container_config: containerConfig,
    created,
    docker_version: dockerVersion,
    history: [...(base.config.history ?? []), history],
    os: base.config.os,
    rootfs: { type: "layers", diff_ids: layers.map(({ digest }) => digest) },
    ...(base.config.variant !== undefined && { variant: base.config.variant }),
  };
}

import type { ByteStream } from "../base/streams.ts";
import { encodeUtf8 } from "../base/streams.ts";
import type { ImageRunConfig } from "../oci/image-config.ts";
import type { Platform } from "../oci/platform.ts";
import type { Reference } from "../oci/reference.ts";
import type { Image } from "./image-service.ts";
import { Incoming, type IncomingPorts } from "./incoming.ts";

export interface ImportOptions {
  readonly platform: Platform;
  /** What its containers run by default. */
  readonly config: ImageRunConfig;
  /** Comment of its history. */
  readonly message: string;
  readonly name?: Reference;
}

/** Makes an image of one layer: a root as a tar file, plain or compressed. @throws EngineError invalid-argument for a bad tar */
export async function importImage(body: ByteStream, ports: IncomingPorts, options: ImportOptions): Promise<Image> {
  const { platform, message, config, name } = options;
  return await Incoming.during(ports, async (incoming) => {
    const layer = await incoming.newLayer(await incoming.plain(body));
    const created = new Date(ports.clock.now()).toISOString();
    const document = {
      architecture: platform.architecture,
      comment: message,
      config,
      created,
      history: [{ created, comment: message }],
      os: platform.os,
      rootfs: { type: "layers", diff_ids: [layer.digest] },
      ...(platform.variant !== undefined && { variant: platform.variant }),
    };
    return await ports.images.create(encodeUtf8(JSON.stringify(document)), [layer], name ? [name] : []);
  });
}

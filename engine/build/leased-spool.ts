import type { Lease } from "../images/leases.ts";
import type { IncomingPorts } from "../images/incoming.ts";
import type { SpoolPorts } from "./context/byte-spool.ts";

/** Room among the images' blobs for what one step downloads or unpacks. The lease begins with the first chunk: small steps need none. */
export interface LeasedSpool extends AsyncDisposable {
  readonly ports: SpoolPorts;
}

export function leasedSpool({ images, blobs }: Pick<IncomingPorts, "blobs" | "images">): LeasedSpool {
  let lease: Promise<Lease> | undefined;
  return {
    ports: {
      blobs,
      onChunk: async (chunk) => {
        lease ??= images.lease({});
        await (await lease).add({ blobs: [chunk] });
      },
    },
    [Symbol.asyncDispose]: async () => {
      // One that could not be opened has failed the step already.
      await (await lease?.catch(() => undefined))?.end();
    },
  };
}

import type { BuildContexts } from "./api/services.ts";
import { receiveContext } from "./build/context/receive-context.ts";
import { fetchContext } from "./build/context/remote-context.ts";
import type { UrlFetcher } from "./build/files/copy-request.ts";
import type { BlobStore } from "./content/blob-store.ts";
import type { Images } from "./images/images.ts";
import type { Digest } from "./oci/digest.ts";

/** Where the files of builds come from. */
export function openBuildContexts({
  images,
  blobs,
  fetcher,
}: {
  readonly images: Pick<Images, "lease">;
  readonly blobs: BlobStore;
  readonly fetcher: UrlFetcher;
}): BuildContexts {
  return {
    async receive(tar, options = {}) {
      const lease = await images.lease({});
      try {
        const spool = { blobs, onChunk: (chunk: Digest) => lease.add({ blobs: [chunk] }) };
        const received = await receiveContext(tar, { ...options, spool });
        return {
          files: received.files,
          sizeBytes: received.sizeBytes,
          async [Symbol.asyncDispose]() {
            await received[Symbol.asyncDispose]();
            await lease.end();
          },
        };
      } catch (error) {
        await lease.end();
        throw error;
      }
    },
    fetch: (url, options = {}) => fetchContext(url, { fetcher }, options),
  };
}

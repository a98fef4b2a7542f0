/**
 * SHA-256 of chunks, here or in a worker. Hashing costs as much as decompressing; in a worker of its own a pull takes a third less time, and
 * the guest goes on meanwhile.
 */
import { createHasher, type Digest } from "../oci/digest.ts";

export interface ChunkHasher {
  /** Takes the chunk away: its bytes must not be used any more. Resolves when the next one may come. */
  update(chunk: Uint8Array<ArrayBuffer>): Promise<void>;
  digest(): Promise<Digest>;
  /** Forgets what was hashed. Fine at any time, also after `digest`. */
  abandon(): void;
}

/** Hashes on this thread. */
export async function createLocalHasher(): Promise<ChunkHasher> {
  const hasher = await createHasher();
  return {
    update: async (chunk) => hasher.update(chunk),
    digest: async () => hasher.digest(),
    abandon: () => undefined,
  };
}

/** What a `Worker` and a `MessagePort` have in common. */
export interface HashPort {
  postMessage(message: unknown, transfer: Transferable[]): void;
  onmessage: ((event: MessageEvent) => void) | null;
  /** A worker's: its script could not be loaded, or threw. */
  onerror?: ((event: ErrorEvent) => void) | null;
}

type HashRequest =
  | { readonly id: number; readonly chunk: Uint8Array<ArrayBuffer> }
  | { readonly id: number; readonly finish: true }
  | { readonly id: number; readonly abandon: true };

/** Answers a chunk with its id alone, a finish with the digest or an error. */
type HashResponse = { readonly id: number; readonly digest?: Digest; readonly error?: string };

/** Chunks that may be on their way to the worker. */
const MAX_UNDERWAY = 4;

interface RemoteHash {
  underway: number;
  readonly digest: { resolve(digest: Digest): void; reject(error: Error): void };
  wake: (() => void) | undefined;
}

/** Hashers that work in the worker behind this port, which must run {@link serveHashes}. When it fails, later ones work here. */
export function remoteHashers(port: HashPort): () => Promise<ChunkHasher> {
  const hashes = new Map<number, RemoteHash>();
  let lastId = 0;
  const send = (message: HashRequest, transfer: Transferable[] = []): void => port.postMessage(message, transfer);
  port.onmessage = ({ data }: MessageEvent<HashResponse>) => {
    const hash = hashes.get(data.id);
    if (!hash) return;
    if (data.digest !== undefined) hash.digest.resolve(data.digest);
    else if (data.error !== undefined) hash.digest.reject(new Error(data.error));
    else hash.underway -= 1;
    hash.wake?.();
    hash.wake = undefined;
  };
  let isBroken = false;
  port.onerror = ({ message }) => {
    isBroken = true;
    for (const hash of hashes.values()) {
      hash.digest.reject(new Error(`the hashing worker failed: ${message}`));
      hash.underway = 0;
      hash.wake?.();
    }
  };
  return async () => {
    if (isBroken) return createLocalHasher();
    const id = (lastId += 1);
    let digest!: RemoteHash["digest"];
    const result = new Promise<Digest>((resolve, reject) => (digest = { resolve, reject }));
    result.catch(() => undefined);
    const hash: RemoteHash = { underway: 0, digest, wake: undefined };
    hashes.set(id, hash);
    return {
      async update(chunk) {
        if (isBroken) await result;
        hash.underway += 1;
        send({ id, chunk }, [chunk.buffer]);
        while (hash.underway > MAX_UNDERWAY) await new Promise<void>((resolve) => (hash.wake = resolve));
      },
      async digest() {
        send({ id, finish: true });
        return result;
      },
      abandon() {
        if (hashes.delete(id)) send({ id, abandon: true });
      },
    };
  };
}

/** The worker's side. */
export function serveHashes(port: HashPort): void {
  const hashes = new Map<number, Promise<ChunkHasher>>();
  let turn = Promise.resolve();
  const respond = (response: HashResponse): void => port.postMessage(response, []);
  const handle = async (request: HashRequest): Promise<void> => {
    const { id } = request;
    if ("abandon" in request) return void hashes.delete(id);
    const hasher = hashes.get(id) ?? createLocalHasher();
    hashes.set(id, hasher);
    if ("finish" in request) return respond({ id, digest: await (await hasher).digest() });
    await (await hasher).update(request.chunk);
    respond({ id });
  };
  port.onmessage = ({ data }: MessageEvent<HashRequest>) => {
    turn = turn
      .then(async () => handle(data))
      .catch((error: unknown) => respond({ id: data.id, error: String(error) }));
  };
}

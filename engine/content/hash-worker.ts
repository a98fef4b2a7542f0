/** A worker that hashes: `new Worker(new URL("./hash-worker.ts", import.meta.url), { type: "module" })`. */
import { serveHashes } from "./chunk-hasher.ts";

serveHashes(globalThis);

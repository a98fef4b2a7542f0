import { createSHA256 } from "hash-wasm";
import { EngineError } from "../base/errors.ts";

declare const digestBrand: unique symbol;

/** `sha256:` and 64 lower-case hex digits. https://github.com/opencontainers/image-spec/blob/main/descriptor.md#digests */
export type Digest = string & { readonly [digestBrand]: true };

const PATTERN = /^sha256:[0-9a-f]{64}$/;

export function isDigest(text: string): text is Digest {
  return PATTERN.test(text);
}

/** @throws EngineError invalid-argument */
export function parseDigest(text: string): Digest {
  if (!isDigest(text)) throw new EngineError("invalid-argument", `invalid digest: ${text}`);
  return text;
}

/** The 64 hex digits. */
export function hexOf(digest: Digest): string {
  return digest.slice("sha256:".length);
}

/** Hashes bytes as they pass. */
export interface Hasher {
  update(bytes: Uint8Array): void;
  digest(): Digest;
}

export async function createHasher(): Promise<Hasher> {
  const hash = await createSHA256();
  hash.init();
  return {
    update: (bytes) => void hash.update(bytes),
    digest: () => `sha256:${hash.digest("hex")}` as Digest,
  };
}

/** The digest of bytes that are in memory. */
export async function digestOf(bytes: Uint8Array): Promise<Digest> {
  const hash = await crypto.subtle.digest("SHA-256", bytes as Uint8Array<ArrayBuffer>);
  const hex = Array.from(new Uint8Array(hash), (byte) => byte.toString(16).padStart(2, "0")).join("");
  return `sha256:${hex}` as Digest;
}

/** Digests of short texts, without waiting for each: keys that are looked up one after the other. */
export async function createTextDigester(): Promise<(text: string) => Digest> {
  const hash = await createSHA256();
  return (text) => {
    hash.init();
    hash.update(text);
    return `sha256:${hash.digest("hex")}` as Digest;
  };
}

import { EngineError } from "../base/errors.ts";
import { type Digest, isDigest } from "../oci/digest.ts";
import { formatFamiliar, parseReference, withDefaultTag } from "../oci/reference.ts";
import { nameOf } from "./image-records.ts";
import type { ImageStore } from "./image-store.ts";

const ID = /^[a-f0-9]{64}$/;
const ID_PREFIX = /^(sha256:)?[a-f0-9]+$/;

/**
 * Finds an image as dockerd does (moby `daemon/images/image.go` `GetImage`): whole ids first, then names, then unique prefixes of ids.
 * A prefix of several images finds none.
 * @throws EngineError not-found `No such image: x:latest`, invalid-argument for what is no name
 */
export async function findImageId(store: ImageStore, nameOrId: string): Promise<Digest> {
  const wholeId = ID.test(nameOrId) ? `sha256:${nameOrId}` : nameOrId;
  if (isDigest(wholeId)) {
    if ((await store.records.all()).has(wholeId)) return wholeId;
    throw noSuchImage(wholeId);
  }
  const name = withDefaultTag(parseReference(nameOrId));
  const named = await store.records.named(nameOf(name));
  if (named) return named.id;
  if (ID_PREFIX.test(nameOrId)) {
    const prefix = nameOrId.startsWith("sha256:") ? nameOrId : `sha256:${nameOrId}`;
    const [found, ...others] = [...(await store.records.all()).keys()].filter((id) => id.startsWith(prefix));
    if (found && others.length === 0) return found;
  }
  throw noSuchImage(formatFamiliar(name));
}

/** True when `nameOrId` means the image by its id, not by a name. */
export function isIdOf(nameOrId: string, id: Digest): boolean {
  return id.startsWith(nameOrId) || id.slice("sha256:".length).startsWith(nameOrId);
}

function noSuchImage(what: string): EngineError {
  return new EngineError("not-found", `No such image: ${what}`);
}

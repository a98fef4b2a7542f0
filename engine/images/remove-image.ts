/**
 * `docker rmi`, after moby `daemon/images/image_delete.go`: a name takes away that name, and the image with its last one; an id takes
 * away the image when its names are all of one repository. Running containers are a hard conflict, stopped ones and further names a
 * soft one that `force` overrules.
 */
import { EngineError } from "../base/errors.ts";
import { chainIds } from "../oci/chain-id.ts";
import { type Digest, hexOf } from "../oci/digest.ts";
import { canonicalName, formatFamiliar, parseReference, type Reference, withDefaultTag } from "../oci/reference.ts";
import { absent, contentOf } from "./image-content.ts";
import { findImageId, isIdOf } from "./image-lookup.ts";
import { type ImageRecord, nameOf } from "./image-records.ts";
import type { ImageService, RemovedImage } from "./image-service.ts";
import type { ImageStore } from "./image-store.ts";

type RemoveOptions = Parameters<ImageService["remove"]>[1];

interface Removal {
  readonly store: ImageStore;
  readonly record: ImageRecord;
  readonly options: RemoveOptions;
  readonly result: RemovedImage[];
  readonly hasChildren: boolean;
  names: readonly Reference[];
}

/** @throws EngineError conflict, not-found, invalid-argument */
export async function removeImage(
  store: ImageStore,
  nameOrId: string,
  options: RemoveOptions,
): Promise<readonly RemovedImage[]> {
  return await store.exclusive(async () => {
    const id = await findImageId(store, nameOrId);
    const all = await store.records.all();
    const found = all.get(id);
    if (!found) throw new EngineError("not-found", `No such image: ${nameOrId}`);
    const hasChildren = (await store.records.parentsOf(all)).has(id);
    const removal: Removal = { store, options, record: found.record, result: [], names: found.names, hasChildren };
    if (isIdOf(nameOrId, id)) await removeById(removal);
    else await removeByName(removal, nameOrId);
    return removal.result;
  });
}

async function removeByName(removal: Removal, text: string): Promise<void> {
  const { record, options } = removal;
  const [user] = options.inUseBy(record.id);
  if (!options.force && isOneRepository(removal.names) && user) {
    const reason = `container ${short(user.id)} is using its referenced image ${short(hexOf(record.id))}`;
    throw conflict(`conflict: unable to remove repository reference "${text}" (must force) - ${reason}`);
  }
  const name = nameOf(withDefaultTag(parseReference(text)));
  const doomed = [name];
  // With its last tag a repository loses its digests too.
  const others = removal.names.filter((other) => canonicalName(other) === canonicalName(name) && !isSame(other, name));
  if (name.digest === undefined && others.every(({ tag }) => tag === undefined)) doomed.push(...others);
  const staysNamed = removal.names.length > doomed.length;
  // Checked before the names go: afterwards the image could not be reported as kept.
  const kept = staysNamed || conflictOf(removal, { ignoreNames: true });
  if (kept === true) return await untag(removal, doomed);
  if (kept !== undefined) {
    await removal.store.records.keep(record);
    return await untag(removal, doomed);
  }
  await deleteImage(removal, doomed);
}

async function removeById(removal: Removal): Promise<void> {
  const isOne = isOneRepository(removal.names);
  const found = conflictOf(removal, { ignoreNames: isOne || removal.names.length === 0 });
  if (found) throw found;
  await deleteImage(removal, removal.names);
}

/** What forbids removing the image, or undefined. */
function conflictOf(
  { record, options, names, hasChildren }: Removal,
  { ignoreNames }: { ignoreNames: boolean },
): EngineError | undefined {
  const users = options.inUseBy(record.id);
  const text = (how: string, why: string): EngineError =>
    conflict(`conflict: unable to delete ${short(hexOf(record.id))} (${how}) - ${why}`);
  if (hasChildren) return text("cannot be forced", "image has dependent child images");
  const running = users.find((user) => user.running);
  if (running) return text("cannot be forced", `image is being used by running container ${short(running.id)}`);
  if (options.force) return undefined;
  if (!ignoreNames && names.length > 0) return text("must be forced", "image is referenced in multiple repositories");
  const stopped = users[0];
  return stopped && text("must be forced", `image is being used by stopped container ${short(stopped.id)}`);
}

async function untag(removal: Removal, names: readonly Reference[]): Promise<void> {
  for (const name of names) {
    await removal.store.records.deleteName(name);
    removal.result.push({ untagged: formatFamiliar(name) });
  }
  removal.names = removal.names.filter((name) => !names.some((gone) => isSame(gone, name)));
}

/** The content is marked before the last name goes: a crash in between leaves work for the collector, not garbage for ever. */
async function deleteImage(removal: Removal, first: readonly Reference[]): Promise<void> {
  const { store, record } = removal;
  const documents = await store.content.documents(record).catch(absent);
  const diffIds = documents?.config.rootfs.diff_ids ?? [];
  const gone = await removedChains(removal, diffIds);
  const layerBlobs = documents ? contentOf(documents).blobs : [];
  await store.doom({ blobs: [record.manifest.digest, record.id, ...layerBlobs], layers: diffIds });
  await untag(removal, first);
  await untag(removal, removal.names);
  const parent = await store.records.parent(record.id);
  await store.records.forget(record.id);
  store.content.forget(record.manifest.digest);
  removal.result.push({ deleted: record.id }, ...gone.map((deleted) => ({ deleted, isLayer: true as const })));
  await store.collectNow();
  if (parent !== undefined && removal.options.keepParents !== true) await deleteUnneeded(removal, parent);
}

/** The image another one was made of, when it has no name, no other children and no container. */
async function deleteUnneeded({ store, options, result }: Removal, id: Digest): Promise<void> {
  const all = await store.records.all();
  const found = all.get(id);
  if (!found || found.names.length > 0 || (await store.records.parentsOf(all)).has(id)) return;
  if (options.inUseBy(id).length > 0) return;
  await deleteImage({ store, options, result, record: found.record, names: [], hasChildren: false }, []);
}

/** Chain ids of the states that only this image has, top first. */
async function removedChains({ store, record }: Removal, diffIds: readonly Digest[]): Promise<readonly Digest[]> {
  const used = new Set<Digest>();
  for (const [id, { record: other }] of await store.records.all()) {
    if (id === record.id) continue;
    const documents = await store.content.documents(other).catch(absent);
    for (const chain of await chainIds(documents?.config.rootfs.diff_ids ?? [])) used.add(chain);
  }
  const outside = await store.usedLayers();
  const chains = await chainIds(diffIds);
  return chains.filter((chain, index) => !used.has(chain) && !outside.has(diffIds[index] as Digest)).toReversed();
}

/** moby `isSingleReference`: at most one tag, and no digest of another repository. */
function isOneRepository(names: readonly Reference[]): boolean {
  if (names.length === 0) return false;
  const tags = names.filter(({ tag }) => tag !== undefined);
  return tags.length <= 1 && new Set(names.map(canonicalName)).size === 1;
}

const isSame = (a: Reference, b: Reference): boolean =>
  canonicalName(a) === canonicalName(b) && a.tag === b.tag && a.digest === b.digest;
const short = (id: string): string => id.slice(0, 12);
const conflict = (message: string): EngineError => new EngineError("conflict", message);

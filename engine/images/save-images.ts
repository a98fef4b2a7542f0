/**
 * `docker save`: an OCI image layout with docker's own `manifest.json` and `repositories` beside it, layers as plain tars, names sorted
 * (moby's `daemon/internal/image/tarexport/save.go`). Equal images give equal bytes.
 */
import { compareStrings } from "../archive/compare.ts";
import { EngineError, isKind } from "../base/errors.ts";
import { type ByteStream, encodeUtf8, streamOf } from "../base/streams.ts";
import { type Digest, digestOf, hexOf } from "../oci/digest.ts";
import type { Descriptor } from "../oci/manifest.ts";
import { OCI_CONFIG, OCI_INDEX, OCI_LAYER, OCI_MANIFEST } from "../oci/media-types.ts";
import { formatPlatform, isFor, type Platform } from "../oci/platform.ts";
import { familiarName, formatFamiliar, formatReference, parseReference, type Reference } from "../oci/reference.ts";
import { type TarEntryFields, writeTar } from "../oci/tar-writer.ts";
import type { Image } from "./image-service.ts";
import type { IncomingPorts } from "./incoming.ts";

type SavePorts = Pick<IncomingPorts, "images" | "layers">;

/** An image with the names it is saved under. */
export interface ImageToSave {
  readonly image: Image;
  readonly names: readonly Reference[];
}

interface ArchiveFile {
  readonly entry: TarEntryFields;
  readonly open: () => Promise<ByteStream>;
}

/**
 * The images that these names mean: a repository means all its tags, an id no name at all.
 * @throws EngineError not-found
 */
export async function imagesToSave(
  names: readonly string[],
  { images }: SavePorts,
  platform?: Platform,
): Promise<readonly ImageToSave[]> {
  const found = new Map<Digest, { image: Image; names: Reference[] }>();
  const add = (image: Image, name?: Reference): void => {
    const known = found.get(image.id) ?? { image, names: [] };
    found.set(image.id, known);
    if (name !== undefined && !known.names.some((other) => formatReference(other) === formatReference(name)))
      known.names.push(name);
  };
  for (const name of names) {
    const tags = await tagsOf(name, images);
    for (const [image, tag] of tags) add(image, tag);
    if (tags.length > 0) continue;
    const image = await images.resolve(name).catch((error: unknown) => Promise.reject(missing(name, error)));
    const reference = /^(sha256:)?[0-9a-f]+$/.test(name) ? undefined : parseReference(name);
    add(image, reference?.tag === undefined ? undefined : reference);
  }
  for (const { image } of found.values())
    if (platform !== undefined && !isFor(image.config, platform))
      throw new EngineError("not-found", `no suitable export target found for platform ${formatPlatform(platform)}`);
  return [...found.values()];
}

/** Docker's words depend on how the image was named. */
function missing(name: string, error: unknown): unknown {
  if (!isKind(error, "not-found")) return error;
  const hasTag = name.lastIndexOf(":") > name.lastIndexOf("/") && !name.startsWith("sha256:");
  return new EngineError("not-found", hasTag ? "reference does not exist" : `No such image: ${name}`);
}

/** Every tag of a repository that is named without one. */
async function tagsOf(name: string, images: SavePorts["images"]): Promise<readonly (readonly [Image, Reference])[]> {
  if (/^(sha256:)?[0-9a-f]{64}$/.test(name)) return [];
  const { tag, digest, ...wanted } = parseReference(name);
  if (tag !== undefined || digest !== undefined) return [];
  const all = (await images.list()).flatMap((image) =>
    image.repoTags.map((text) => [image, parseReference(text)] as const),
  );
  return all.filter(([, { domain, path }]) => domain === wanted.domain && path === wanted.path);
}

/** The archive. */
export async function saveImages(saved: readonly ImageToSave[], ports: SavePorts): Promise<ByteStream> {
  const files = new Map<string, ArchiveFile>();
  const blob = (digest: Digest, file: Omit<ArchiveFile, "entry"> & { size: number; mtimeSeconds: number }): void =>
    void files.set(`blobs/sha256/${hexOf(digest)}`, {
      open: file.open,
      entry: { path: `blobs/sha256/${hexOf(digest)}`, size: file.size, mtimeSeconds: file.mtimeSeconds },
    });
  const summaries: SavedImage[] = [];
  for (const { image, names } of saved) {
    if (image.layers.length === 0) throw new EngineError("internal", "empty export - not implemented");
    const mtimeSeconds = Math.max(0, Math.floor(Date.parse(image.config.created ?? "") / 1000) || 0);
    const config = await ports.images.document(image.id);
    const layers = await Promise.all(image.layers.map((diffId) => layerOf(diffId, ports)));
    for (const { digest, size } of layers)
      blob(digest, { size, mtimeSeconds, open: () => ports.layers.openTar(digest) });
    blob(image.id, { size: config.length, mtimeSeconds, open: async () => streamOf(config) });
    const manifest = encodeUtf8(
      JSON.stringify({
        schemaVersion: 2,
        mediaType: OCI_MANIFEST,
        config: { mediaType: OCI_CONFIG, digest: image.id, size: config.length },
        layers,
      }),
    );
    const digest = await digestOf(manifest);
    blob(digest, { size: manifest.length, mtimeSeconds: 0, open: async () => streamOf(manifest) });
    const descriptor = { mediaType: OCI_MANIFEST, digest, size: manifest.length };
    summaries.push({ id: image.id, names, layers, manifest: descriptor, mtimeSeconds });
  }
  for (const [path, text] of documents(summaries)) {
    const bytes = encodeUtf8(text);
    files.set(path, { entry: { path, size: bytes.length }, open: async () => streamOf(bytes) });
  }
  const directoryTime = summaries.at(-1)?.mtimeSeconds ?? 0;
  return writeTar(inOrder(files, directoryTime));
}

interface SavedImage {
  readonly id: Digest;
  readonly names: readonly Reference[];
  readonly layers: readonly Descriptor[];
  readonly manifest: Descriptor;
  readonly mtimeSeconds: number;
}

async function layerOf(diffId: Digest, { layers }: SavePorts): Promise<Descriptor> {
  return { mediaType: OCI_LAYER, digest: diffId, size: await layers.tarBytes(diffId) };
}

function documents(images: readonly SavedImage[]): readonly (readonly [path: string, text: string])[] {
  const blobPath = (digest: Digest): string => `blobs/sha256/${hexOf(digest)}`;
  const manifest = images.map(({ id, names, layers }) => ({
    Config: blobPath(id),
    RepoTags: names.length > 0 ? names.map(formatFamiliar) : null,
    Layers: layers.map(({ digest }) => blobPath(digest)),
    // The order of fields is Docker's.
    LayerSources: Object.fromEntries(
      layers.map(({ mediaType, size, digest }) => [digest, { mediaType, size, digest }]),
    ),
  }));
  const manifests = images.flatMap(({ names, manifest: descriptor }): readonly object[] =>
    names.length === 0
      ? [descriptor]
      : names.map((name) => ({
          ...descriptor,
          annotations: {
            "io.containerd.image.name": formatReference(name),
            "org.opencontainers.image.ref.name": name.tag,
          },
        })),
  );
  const repositories: Record<string, Record<string, string>> = {};
  for (const { names, layers } of images)
    for (const name of names) {
      const tags = (repositories[familiarName(name)] ??= {});
      tags[name.tag ?? ""] = hexOf(layers.at(-1)?.digest as Digest);
    }
  return [
    ["index.json", JSON.stringify({ schemaVersion: 2, mediaType: OCI_INDEX, manifests })],
    ["manifest.json", `${JSON.stringify(manifest)}\n`],
    ["oci-layout", '{"imageLayoutVersion": "1.0.0"}'],
    ...(Object.keys(repositories).length > 0 ? [["repositories", `${JSON.stringify(repositories)}\n`] as const] : []),
  ];
}

async function* inOrder(
  files: ReadonlyMap<string, ArchiveFile>,
  directoryTime: number,
): AsyncGenerator<{ entry: TarEntryFields; content?: ByteStream }, void, undefined> {
  for (const path of ["blobs", "blobs/sha256"])
    yield { entry: { path, type: "directory", mtimeSeconds: directoryTime } };
  for (const [, { entry, open }] of [...files].toSorted(([a], [b]) => compareStrings(a, b)))
    yield { entry, content: await open() };
}

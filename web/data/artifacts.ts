/** One published file as it was when the page was built. */
export interface Artifact {
  readonly sizeBytes: number;
  /** First 12 hex digits of its SHA-256: part of the URL, so that a cache never mixes two versions. */
  readonly version: string;
}

/** Artifacts by path relative to the page: `guest/bzImage`. */
export type ArtifactTable = Readonly<Record<string, Artifact>>;

const MANIFEST = "guest/manifest.json";
const SNAPSHOT = "guest/snapshot/";
/** Read only when the kernel is booted; a snapshot replaces them. */
const COLD_BOOT_ONLY = ["guest/bzImage", "guest/bios.bin", "guest/vgabios.bin", "guest/initramfs.cpio.gz"];

/** Where an artifact is fetched from. Files the build did not know are fetched without a version. */
export function artifactUrl(baseUrl: string, path: string, artifacts: ArtifactTable): string {
  const url = new URL(path, baseUrl);
  const version = artifacts[path]?.version;
  if (version !== undefined) url.searchParams.set("v", version);
  return url.href;
}

/**
 * What a boot reads before there is a shell: worth fetching before anyone asks. The guest's root is read as files are touched, and
 * must not compete with a snapshot for the line.
 */
export function bootArtifacts(artifacts: ArtifactTable, options: { coldBoot: boolean }): readonly string[] {
  const paths = Object.keys(artifacts);
  if (options.coldBoot || !hasSnapshot(paths)) return paths.filter((path) => !path.startsWith(SNAPSHOT));
  return paths.filter((path) => path.startsWith(SNAPSHOT) || path === MANIFEST);
}

/** What must be kept to start without a network. */
export function offlineArtifacts(artifacts: ArtifactTable): readonly string[] {
  const paths = Object.keys(artifacts);
  return hasSnapshot(paths) ? paths.filter((path) => !COLD_BOOT_ONLY.includes(path)) : paths;
}

const hasSnapshot = (paths: readonly string[]): boolean => paths.some((path) => path.startsWith(SNAPSHOT));

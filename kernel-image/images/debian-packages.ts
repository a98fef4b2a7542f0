/** Debian packages through the private apt state of `kernel-image/build/lib.sh`. */
import { execFile } from "node:child_process";
import { mkdir, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { IMAGES_DIRECTORY } from "./recipe.ts";
import { sha256 } from "./tree.ts";

const LIBRARY = join(IMAGES_DIRECTORY, "../build/lib.sh");
export const CACHE_DIRECTORY = join(IMAGES_DIRECTORY, "../../.cache/images");

/** Runs a bash script with lib.sh's functions; its arguments are `$1`… @returns standard output. @throws with standard error */
async function bash(script: string, ...parameters: readonly string[]): Promise<string> {
  const program = `set -euo pipefail; . "$0"; ${script}`;
  try {
    const { stdout } = await promisify(execFile)("bash", ["-c", program, LIBRARY, ...parameters], {
      maxBuffer: 64 << 20,
    });
    return stdout;
  } catch (error) {
    const { stderr } = error as { stderr?: string };
    throw new Error(`${script.trim().split("\n")[0]}…: ${stderr?.trim() ?? String(error)}`, { cause: error });
  }
}

/** Downloads an i386 package (or takes it from the cache) and unpacks it. @returns the directory */
export async function unpackedPackage(name: string): Promise<string> {
  const directory = join(CACHE_DIRECTORY, "packages", name);
  await mkdir(directory, { recursive: true });
  await bash(
    `apt_update
     deb=$2_$(deb_version "$2" | sed 's/:/%3a/')_i386.deb
     [ -e "$1/$deb" ] || { rm -rf "$1"/*; deb_download "$1" "$2"; }
     [ -d "$1/root" ] || dpkg-deb -x "$1/$deb" "$1/root"`,
    directory,
    name,
  );
  if (!(await readdir(directory)).includes("root")) throw new Error(`${name}: nothing was unpacked`);
  return join(directory, "root");
}

/** What mmdebstrap makes: a whole i386 Debian as a tar. Cached for as long as the arguments and the archive stay the same. */
export async function debianRoot(packages: readonly string[], excludes: readonly string[]): Promise<Uint8Array> {
  const options = [
    `--include=${["usr-is-merged", ...packages].join(",")}`,
    ...excludes.map((line) => `--dpkgopt=${line}`),
  ];
  const state = await bash("apt_update; cat $CACHE/apt-i386/sources.list $CACHE/apt-i386/state/lists/*Release");
  const file = join(CACHE_DIRECTORY, "roots", `${sha256(JSON.stringify([options, state])).slice(0, 16)}.tar`);
  await bash(
    `[ ! -e "$1" ] || exit 0
     need mmdebstrap mmdebstrap
     need arch-test arch-test
     mkdir -p "$(dirname "$1")"
     file=$1; shift
     mmdebstrap --quiet --architectures=i386 --variant=minbase --format=tar --hook-dir=/usr/share/mmdebstrap/hooks/merged-usr \
       "$@" "$SUITE" "$file.new" "$CACHE/apt-i386/sources.list"
     mv "$file.new" "$file"`,
    file,
    ...options,
  );
  return await readFile(file);
}

/** Where apt finds packages, as lines of `URI SUITE`: the machine's own sources, or DRYDOCK_MIRROR. */
export async function debianSources(): Promise<readonly string[]> {
  const lines = (await bash('apt_update; cat "$CACHE/apt-i386/sources.list"')).split("\n");
  return lines.flatMap((line) => {
    const [, uri, suite] = /^deb (?:\[[^\]]*\] )?(\S+) (\S+) main$/.exec(line) ?? [];
    return uri === undefined ? [] : [`${uri} ${suite}`];
  });
}

/** `binary NAME VERSION` and `source NAME VERSION` lines for the artifact list. */
export async function packageLines(...names: readonly string[]): Promise<readonly string[]> {
  const output = await bash(
    `apt_update; for p; do echo "binary $p $(deb_version "$p")"; echo "source $(source_name "$p") $(source_version "$p")"; done`,
    ...names,
  );
  return [...new Set(output.trim().split("\n"))].toSorted();
}

/** The same, of everything dpkg knows to be installed. */
export function installedPackages(status: string): readonly string[] {
  const lines = status.split("\n\n").flatMap((paragraph) => {
    const field = (name: string): string | undefined => new RegExp(`^${name}: (.+)$`, "m").exec(paragraph)?.[1];
    const [name, version] = [field("Package"), field("Version")];
    if (name === undefined || version === undefined) return [];
    const [, source = name, sourceVersion = version] = /^(\S+)(?: \((.+)\))?$/.exec(field("Source") ?? name) ?? [];
    return [`binary ${name} ${version}`, `source ${source} ${sourceVersion}`];
  });
  return [...new Set(lines)].toSorted();
}

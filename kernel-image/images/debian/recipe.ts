/**
 * Debian bookworm for i386, made and trimmed as the official `-slim` images are (github.com/debuerreotype/debuerreotype, `minbase`):
 * no manual pages, no translations, of the documentation only the copyrights.
 */
import { debianRoot, debianSources, installedPackages } from "../debian-packages.ts";
import { type BuiltImage, DEFAULT_PATH, instruction, type Recipe } from "../recipe.ts";
import { Tree } from "../tree.ts";

/** Lines for dpkg.cfg: they hold while the image is made, and for what is installed in it later. */
const EXCLUDES = [
  "path-exclude=/usr/share/doc/*",
  "path-include=/usr/share/doc/*/copyright",
  "path-exclude=/usr/share/info/*",
  "path-exclude=/usr/share/lintian/*",
  "path-exclude=/usr/share/locale/*",
  "path-exclude=/usr/share/man/*",
];

const MAN_SECTIONS = [1, 2, 3, 4, 5, 6, 7, 8, 9];

export const debian: Recipe = {
  repository: "library/debian",
  tags: ["latest", "bookworm", "bookworm-slim", "12", "12-slim", "stable-slim"],
  committed: false,
  sources: ["debian"],
  annotations: {
    "org.opencontainers.image.title": "debian",
    "org.opencontainers.image.description":
      "Debian is a Linux distribution that's composed entirely of free and open-source software",
    "org.opencontainers.image.version": "bookworm",
  },
  async build(): Promise<BuiltImage> {
    const root = await debianTree();
    return {
      config: { Env: [DEFAULT_PATH], Cmd: ["bash"], WorkingDir: "/" },
      steps: debianSteps(root),
      packages: installedPackages(root.read("var/lib/dpkg/status")),
      licence: "various; see /usr/share/doc/*/copyright in the image",
    };
  },
};

export function debianSteps(root: Tree) {
  return [
    { createdBy: "# mmdebstrap --variant=minbase --architectures=i386 bookworm", tar: root.toTar() },
    instruction('CMD ["bash"]'),
  ];
}

/** The image's file system, with more packages when asked for. */
export async function debianTree(packages: readonly string[] = []): Promise<Tree> {
  const root = Tree.fromTar(await debianRoot(packages, EXCLUDES)).without(isLeftover);
  root
    .file("etc/apt/sources.list.d/debian.sources", sourcesOf(await debianSources()))
    .file(
      "etc/dpkg/dpkg.cfg.d/docker",
      `# As in the making of this image.\n${EXCLUDES.join("\n")}\n# A container that crashes is made anew: no fsync per package.\nforce-unsafe-io\n`,
    )
    .file("etc/apt/apt.conf.d/docker-clean", APT_CLEAN)
    .file("etc/apt/apt.conf.d/docker-no-languages", 'Acquire::Languages "none";\n')
    .file(
      "etc/apt/apt.conf.d/docker-gzip-indexes",
      'Acquire::GzipIndexes "true";\nAcquire::CompressionTypes::Order:: "gz";\n',
    )
    .file("etc/apt/apt.conf.d/docker-autoremove-suggests", 'Apt::AutoRemove::SuggestsImportant "false";\n');
  // Packages with alternatives (update-alternatives --slave) fail without these.
  root.directory("usr/share/man");
  for (const section of MAN_SECTIONS) root.directory(`usr/share/man/man${section}`);
  return root;
}

/** What is of the machine that made the image, or is made again when needed. */
function isLeftover(path: string): boolean {
  return (
    path.startsWith("dev/") ||
    /^var\/(cache\/(debconf\/.*-old|apt\/archives\/lock|ldconfig\/.*)|lib\/apt\/lists\/lock|log\/.*\.log|log\/apt\/.*)$/.test(
      path,
    ) ||
    [
      "etc/hostname",
      "etc/resolv.conf",
      "etc/apt/sources.list",
      "etc/apt/sources.list.d/0000sources.list",
      "etc/dpkg/dpkg.cfg.d/99mmdebstrap",
    ].includes(path)
  );
}

/** deb822 paragraphs, one for each archive: `man sources.list`. */
function sourcesOf(lines: readonly string[]): string {
  const suites = new Map<string, string[]>();
  for (const line of lines) {
    const [uri = "", suite = ""] = line.split(" ");
    suites.set(uri, [...(suites.get(uri) ?? []), suite]);
  }
  const keyring = "/usr/share/keyrings/debian-archive-keyring.gpg";
  return [...suites]
    .map(
      ([uri, names]) =>
        `Types: deb\nURIs: ${uri}\nSuites: ${names.join(" ")}\nComponents: main\nSigned-By: ${keyring}\n`,
    )
    .join("\n");
}

/** Downloads are not kept: they would end up in a layer. */
const APT_CLEAN = `DPkg::Post-Invoke { "rm -f /var/cache/apt/archives/*.deb /var/cache/apt/archives/partial/*.deb /var/cache/apt/*.bin || true"; };
APT::Update::Post-Invoke { "rm -f /var/cache/apt/archives/*.deb /var/cache/apt/archives/partial/*.deb /var/cache/apt/*.bin || true"; };
Dir::Cache::pkgcache "";
Dir::Cache::srcpkgcache "";
`;

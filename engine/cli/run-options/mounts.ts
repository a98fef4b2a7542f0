/** `--volume` and `--tmpfs`. */
export interface Volumes {
  /** `source:destination[:options]` */
  readonly binds: readonly string[];
  /** Destinations without a source: anonymous volumes. */
  readonly anonymous: readonly string[];
}

/** A relative source that begins with a dot is taken from `cwd`. @throws Error in Docker's words */
export function parseVolumes(volumes: readonly string[], cwd: string): Volumes {
  const binds = volumes.filter((volume) => volume.includes(":"));
  for (const bind of binds) {
    if (bind.split(":").some((section) => section === ""))
      throw new Error(`invalid spec: ${bind}: empty section between colons`);
  }
  const anonymous = volumes.filter((volume) => !volume.includes(":"));
  return { binds: binds.map((bind) => (bind.startsWith(".") ? absoluteSource(bind, cwd) : bind)), anonymous };
}

function absoluteSource(bind: string, cwd: string): string {
  const colon = bind.indexOf(":");
  return absolutePath(bind.slice(0, colon), cwd) + bind.slice(colon);
}

/** A relative path as seen from `cwd`, cleaned. */
export function absolutePath(path: string, cwd: string): string {
  const parts: string[] = [];
  for (const part of `${cwd}/${path}`.split("/")) {
    if (part === "..") parts.pop();
    else if (part !== "" && part !== ".") parts.push(part);
  }
  return `/${parts.join("/")}`;
}

/** `/path[:options]` */
export function parseTmpfs(values: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    values.map((value) => {
      const colon = value.indexOf(":");
      return colon < 0 ? [value, ""] : [value.slice(0, colon), value.slice(colon + 1)];
    }),
  );
}

/** One line of CSV: a field in quotes may hold commas. */
export function splitCsv(text: string): readonly string[] {
  return [...text.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)].map(
    ([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain ?? "",
  );
}

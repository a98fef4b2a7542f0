import { EMPTY_FILES } from "../../archive/empty-files.ts";
import type { ReadableLowerFiles } from "../../archive/lower-files.ts";
import { S_IFDIR, S_IFREG } from "../../base/file-types.ts";
import { decodeUtf8, encodeUtf8, streamOf } from "../../base/streams.ts";
import type { BuildRequest } from "../build-request.ts";
import type { BuildResult, BuildRun } from "../build-service.ts";
import type { BuildStatus, BuildVertex, VertexLog } from "../build-status.ts";

/** Files of a context, by path; their directories are implied. Root's, 0644, of one time. */
export function contextOf(files: Readonly<Record<string, string>>): ReadableLowerFiles {
  const content = new Map(Object.entries(files).map(([path, text]) => [path, encodeUtf8(text)]));
  const names = new Map<string, Set<string>>([["", new Set()]]);
  for (const path of content.keys()) {
    const parts = path.split("/");
    for (const [depth, name] of parts.entries()) {
      const directory = parts.slice(0, depth).join("/");
      names.set(directory, (names.get(directory) ?? new Set()).add(name));
    }
  }
  const attributes = {
    uid: 0,
    gid: 0,
    major: 0,
    minor: 0,
    mtimeSeconds: 1_700_000_000,
    mtimeNanoseconds: 0,
    xattrs: [],
  };
  return {
    ...EMPTY_FILES,
    find: (path) => {
      const bytes = content.get(path);
      if (bytes !== undefined) return { ...attributes, mode: S_IFREG | 0o644, size: bytes.length };
      return names.has(path) ? { ...attributes, mode: S_IFDIR | 0o755, size: 0 } : undefined;
    },
    names: (path) => names.get(path) ?? [],
    read: (path) => streamOf(content.get(path) ?? new Uint8Array()),
  };
}

/** A build of a Dockerfile's text. */
export function buildRequest(text: string, options: Partial<BuildRequest> = {}): BuildRequest {
  return {
    dockerfile: { name: "Dockerfile", text },
    context: EMPTY_FILES,
    namedContexts: new Map(),
    target: "",
    buildArgs: new Map(),
    labels: new Map(),
    tags: [],
    noCache: false,
    cacheFrom: [],
    pull: false,
    platform: "",
    network: "",
    extraHosts: [],
    shmSizeBytes: 64 << 20,
    ulimits: [],
    memoryBytes: 0,
    session: { secret: async () => undefined, sshAgent: async () => undefined, registryAuth: async () => undefined },
    checkOnly: false,
    ...options,
  };
}

/** What a build said, when it is over. */
export interface Told {
  readonly result: BuildResult | undefined;
  readonly error: Error | undefined;
  /** The last state of each step, in the order they were announced. */
  readonly vertexes: readonly BuildVertex[];
  readonly logs: readonly VertexLog[];
  readonly statuses: readonly BuildStatus[];
  /** All output. */
  readonly output: string;
}

/** Follows a build to its end. */
export async function follow(run: BuildRun): Promise<Told> {
  const statuses: BuildStatus[] = [];
  for await (const status of run.status) statuses.push(status);
  const vertexes = new Map(
    statuses.flatMap((status) => status.vertexes ?? []).map((vertex) => [vertex.digest, vertex]),
  );
  const logs = statuses.flatMap((status) => status.logs ?? []);
  const settled = await run.result.then(
    (result) => ({ result, error: undefined }),
    (error: unknown) => ({ result: undefined, error: error as Error }),
  );
  return {
    ...settled,
    vertexes: [...vertexes.values()],
    logs,
    statuses,
    output: logs.map(({ bytes }) => decodeUtf8(bytes)).join(""),
  };
}

/** Steps as `docker build` shows them: `CACHED [2/3] RUN true`. */
export function linesOf({ vertexes }: Told): readonly string[] {
  return vertexes.map(
    ({ name, cached, error }) => `${error === undefined ? (cached === true ? "CACHED " : "") : "ERROR "}${name}`,
  );
}

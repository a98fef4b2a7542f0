/** What a client asks of the Dockerfile frontend (BuildKit's `frontend/dockerui/config.go` and `attr.go`), as the engine's builder wants it. */
import type { BuildRequest } from "../build/build-request.ts";
import { GRPC_CODE, GrpcError } from "../http2/grpc.ts";

export type FrontendAttributes = ReadonlyMap<string, string>;

type Asked = Pick<
  BuildRequest,
  | "target"
  | "buildArgs"
  | "labels"
  | "noCache"
  | "cacheFrom"
  | "pull"
  | "platform"
  | "network"
  | "extraHosts"
  | "shmSizeBytes"
  | "ulimits"
  | "checkOnly"
>;

/** @throws GrpcError invalid-argument */
export function readFrontendAttributes(attributes: FrontendAttributes): Asked {
  const text = (name: string): string => attributes.get(name) ?? "";
  const prefixed = (prefix: string): ReadonlyMap<string, string> =>
    new Map(
      [...attributes]
        .filter(([key]) => key.startsWith(prefix))
        .map(([key, value]) => [key.slice(prefix.length), value]),
    );
  return {
    target: text("target"),
    buildArgs: prefixed("build-arg:"),
    labels: prefixed("label:"),
    noCache: noCacheOf(attributes.get("no-cache")),
    cacheFrom: cacheSources(text("cache-imports")),
    pull: text("image-resolve-mode") === "pull",
    platform: text("platform"),
    network: text("force-network-mode"),
    extraHosts: text("add-hosts") === "" ? [] : text("add-hosts").split(",").map(hostOf),
    shmSizeBytes: Number(text("shm-size")) || 0,
    ulimits: text("ulimit") === "" ? [] : text("ulimit").split(",").map(ulimitOf),
    checkOnly: text("requestid") === "frontend.lint",
  };
}

/** Empty: all stages. */
function noCacheOf(value: string | undefined): BuildRequest["noCache"] {
  if (value === undefined) return false;
  return value === "" ? true : new Set(value.split(","));
}

function cacheSources(json: string): readonly string[] {
  if (json === "") return [];
  try {
    const entries = JSON.parse(json) as readonly { readonly Type?: string; readonly Attrs?: Record<string, string> }[];
    return entries.flatMap(({ Type, Attrs }) =>
      Type === "registry" && Attrs?.["ref"] !== undefined ? [Attrs["ref"]] : [],
    );
  } catch (error) {
    throw invalid(`failed to unmarshal cache-imports (${json})`, error);
  }
}

/** `name=address` to Docker's `name:address`. */
function hostOf(pair: string): string {
  const at = pair.indexOf("=");
  if (at < 1) throw invalid(`invalid key-value pair: ${pair}`);
  return `${pair.slice(0, at)}:${pair.slice(at + 1)}`;
}

/** `nofile=1024:2048` */
function ulimitOf(pair: string): BuildRequest["ulimits"][number] {
  const [, name, soft, hard] = /^(\w+)=(-?\d+)(?::(-?\d+))?$/.exec(pair) ?? [];
  if (name === undefined || soft === undefined) throw invalid(`invalid ulimit argument: ${pair}`);
  return { name, soft: Number(soft), hard: Number(hard ?? soft) };
}

function invalid(message: string, cause?: unknown): GrpcError {
  return Object.assign(new GrpcError(GRPC_CODE.invalidArgument, message), { cause });
}

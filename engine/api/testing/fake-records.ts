import type { Container, ContainerConfig, HostConfig, MountRecord } from "../../containers/container.ts";
import type { CreateContainer } from "../../containers/container-service.ts";
import type { Image } from "../../images/image-service.ts";
import { DEFAULT_CONFIG, DEFAULT_HOST } from "./fake-defaults.ts";

const NEVER = "0001-01-01T00:00:00Z";

/** 64 hex digits that differ in the first twelve. */
export function fakeId(count: number): string {
  return `c0ffee${count.toString(16).padStart(6, "0")}`.padEnd(64, "0");
}

/** The record of a container that was just created, the image's defaults merged in. */
export function fakeRecord(
  request: CreateContainer,
  image: Image,
  made: { count: number; createdAt: string },
): Container {
  const { name, config, host } = request;
  const id = fakeId(made.count);
  const defaults = image.config.config ?? {};
  const merged: ContainerConfig = {
    ...DEFAULT_CONFIG,
    hostname: id.slice(0, 12),
    ...config,
    cmd: config.cmd ?? (config.entrypoint ? [] : (defaults.Cmd ?? [])),
    entrypoint: config.entrypoint ?? defaults.Entrypoint ?? [],
    env: [...(config.env ?? []), ...(defaults.Env ?? [])],
  };
  return {
    id,
    name: name ?? `fake_name${made.count}`,
    createdAt: made.createdAt,
    image: { id: image.id, reference: request.image },
    config: merged,
    host: { ...DEFAULT_HOST, ...(host as HostConfig) },
    state: { status: "created", pid: 0, exitCode: 0, oomKilled: false, error: "", startedAt: NEVER, finishedAt: NEVER },
    endpoints: {},
    restartCount: 0,
    mounts: (host.binds ?? []).map(fakeMount),
  };
}

function fakeMount(bind: string): MountRecord {
  const [source = "", destination = "", mode = ""] = bind.split(":");
  const common = { destination, readWrite: mode !== "ro" };
  if (source.startsWith("/")) return { type: "bind", source, mode, propagation: "rprivate", ...common };
  const path = `/var/lib/docker/volumes/${source}/_data`;
  return { type: "volume", name: source, source: path, mode: mode || "z", propagation: "", ...common };
}

/** Where `docker ps` and `inspect` find addresses and ports of a running container. */
export function fakeEndpoints({ host }: Container): Container["endpoints"] {
  return {
    bridge: {
      networkId: "b".repeat(64),
      endpointId: "e".repeat(64),
      macAddress: "02:42:ac:11:00:02",
      ipAddress: "172.17.0.2",
      prefixLength: 16,
      gateway: "172.17.0.1",
      aliases: [],
      ports: host.portBindings.map((binding) => ({ ...binding, hostPort: binding.hostPort || 32_768 })),
    },
  };
}

export function isRunning({ state }: Container): boolean {
  return state.status === "running" || state.status === "paused";
}

export function nameConflict({ name, id }: Container): string {
  const advice = "You have to remove (or rename) that container to be able to reuse that name.";
  return `Conflict. The container name "/${name}" is already in use by container "${id}". ${advice}`;
}

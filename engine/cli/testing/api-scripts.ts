/** Answers of an engine, as real ones have given them. */
import type { ApiScript, ScriptedAnswer } from "./scripted-api.ts";

const absent = (message: string): ScriptedAnswer => ({ status: 404, json: { message } });
const lines = (...items: readonly unknown[]): ScriptedAnswer => ({ lines: items });

function volume(name: string, more: object = {}): object {
  const Mountpoint = `/var/lib/docker/volumes/${name}/_data`;
  return { CreatedAt: "2026-11-21T02:10:10Z", Driver: "local", Labels: null, Mountpoint, Name: name, Options: null, Scope: "local", ...more }; // prettier-ignore
}

function network(name: string, more: object = {}): object {
  return {
    Name: name,
    Id: name.padEnd(64, "0"),
    Created: "2026-11-21T01:28:22.198724965Z",
    Scope: "local",
    Driver: "bridge",
    EnableIPv4: true,
    EnableIPv6: false,
    IPAM: { Driver: "default", Options: null, Config: [{ Subnet: "172.17.0.0/16", Gateway: "172.17.0.1" }] },
    Internal: false,
    Attachable: false,
    Ingress: false,
    ConfigFrom: { Network: "" },
    ConfigOnly: false,
    Containers: {},
    Options: { a: "b" },
    Labels: { l: "1" },
    ...more,
  };
}

export const VOLUMES: ApiScript = {
  "GET /volumes": {
    json: { Volumes: [volume("vol10"), volume("vol2", { Labels: { a: "b" } }), volume("data")], Warnings: null },
  },
  "POST /volumes/create": { status: 201, json: volume("made") },
  "GET /volumes/data": { json: volume("data", { Labels: { a: "1" } }) },
  "GET /volumes/nope": absent("get nope: no such volume"),
  "DELETE /volumes/data": { status: 409, json: { message: "remove data: volume is in use - [e167b91bd842]" } },
  "DELETE /volumes/vol2": { status: 204 },
  "DELETE /volumes/nope": absent("get nope: no such volume"),
  "POST /volumes/prune": { json: { VolumesDeleted: ["a1", "b2"], SpaceReclaimed: 2_000_000 } },
};

export const NETWORKS: ApiScript = {
  "GET /networks": {
    json: [
      network("none", { Driver: "null" }),
      network("net10"),
      network("net2", { Internal: true, EnableIPv6: true }),
    ],
  },
  "POST /networks/create": { status: 201, json: { Id: "e".repeat(64), Warning: "" } },
  "GET /networks/net2": { json: network("net2") },
  "GET /networks/bridge": { json: network("bridge") },
  "GET /networks/nope": absent("network nope not found"),
  "DELETE /networks/net2": { status: 204 },
  "DELETE /networks/bridge": {
    status: 403,
    json: { message: "bridge is a pre-defined network and cannot be removed" },
  },
  "DELETE /networks/nope": absent("network nope not found"),
  "POST /networks/net2/connect": {},
  "POST /networks/net2/disconnect": {},
  "POST /networks/nope/connect": absent("network nope not found"),
  "POST /networks/prune": { json: { NetworksDeleted: ["n1"] } },
};

const container = (id: string, name: string, more: object): object => ({
  Id: id.repeat(64),
  Names: [`/${name}`],
  Image: "nginx",
  ImageID: `sha256:${"a".repeat(64)}`,
  Command: "nginx",
  Created: 1_795_226_400,
  Ports: [],
  SizeRootFs: 5_211_504,
  Labels: {},
  HostConfig: { NetworkMode: "bridge" },
  NetworkSettings: { Networks: {} },
  Mounts: [],
  ...more,
});

const image = (id: string, more: object): object => ({
  Created: 1_795_226_400,
  Id: `sha256:${id.repeat(64)}`,
  Labels: null,
  ParentId: "",
  RepoDigests: null,
  ...more,
});

export const SYSTEM: ApiScript = {
  ...VOLUMES,
  ...NETWORKS,
  "POST /containers/prune": { json: { ContainersDeleted: ["c1", "c2"], SpaceReclaimed: 100 } },
  "POST /images/prune": {
    json: { ImagesDeleted: [{ Untagged: "a:1" }, { Deleted: "sha256:1" }], SpaceReclaimed: 1_000_000 },
  },
  "POST /build/prune": { json: { CachesDeleted: ["x1"], SpaceReclaimed: 1234 } },
  "GET /system/df": {
    json: {
      LayersSize: 15_315_971,
      Images: [
        image("5", { Containers: 1, RepoTags: ["imp:1", "imp:2"], SharedSize: 0, Size: 5_211_373 }),
        image("3", { Containers: 0, RepoTags: [], SharedSize: 100, Size: 4_500_000 }),
      ],
      Containers: [
        container("c", "web", { SizeRw: 131, State: "running", Status: "Up 2 minutes" }),
        container("d", "old", { SizeRw: 1310, State: "exited", Status: "Exited (0) 2 minutes ago" }),
      ],
      Volumes: [
        volume("data", { UsageData: { Size: 1000, RefCount: 1 } }),
        volume("old", { UsageData: { Size: 5000, RefCount: 0 } }),
      ],
      BuildCache: [
        { ID: "x1", " Parents": ["w1"], Type: "regular", Description: "RUN make", InUse: false, Shared: false, Size: 1234, CreatedAt: "2026-11-21T02:00:00Z", LastUsedAt: "2026-11-21T02:09:00Z", UsageCount: 2 },
        { ID: "w1", Type: "exec.cachemount", Description: "cache mount /c", InUse: true, Shared: true, Size: 0, CreatedAt: "2026-11-21T02:00:00Z", LastUsedAt: null, UsageCount: 1 },
      ], // prettier-ignore
    },
  },
};

const SAMPLE = {
  id: "e".repeat(64),
  name: "/web",
  pids_stats: { current: 2 },
  blkio_stats: {
    io_service_bytes_recursive: [
      { major: 1, minor: 0, op: "read", value: 5000 },
      { major: 1, minor: 0, op: "write", value: 700 },
    ],
  },
  cpu_stats: { cpu_usage: { total_usage: 3_000_000 }, system_cpu_usage: 1_000_000_000, online_cpus: 1 },
  precpu_stats: { cpu_usage: { total_usage: 1_000_000 }, system_cpu_usage: 900_000_000, online_cpus: 1 },
  memory_stats: { usage: 1_000_000, limit: 268_435_456, stats: { inactive_file: 127_552 } },
  networks: { eth0: { rx_bytes: 890, tx_bytes: 126 } },
};

export const CONTAINERS: ApiScript = {
  "GET /containers/web/changes": {
    json: [{ Path: "/data", Kind: 1 }, { Path: "/x", Kind: 0 }, { Path: "/y", Kind: 2 }],
  }, // prettier-ignore
  "GET /containers/nope/changes": absent("No such container: nope"),
  "GET /containers/web/export": { body: "a tar file" },
  "GET /containers/nope/export": absent("No such container: nope"),
  "POST /commit": { status: 201, json: { Id: "sha256:123" } },
  "POST /containers/a/update": { json: { Warnings: null } },
  "POST /containers/b/update": { json: { Warnings: ["w1", "w2"] } },
  "POST /containers/nope/update": absent("No such container: nope"),
  "GET /containers/web/stats": { json: SAMPLE },
  "GET /containers/nope/stats": absent("No such container: nope"),
  "GET /containers/json": { json: [] },
  "GET /events": { body: "" },
};

export const REGISTRY: ApiScript = {
  "GET /images/get": { body: "a tar file", headers: { "content-type": "application/x-tar" } },
  "POST /images/load": lines({ stream: "Loaded image: busybox:latest\n" }),
  "POST /images/create": lines({ status: "sha256:abc" }),
  "POST /images/docker.io/library/x/push": lines(
    { status: "The push refers to repository [docker.io/library/x]" },
    { status: "Preparing", progressDetail: {}, id: "aaaaaaaaaaaa" },
    { status: "Pushing", progressDetail: { current: 5, total: 10 }, progress: "5B", id: "aaaaaaaaaaaa" },
    { status: "Pushed", progressDetail: {}, id: "aaaaaaaaaaaa" },
    { status: "latest: digest: sha256:1 size: 527" },
    { progressDetail: {}, aux: { Tag: "latest", Digest: "sha256:1", Size: 527 } },
  ),
  "POST /images/localhost:5000/a/b/push": lines(
    { status: "The push refers to repository [localhost:5000/a/b]" },
    { errorDetail: { message: "no basic auth credentials" }, error: "no basic auth credentials" },
  ),
  "GET /images/search": {
    json: [
      { name: "nginx", description: "Official build of Nginx.", star_count: 20_000, is_official: true },
      {
        name: "foo/bar",
        description: "One line that goes on and on and on and on\nand on",
        star_count: 3,
        is_official: false,
      },
    ],
  },
  "POST /auth": { json: { Status: "Login Succeeded", IdentityToken: "" } },
};

const NO_MANAGER: ScriptedAnswer = {
  status: 503,
  json: {
    message:
      'This node is not a swarm manager. Use "docker swarm init" or "docker swarm join" to connect this node to swarm and try again.',
  },
};

export const NO_SWARM: ApiScript = {
  ...Object.fromEntries(
    ["nodes", "services", "services/a", "services/b", "configs/a", "secrets", "swarm", "swarm/unlockkey", "tasks"].map(
      (path) => [`GET /${path}`, NO_MANAGER],
    ),
  ),
  "DELETE /services/a": NO_MANAGER,
  "DELETE /services/b": NO_MANAGER,
  "POST /services/create": NO_MANAGER,
  "GET /plugins": { json: [] },
  "GET /plugins/a/json": absent('plugin "a" not found'),
};

import type { Api, Scenario } from "../scenario.ts";

/** The life of a container, verb by verb, and the error of each verb in the wrong state. */
export const containers: Scenario = {
  name: "containers",
  run: async (api) => {
    await api.create("life", {
      Cmd: ["sh", "-c", "trap 'exit 7' TERM; echo ready; while :; do sleep 0.1; done"],
      Labels: { a: "b" },
    });
    await api.create("life", {});
    await api.call("POST /containers/create?name=/x/y", { json: { Image: "busybox" } });
    await api.call("POST /containers/create?name=x", { json: { Image: "busybox" } });
    await api.call("POST /containers/create", { json: { Image: "no-such-image" } });
    await api.call("POST /containers/create", { json: { Image: "Bad:Image:Name" } });
    await api.call("POST /containers/create", { json: { Cmd: ["true"] } });
    for (const verb of ["stop", "kill", "pause", "unpause", "resize?h=1&w=1", "top", "update", "nonsense"]) {
      await api.call(`POST /containers/life/${verb}`, verb === "update" ? { json: {} } : {});
    }
    await api.call("GET /containers/life/top");
    await api.call("GET /containers/life/logs");
    await api.call("GET /containers/life/logs?stdout=1&stderr=1");
    await api.call("POST /containers/life/start");
    await api.call("POST /containers/life/start");
    await api.until(async () =>
      JSON.stringify(await api.quietly("GET /containers/life/logs?stdout=1")).includes("ready"),
    );
    await api.call("POST /containers/life/pause");
    await api.call("POST /containers/life/pause");
    await api.call("POST /containers/life/start");
    await api.call("POST /containers/life/exec", { json: { Cmd: ["true"] } });
    await api.call("DELETE /containers/life");
    await api.call("POST /containers/life/unpause");
    await api.call("POST /containers/life/unpause");
    await api.call("DELETE /containers/life");
    await api.call("POST /containers/life/kill?signal=NONSENSE");
    await api.call("POST /containers/life/kill?signal=0");
    await api.call("POST /containers/life/stop?t=nonsense");
    await api.call("POST /containers/life/stop?t=5");
    await api.call("POST /containers/life/stop");
    await api.call("POST /containers/life/wait");
    await api.call("POST /containers/life/wait?condition=nonsense");
    await api.call("POST /containers/life/kill");
    await api.call("POST /containers/life/restart?t=1");
    await api.call("POST /containers/life/rename?name=other");
    await api.call("POST /containers/other/rename?name=other");
    await api.call("POST /containers/other/rename?name=");
    await api.call("POST /containers/other/rename?name=a/b");
    await api.call("DELETE /containers/other?force=1");
    await api.call("DELETE /containers/other?force=1");
    for (const verb of ["start", "stop", "restart", "kill", "pause", "unpause", "wait", "rename?name=q", "attach"]) {
      await api.call(`POST /containers/nope/${verb}`);
    }
    for (const what of ["json", "top", "logs?stdout=1", "stats?stream=0", "changes", "export", "archive?path=/"]) {
      await api.call(`GET /containers/nope/${what}`);
    }
    await api.call("POST /containers/nope/update", { json: {} });
    await api.call("POST /containers/nope/exec", { json: { Cmd: ["true"] } });
    await api.call("POST /containers/nope/resize?h=1&w=1");
  },
};

/** What a container's process leaves: exit codes, errors of a start, logs. */
export const runs: Scenario = {
  name: "runs",
  run: async (api) => {
    const commands: Readonly<Record<string, readonly string[]>> = {
      three: ["sh", "-c", "echo out; echo err >&2; exit 3"],
      absent: ["nosuchcmd"],
      directory: ["/etc"],
      plain: ["/etc/passwd"],
      nopath: ["/no/such/file"],
    };
    for (const [name, Cmd] of Object.entries(commands)) {
      await api.create(name, { Cmd });
      await api.call(`POST /containers/${name}/start`);
      await api.call(`POST /containers/${name}/wait`);
      await api.call(`GET /containers/${name}/json`);
    }
    await api.call("GET /containers/three/logs?stdout=1&stderr=1");
    await api.call("GET /containers/three/logs?stdout=1");
    await api.call("GET /containers/three/logs?stderr=1&tail=1");
    await api.call("GET /containers/three/logs?stdout=1&tail=0");
    await api.call("GET /containers/three/logs?stdout=1&tail=nonsense");
    await api.call("GET /containers/three/logs?stdout=1&timestamps=1");
    await api.call("GET /containers/three/logs?stdout=1&since=nonsense");
    await api.call("GET /containers/three/logs?stdout=1&since=99999999999");
    await api.call("POST /containers/three/attach?logs=1&stdout=1&stderr=1");
    await api.call('GET /containers/json?all=1&filters={"exited":["3"]}', { statusOnly: true });
    for (const name of Object.keys(commands)) await api.quietly(`DELETE /containers/${name}`);
    await api.create("badwd", { WorkingDir: "relative" });
    await api.create("baduser", { User: "nobody-here", Cmd: ["true"] });
    await api.call("POST /containers/baduser/start");
    await api.quietly("DELETE /containers/baduser");
    await api.create("work", { Cmd: ["pwd"], WorkingDir: "/made/for/it" });
    await api.call("POST /containers/work/start");
    await api.quietly("POST /containers/work/wait");
    await api.call("GET /containers/work/logs?stdout=1");
    await api.quietly("DELETE /containers/work");
  },
};

/** What `inspect` and `ps` say of settings. */
export const inspect: Scenario = {
  name: "inspect",
  run: async (api) => {
    await api.create("bare", {});
    await api.call("GET /containers/bare/json");
    await api.call("GET /containers/bare/json?size=1");
    await api.call('GET /containers/json?all=1&filters={"name":["bare"]}');
    await api.call('GET /containers/json?all=1&size=1&filters={"name":{"bare":true}}');
    await api.create("full", {
      Hostname: "host",
      Domainname: "example.com",
      User: "1:2",
      Env: ["A=1", "B", "PATH=/bin"],
      Cmd: ["sleep", "1000"],
      Entrypoint: ["/bin/env"],
      Labels: { one: "1", two: "" },
      ExposedPorts: { "80/tcp": {}, "53/udp": {} },
      StopSignal: "SIGINT",
      StopTimeout: 3,
      Tty: true,
      OpenStdin: true,
      Volumes: { "/data": {} },
      WorkingDir: "/tmp",
      Healthcheck: { Test: ["CMD-SHELL", "true"], Interval: 5_000_000_000, Retries: 2 },
      HostConfig: {
        Memory: 67_108_864,
        MemoryReservation: 33_554_432,
        NanoCpus: 500_000_000,
        CpuShares: 512,
        PidsLimit: 50,
        RestartPolicy: { Name: "on-failure", MaximumRetryCount: 4 },
        CapAdd: ["NET_ADMIN"],
        CapDrop: ["CAP_MKNOD"],
        ReadonlyRootfs: true,
        Tmpfs: { "/run": "size=64k" },
        Dns: ["8.8.8.8"],
        DnsSearch: ["example.com"],
        DnsOptions: ["ndots:1"],
        ExtraHosts: ["db:10.0.0.1"],
        GroupAdd: ["5"],
        ShmSize: 1_048_576,
        Sysctls: { "net.ipv4.ip_forward": "1" },
        Ulimits: [{ Name: "nofile", Soft: 100, Hard: 200 }],
        OomScoreAdj: 100,
        SecurityOpt: ["no-new-privileges"],
        Init: true,
        PortBindings: { "80/tcp": [{ HostPort: "8099" }] },
        LogConfig: { Type: "json-file", Config: { "max-size": "1m" } },
        Annotations: { note: "x" },
        Binds: ["/tmp/here:/there:ro", "named:/named"],
      },
    });
    await api.call("GET /containers/full/json");
    await api.call('GET /containers/json?all=1&filters={"label":["one=1"]}');
    await api.call('GET /containers/json?all=1&filters={"label":["one=2"]}');
    await api.call('GET /containers/json?all=1&filters={"volume":["named"]}', { statusOnly: true });
    await api.call('GET /containers/json?filters={"status":["nonsense"]}');
    await api.call('GET /containers/json?filters={"health":["nonsense"]}');
    await api.call('GET /containers/json?filters={"is-task":["nonsense"]}');
    await api.call('GET /containers/json?filters={"exited":["nonsense"]}');
    await api.call('GET /containers/json?filters={"before":["nope"]}');
    await api.call('GET /containers/json?filters={"since":["nope"]}');
    await api.call('GET /containers/json?filters={"publish":["nonsense"]}');
    await api.call("GET /containers/json?limit=nonsense", { statusOnly: true });
    await api.sleeper("up", {
      Labels: { up: "1" },
      HostConfig: { PortBindings: { "80/tcp": [{ HostPort: "8098" }] } },
    });
    await api.call("GET /containers/up/json");
    await api.call('GET /containers/json?filters={"label":["up"]}');
    for (const name of ["bare", "full", "up"]) await api.quietly(`DELETE /containers/${name}?force=1&v=1`);
    await api.quietly("DELETE /volumes/named");
  },
};

/** Settings that are wrong, and the words Docker has for each. */
export const refusals: Scenario = {
  name: "refusals",
  run: async (api) => {
    const wrong: Readonly<Record<string, unknown>>[] = [
      { Memory: 1024 },
      { Memory: 67_108_864, MemorySwap: 1024 },
      { MemorySwap: 67_108_864 },
      { MemoryReservation: 1 },
      { Memory: 67_108_864, MemoryReservation: 134_217_728 },
      { NanoCpus: -1 },
      { NanoCpus: 900_000_000_000 },
      { NanoCpus: 1, CpuQuota: 1000 },
      { CpuPeriod: 1 },
      { CpuQuota: 1 },
      { CpusetCpus: "nonsense" },
      { CpusetCpus: "1000" },
      { PidsLimit: -5 },
      { BlkioWeight: 5 },
      { RestartPolicy: { Name: "nonsense" } },
      { RestartPolicy: { Name: "always", MaximumRetryCount: 3 } },
      { RestartPolicy: { Name: "on-failure", MaximumRetryCount: -1 } },
      { RestartPolicy: { Name: "always" }, AutoRemove: true },
      { CapAdd: ["NONSENSE"] },
      { CapDrop: ["NONSENSE"] },
      { SecurityOpt: ["nonsense"] },
      { SecurityOpt: ["no-new-privileges=maybe"] },
      { NetworkMode: "no-such-network" },
      { NetworkMode: "container:no-such-container" },
      { NetworkMode: "host", PortBindings: { "80/tcp": [{ HostPort: "80" }] } },
      { PidMode: "nonsense" },
      { PidMode: "container:no-such-container" },
      { IpcMode: "nonsense" },
      { UTSMode: "nonsense" },
      { UsernsMode: "nonsense" },
      { CgroupnsMode: "nonsense" },
      { Isolation: "nonsense" },
      { Runtime: "nonsense" },
      { Binds: ["relative:/x:nonsense"] },
      { Binds: ["/a:relative"] },
      { Binds: ["/a:/"] },
      { Binds: ["/a:/x", "/b:/x"] },
      { Binds: [":"] },
      { Mounts: [{ Type: "bind", Source: "/no/such/path", Target: "/x" }] },
      { Mounts: [{ Type: "bind", Target: "/x" }] },
      { Mounts: [{ Type: "nonsense", Target: "/x" }] },
      { Mounts: [{ Type: "volume", Source: "a" }] },
      { Mounts: [{ Type: "tmpfs", Source: "a", Target: "/x" }] },
      { VolumesFrom: ["no-such-container"] },
      { VolumesFrom: ["a:b:c"] },
      { Tmpfs: { "/x": "nonsense" } },
      { Devices: [{ PathOnHost: "/dev/nonsense", PathInContainer: "/dev/x", CgroupPermissions: "rwm" }] },
      { DeviceRequests: [{ Driver: "", Count: -1, Capabilities: [["gpu"]] }] },
      { Sysctls: { nonsense: "1" } },
      { Ulimits: [{ Name: "nonsense", Soft: 1, Hard: 1 }] },
      { Ulimits: [{ Name: "nofile", Soft: 2, Hard: 1 }] },
      { ShmSize: -1 },
      { OomScoreAdj: 5000 },
      { LogConfig: { Type: "nonsense" } },
      { LogConfig: { Type: "json-file", Config: { nonsense: "1" } } },
      { LogConfig: { Type: "json-file", Config: { "max-size": "nonsense" } } },
      { StorageOpt: { size: "1G" } },
      { ExtraHosts: ["nonsense"] },
      { Dns: ["nonsense"] },
      { Links: ["no-such-container:alias"] },
      { PortBindings: { "80/nonsense": [{}] } },
      { PortBindings: { "80/tcp": [{ HostPort: "nonsense" }] } },
      { PortBindings: { "80/tcp": [{ HostIp: "nonsense", HostPort: "80" }] } },
      { PortBindings: { nonsense: [{}] } },
    ];
    for (const [index, HostConfig] of wrong.entries()) await refused(api, `host${index}`, { HostConfig });
    const wrongConfigs: Readonly<Record<string, unknown>>[] = [
      { Env: [""] },
      { Env: ["=x"] },
      { StopSignal: "NONSENSE" },
      { ExposedPorts: { nonsense: {} } },
      { Hostname: "-bad-" },
      { Volumes: { relative: {} } },
      { Volumes: { "/": {} } },
      { MacAddress: "nonsense" },
      { Healthcheck: { Test: ["NONSENSE"] } },
      { Healthcheck: { Test: ["CMD", "true"], Interval: 5 } },
      { Healthcheck: { Test: ["CMD", "true"], Retries: -1 } },
      { Cmd: [""] },
      { Entrypoint: [], Cmd: [] },
      { Tty: "yes" },
      { Env: "A=1" },
    ];
    for (const [index, config] of wrongConfigs.entries()) await refused(api, `config${index}`, config);
  },
};

/** Docker finds some mistakes when the container is made and others when it starts. */
async function refused(api: Api, name: string, config: Readonly<Record<string, unknown>>): Promise<void> {
  const id = await api.create(name, { Cmd: ["true"], ...config });
  if (id === "") return;
  await api.call(`POST /containers/${name}/start`);
  await api.quietly(`DELETE /containers/${name}?force=1&v=1`);
}

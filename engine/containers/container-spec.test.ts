import { describe, expect, it } from "vitest";
import type { CreateContainer } from "./container-service.ts";
import { request, testEngine } from "./testing.ts";
import type { RuntimeSpec } from "../oci/runtime-spec.ts";
import type { TaskRequest } from "../runtime/runtime.ts";

async function started(wanted: CreateContainer): Promise<TaskRequest & { spec: RuntimeSpec }> {
  const { containers, runtime } = testEngine();
  const { container } = await containers.create(wanted);
  await containers.start(container.id);
  return runtime.requests.at(-1) as TaskRequest;
}

describe("the OCI spec of a container", () => {
  it("is what Docker would write", async () => {
    const { spec, id, files } = await started(
      request(["sleep"], {
        config: { cmd: ["sleep"], env: ["A=1", "TERM"], tty: true },
        host: { consoleSize: [24, 80] },
      }),
    );
    expect(spec.process).toMatchObject({
      terminal: true,
      consoleSize: { height: 24, width: 80 },
      args: ["sleep"],
      // The container's own, the user's, the image's PATH in Docker's place, HOME last; `TERM` alone takes it away.
      env: ["PATH=/bin", `HOSTNAME=${id.slice(0, 12)}`, "A=1", "HOME=/root"],
      cwd: "/",
      user: { uid: 0, gid: 0, additionalGids: [0, 10] },
      noNewPrivileges: false,
    });
    expect(spec.process.capabilities?.bounding).toHaveLength(14);
    expect(spec.mounts.map(({ destination }) => destination)).toEqual([
      "/proc",
      "/dev",
      "/dev/pts",
      "/sys",
      "/sys/fs/cgroup",
      "/dev/mqueue",
      "/dev/shm",
      "/etc/resolv.conf",
      "/etc/hostname",
      "/etc/hosts",
    ]);
    expect(spec.linux).toMatchObject({
      cgroupsPath: `/docker/${id}`,
      sysctl: { "net.ipv4.ip_unprivileged_port_start": "0" },
    });
    expect(spec.linux.namespaces.map(({ type }) => type)).toEqual(["mount", "network", "uts", "pid", "ipc", "cgroup"]);
    expect(files.map(({ path }) => path)).toEqual(
      ["resolv.conf", "hostname", "hosts"].map((name) => `/var/lib/docker/containers/${id}/${name}`),
    );
    expect(files[2]?.content).toContain(`172.17.0.2\t${id.slice(0, 12)}\n`);
  });

  it("gives another user no working capability", async () => {
    const { spec } = await started(request(["sleep"], { config: { cmd: ["sleep"], user: "1000:5" } }));
    expect(spec.process.user).toMatchObject({ uid: 1000, gid: 5, additionalGids: [5] });
    expect(spec.process.capabilities).toMatchObject({ effective: [], permitted: [] });
    expect(spec.process.capabilities?.bounding).toHaveLength(14);
    expect(spec.process.env.at(-1)).toBe("HOME=/");
  });

  it("opens up for a privileged container", async () => {
    const { spec } = await started(request(["sleep"], { host: { privileged: true } }));
    expect(spec.linux).toMatchObject({
      maskedPaths: [],
      readonlyPaths: [],
      resources: { devices: [{ allow: true, type: "a" }] },
    });
    expect(spec.linux.seccomp).toBeUndefined();
    expect(spec.mounts.find(({ destination }) => destination === "/sys")?.options).not.toContain("ro");
  });

  it("has limits, tmpfs and security options", async () => {
    const { spec } = await started(
      request(["sleep"], {
        host: {
          resources: { memoryBytes: 64 << 20, nanoCpus: 500_000_000, pidsLimit: 5 } as never,
          tmpfs: { "/run": "size=1m,exec" },
          securityOpt: ["no-new-privileges", "seccomp=unconfined"],
          ulimits: [{ name: "nofile", soft: 1, hard: 2 }],
          readonlyRootfs: true,
          shmSizeBytes: 1 << 20,
          sysctls: { "net.ipv4.ip_forward": "1" },
        },
      }),
    );
    expect(spec.linux.resources).toMatchObject({
      memory: { limit: 64 << 20, swap: 128 << 20 },
      cpu: { quota: 50_000, period: 100_000 },
      pids: { limit: 5 },
    });
    expect(spec.mounts.find(({ destination }) => destination === "/run")?.options).toEqual([
      "noexec",
      "nosuid",
      "nodev",
      "size=1m",
      "exec",
    ]);
    expect(spec.mounts.find(({ destination }) => destination === "/dev/shm")?.options).toContain(`size=${1 << 20}`);
    expect(spec.process).toMatchObject({
      noNewPrivileges: true,
      rlimits: [{ type: "RLIMIT_NOFILE", soft: 1, hard: 2 }],
    });
    expect(spec.root.readonly).toBe(true);
    expect(spec.linux.seccomp).toBeUndefined();
    expect(spec.linux.sysctl).toHaveProperty(["net.ipv4.ip_forward"], "1");
  });

  it("shares namespaces, name and files with another container", async () => {
    const { containers, runtime } = testEngine();
    const { container: first } = await containers.create(request(["sleep"], { name: "aa" }));
    await containers.create(
      request(["sleep"], {
        name: "bb",
        host: { networkMode: "container:aa", pidMode: "container:aa", ipcMode: "host" },
      }),
    );
    await expect(containers.start("bb")).rejects.toThrow("cannot join network namespace of a non running container");
    await containers.start("aa");
    const { pid } = containers.get("aa").state;
    await containers.start("bb");
    const { spec, files, networkOps } = runtime.requests.at(-1) as TaskRequest;
    expect(spec.linux.namespaces).toEqual([
      { type: "mount" },
      { type: "network", path: `/proc/${pid}/ns/net` },
      { type: "uts" },
      { type: "pid", path: `/proc/${pid}/ns/pid` },
      { type: "cgroup" },
    ]);
    expect(spec.hostname).toBe(first.config.hostname);
    expect([files, networkOps]).toEqual([[], []]);
    expect(spec.mounts.at(-1)?.source).toBe(`/var/lib/docker/containers/${first.id}/hosts`);
    await containers.create(request(["sleep"], { name: "cc", host: { networkMode: "container:nope" } }));
    await expect(containers.start("cc")).rejects.toThrow(
      "joining network namespace of container: No such container: nope",
    );
  });

  it("on the machine's network has the machine's name, and no sysctls", async () => {
    const { spec } = await started(request(["sleep"], { host: { networkMode: "host" } }));
    expect(spec.hostname).toBe("drydock");
    expect(spec.linux.sysctl).toEqual({});
    expect(spec.linux.namespaces.map(({ type }) => type)).not.toContain("network");
  });

  it("names what is wrong with the user before anything is taken", async () => {
    const { containers, networks } = testEngine();
    await containers.create(request(["sleep"], { name: "c1", config: { cmd: ["sleep"], user: "nope" } }));
    await expect(containers.start("c1")).rejects.toMatchObject({
      kind: "internal",
      message: "unable to find user nope: no matching entries in passwd file",
    });
    expect(networks.requests).toEqual([]);
  });
});

describe("volumes", () => {
  it("are made and filled before the start, binds only made", async () => {
    const { containers, runtime } = testEngine();
    const { container } = await containers.create(
      request(["sleep"], {
        image: "nginx",
        name: "c1",
        host: { binds: ["/home/db:/db", "data:/data", "empty:/empty:nocopy"] },
      }),
    );
    expect(container.mounts.map(({ destination, type }) => [destination, type])).toEqual([
      ["/db", "bind"],
      ["/data", "volume"],
      ["/empty", "volume"],
      ["/cache", "volume"],
    ]);
    await containers.start("c1");
    expect(runtime.directories).toEqual(["/home/db"]);
    const [, , , anonymous] = container.mounts;
    expect(runtime.sources.copied).toEqual([
      "/data → /var/lib/docker/volumes/data/_data",
      `/cache → ${anonymous?.source}`,
    ]);
  });
});

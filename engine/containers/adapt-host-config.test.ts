import { describe, expect, it } from "vitest";
import type { HostConfig } from "./container.ts";
import { request, testEngine } from "./testing.ts";

const host = (wanted: Partial<HostConfig>, engine = testEngine()): Promise<HostConfig> =>
  engine.containers.create(request(["sleep"], { host: wanted })).then(({ container }) => container.host);

const limits = (resources: Partial<HostConfig["resources"]>): Partial<HostConfig> => ({
  resources: resources as HostConfig["resources"],
});

describe("a new container's settings", () => {
  it("name containers by id whose namespaces it shares", async () => {
    const engine = testEngine();
    const donor = await engine.containers.create({ ...request(["sleep"]), name: "donor" });
    const mode = `container:${donor.container.id}`;
    const wanted = { pidMode: "container:donor", ipcMode: "container:donor", networkMode: "container:donor" };
    expect(await host(wanted, engine)).toMatchObject({ pidMode: mode, ipcMode: mode, networkMode: mode });
    await expect(host({ pidMode: "container:nope" }, engine)).rejects.toMatchObject({
      kind: "invalid-argument",
      message: "No such container: nope",
    });
  });

  it("say that labels are off for what shares with the machine", async () => {
    expect((await host({ privileged: true })).securityOpt).toEqual(["label=disable"]);
    expect((await host({ pidMode: "host", securityOpt: ["label=level:s0"] })).securityOpt).toEqual(["label=level:s0"]);
    expect((await host({ networkMode: "host" })).securityOpt).toEqual([]);
  });

  it("have Docker's defaults, and not what the kernel has no file for", async () => {
    const { resources, cgroupnsMode } = await host(
      limits({ memoryBytes: 8 << 20, pidsLimit: -1, oomKillDisable: true, memorySwappiness: 5, kernelMemoryBytes: 9 }),
    );
    expect(cgroupnsMode).toBe("private");
    expect(resources).toMatchObject({ memorySwapBytes: 16 << 20, pidsLimit: 0, oomKillDisable: false });
    expect(resources).not.toHaveProperty("memorySwappiness");
    expect(resources).not.toHaveProperty("kernelMemoryBytes");
  });
});

describe("docker exec", () => {
  it("has the container's limits and groups", async () => {
    const engine = testEngine();
    const { container } = await engine.containers.create(
      request(["sleep"], {
        host: {
          ulimits: [{ name: "nofile", soft: 1, hard: 2 }],
          oomScoreAdj: 5,
          groupAdd: ["7"],
          securityOpt: ["no-new-privileges"],
        },
      }),
    );
    await engine.containers.start(container.id);
    const config = { cmd: ["true"], env: [], workingDir: "", user: "", tty: false, privileged: false };
    const attach = { attachStdin: false, attachStdout: true, attachStderr: true };
    const id = await engine.containers.createExec(container.id, { ...config, ...attach });
    await engine.containers.startExec(id, { detach: true, tty: false });
    expect(engine.runtime.execs.at(-1)).toMatchObject({
      rlimits: [{ type: "RLIMIT_NOFILE", soft: 1, hard: 2 }],
      oomScoreAdj: 5,
      noNewPrivileges: true,
      user: { additionalGids: [0, 10, 7] },
    });
  });
});

import { describe, expect, it } from "vitest";
import type { Resources } from "./container.ts";
import { request, testEngine, type TestEngine } from "./testing.ts";

async function running(engine: TestEngine): Promise<void> {
  await engine.containers.create(request(["sleep"], { name: "c1" }));
  await engine.containers.start("c1");
}

describe("update", () => {
  it("changes the limits of what runs and the record of all", async () => {
    const engine = testEngine();
    await running(engine);
    await engine.containers.update("c1", {
      resources: { memoryBytes: 64 << 20, memorySwapBytes: 128 << 20 },
      restartPolicy: { name: "always", maximumRetryCount: 0 },
    });
    expect(engine.runtime.updates).toEqual([{ memory: { limit: 64 << 20, swap: 128 << 20 } }]);
    expect(engine.containers.get("c1").host).toMatchObject({
      resources: { memoryBytes: 64 << 20 },
      restartPolicy: { name: "always" },
    });
    await expect(engine.containers.update("c1", { resources: { memoryBytes: 1 } })).rejects.toThrow(
      "Minimum memory limit allowed is 6MB",
    );
    await expect(engine.containers.update("c1", { resources: { memoryBytes: 256 << 20 } })).rejects.toThrow(
      "Memory limit should be smaller than already set memoryswap limit",
    );
  });

  it("takes a limit on processes away, and tells conflicts as Docker does", async () => {
    const engine = testEngine();
    await running(engine);
    const update = (resources: Partial<Resources>, hasPidsLimit = false): Promise<readonly string[]> =>
      engine.containers.update("c1", { resources, hasPidsLimit });
    await update({ pidsLimit: 20 }, true);
    await update({ pidsLimit: 0 });
    expect(engine.containers.get("c1").host.resources.pidsLimit).toBe(20);
    await update({ pidsLimit: -1 }, true);
    expect(engine.runtime.updates.at(-1)).toEqual({ pids: { limit: -1 } });
    expect(engine.containers.get("c1").host.resources.pidsLimit).toBe(0);
    await update({ nanoCpus: 500_000_000 });
    const { id } = engine.containers.get("c1");
    await expect(update({ cpuQuotaUs: 50_000 })).rejects.toMatchObject({
      kind: "conflict",
      message: `Cannot update container ${id}: Conflicting options: CPU Quota cannot be updated as NanoCPUs has already been set`,
    });
    expect(engine.actions.filter((action) => action === "container update")).toHaveLength(4);
  });
});

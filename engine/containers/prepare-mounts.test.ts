import { describe, expect, it } from "vitest";
import type { EngineError } from "../base/errors.ts";
import type { TaskRequest } from "../runtime/runtime.ts";
import { request, settle, testEngine } from "./testing.ts";

describe("the mounts of a start", () => {
  it("are made before it and given back after its end", async () => {
    const { containers, runtime, actions } = testEngine();
    const host = {
      binds: ["data:/data"],
      mounts: [
        {
          type: "volume",
          source: "part",
          target: "/part",
          readOnly: false,
          consistency: "",
          volume: { noCopy: false, labels: {}, subpath: "sub" },
        },
        { type: "image", source: "nginx", target: "/image", readOnly: false, consistency: "" },
      ],
    };
    const { container } = await containers.create(request(["sleep"], { host }));
    await containers.start(container.id);
    const merged = `/var/lib/docker/overlay2/${container.id}.image2/merged`;
    const staged = `/run/drydock/mounts/${container.id.slice(0, 12)}.1`;
    expect([...runtime.sources.shown]).toEqual([staged, merged]);
    const { spec } = runtime.requests.at(-1) as TaskRequest;
    expect(
      spec.mounts.filter(({ type }) => type === "bind").map(({ source, destination }) => [source, destination]),
    ).toEqual(
      expect.arrayContaining([
        ["/var/lib/docker/volumes/data/_data", "/data"],
        [staged, "/part"],
        [merged, "/image"],
      ]),
    );
    await containers.kill(container.id, "KILL");
    await containers.wait(container.id, "not-running");
    await settle();
    expect([...runtime.sources.shown]).toEqual([]);
    const order = actions.filter((action) => /volume|die/.test(action));
    expect(order).toEqual([
      "volume create",
      "volume create",
      "volume mount",
      "volume mount",
      "volume unmount",
      "volume unmount",
      "container die",
    ]);
  });

  it("are given back when it fails", async () => {
    const { containers, runtime, volumes, actions } = testEngine();
    const { container } = await containers.create(request(["nosuch"], { host: { binds: ["data:/data"] } }));
    await expect(containers.start(container.id)).rejects.toThrow("executable file not found");
    await settle();
    expect(actions.slice(-1)).toEqual(["volume unmount"]);
    await containers.remove(container.id, { force: false, volumes: true });
    expect(volumes.usersOf("data")).toEqual([]);
    expect(runtime.requests).toHaveLength(1);
  });

  it("share what is mounted in them where the machine does; the engine's own choice gives way", async () => {
    const { containers, runtime } = testEngine();
    const propagationOf = async (bind: string): Promise<unknown> => {
      const { container } = await containers.create(request(["true"], { host: { binds: [bind] } }));
      return containers.start(container.id).then(
        () =>
          (runtime.requests.at(-1) as TaskRequest).spec.mounts.find(({ destination }) => destination === "/x")?.options,
        (error: unknown) => (error as EngineError).message,
      );
    };
    expect(await propagationOf("/:/x")).toContain("rprivate");
    expect(await propagationOf("/srv:/x:rshared")).toBe("path /srv is mounted on / but it is not a shared mount");
    expect(await propagationOf("/srv:/x:slave")).toBe(
      "path /srv is mounted on / but it is not a shared or slave mount",
    );
    runtime.sources.shared.push("/");
    expect(await propagationOf("/:/x")).toContain("rslave");
    expect(await propagationOf("/srv:/x:rshared")).toContain("rshared");
  });

  it("count for a volume from the container's creation to its removal, over a reload too", async () => {
    const before = testEngine();
    const { container } = await before.containers.create(request(["true"], { host: { binds: ["data:/data"] } }));
    await expect(before.volumes.remove("data", { force: true })).rejects.toThrow("volume is in use");
    await before.containers[Symbol.asyncDispose]();
    const after = testEngine({ records: before.records });
    await after.volumes.create({ name: "data" });
    await after.containers.restore();
    expect(after.volumes.usersOf("data")).toEqual([container.id]);
  });
});

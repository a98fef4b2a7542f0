import { describe, expect, it } from "vitest";
import { EngineError } from "../base/errors.ts";
import type { HostConfig } from "./container.ts";
import { ManualClock, outputOf, request, settle, testEngine, type TestEngine } from "./testing.ts";

const attach = { stdin: false, stdout: true, stderr: true, stream: true, logs: false };

async function running(
  engine: TestEngine,
  cmd: readonly string[] = ["sleep"],
  host: Partial<HostConfig> = {},
  name = "c1",
): Promise<string> {
  const { container } = await engine.containers.create(request(cmd, { name, host }));
  await engine.containers.start(container.id);
  return container.id;
}

describe("names and ids", () => {
  it("lead to a container, and a taken name is refused", async () => {
    const engine = testEngine();
    const { container } = await engine.containers.create(request(["true"], { name: "/web" }));
    expect(container.name).toBe("web");
    for (const reference of [container.id, container.id.slice(0, 4), "web", "/web"])
      expect(engine.containers.get(reference)).toBe(container);
    await expect(engine.containers.create(request(["true"], { name: "web" }))).rejects.toMatchObject({
      kind: "conflict",
      message: `Conflict. The container name "/web" is already in use by container "${container.id}". You have to remove (or rename) that container to be able to reuse that name.`,
    });
    expect(() => engine.containers.get("nope")).toThrow("No such container: nope");
    await expect(engine.containers.create(request(["true"], { image: "nope" }))).rejects.toThrow(
      "No such image: nope:latest",
    );
  });

  it("can be changed", async () => {
    const engine = testEngine();
    await running(engine, ["sleep"], {}, "web");
    await running(engine, ["sleep"], {}, "other");
    await engine.containers.rename("web", "web9");
    expect(engine.containers.get("web9").name).toBe("web9");
    expect(() => engine.containers.get("web")).toThrow("No such container");
    await expect(engine.containers.rename("web9", "web9")).rejects.toThrow(
      "Renaming a container with the same name as its current name",
    );
    await expect(engine.containers.rename("web9", "other")).rejects.toThrow(
      'Error when allocating new name: Conflict. The container name "/other" is already in use',
    );
    await expect(engine.containers.rename("web9", "b@d")).rejects.toThrow(
      "Error when allocating new name: Invalid container name (/b@d), only",
    );
    expect(engine.actions.at(-1)).toBe("container rename");
  });

  it("list newest first, the ended ones only when asked", async () => {
    const engine = testEngine();
    await running(engine, ["sleep"], {}, "first");
    await running(engine, ["true"], {}, "second");
    await settle();
    expect(engine.containers.list({ all: false }).map(({ name }) => name)).toEqual(["first"]);
    expect(engine.containers.list({ all: true }).map(({ name }) => name)).toEqual(["second", "first"]);
  });
});

describe("stop", () => {
  it("sends the stop signal and is done when the process is", async () => {
    const engine = testEngine();
    const id = await running(engine);
    await engine.containers.stop(id);
    expect(engine.containers.get(id).state).toMatchObject({ status: "exited", exitCode: 143 });
    expect(engine.actions.slice(-4)).toEqual([
      "container kill",
      "network disconnect",
      "container die",
      "container stop",
    ]);
    await expect(engine.containers.stop(id)).rejects.toMatchObject({ kind: "not-modified" });
  });

  it("kills what does not listen within the timeout", async () => {
    const clock = new ManualClock();
    const engine = testEngine({ clock });
    const id = await running(engine, ["sleep", "--deaf"]);
    const stopped = engine.containers.stop(id, { timeoutSeconds: 3 });
    await settle();
    await clock.advance(2999);
    expect(engine.containers.get(id).state.status).toBe("running");
    await clock.advance(1);
    await stopped;
    expect(engine.runtime.processes[0]?.signals).toEqual([15, 9]);
    expect(engine.containers.get(id).state.exitCode).toBe(137);
  });

  it("uses the image's signal and the container's timeout, or what is asked", async () => {
    const clock = new ManualClock();
    const engine = testEngine({ clock });
    const { container } = await engine.containers.create(
      request(["sleep"], { image: "nginx", config: { stopTimeoutSeconds: 1 } }),
    );
    await engine.containers.start(container.id);
    const stopped = engine.containers.stop(container.id);
    await settle();
    await clock.advance(1000);
    await stopped;
    expect(engine.runtime.processes[0]?.signals).toEqual([3, 9]);
    await engine.containers.start(container.id);
    await expect(engine.containers.stop(container.id, { signal: "NOPE" })).rejects.toThrow(
      `cannot stop container: ${container.id}: invalid signal: NOPE`,
    );
    await engine.containers.stop(container.id, { signal: "TERM" });
  });
});

describe("kill", () => {
  it("sends the signal, and says what is wrong", async () => {
    const engine = testEngine();
    const id = await running(engine);
    await engine.containers.kill("c1", "HUP");
    expect(engine.runtime.processes[0]?.signals).toEqual([1]);
    await expect(engine.containers.kill("c1", "NOPE")).rejects.toThrow(
      "cannot kill container: c1: invalid signal: NOPE",
    );
    await engine.containers.kill("c1", "KILL");
    await expect(engine.containers.kill("c1", "HUP")).rejects.toMatchObject({
      kind: "conflict",
      message: `cannot kill container: c1: container ${id} is not running`,
    });
  });
});

describe("pause", () => {
  it("freezes and thaws, and is in the way of what needs a running container", async () => {
    const engine = testEngine();
    const id = await running(engine);
    await engine.containers.pause("c1");
    expect(engine.containers.get(id).state.status).toBe("paused");
    await expect(engine.containers.pause("c1")).rejects.toThrow(`Container ${id} is already paused`);
    await expect(engine.containers.start("c1")).rejects.toThrow("cannot start a paused container, try unpause instead");
    await expect(engine.containers.remove("c1", { force: false, volumes: false })).rejects.toThrow(
      'cannot remove container "c1": container is paused and must be unpaused first',
    );
    await engine.containers.unpause("c1");
    await expect(engine.containers.unpause("c1")).rejects.toThrow(`Container ${id} is not paused`);
    await engine.containers.pause("c1");
    await engine.containers.stop("c1");
    await expect(engine.containers.pause("c1")).rejects.toThrow(`container ${id} is not running`);
  });
});

describe("remove", () => {
  it("refuses what runs, unless forced", async () => {
    const engine = testEngine();
    const id = await running(engine);
    await expect(engine.containers.remove("c1", { force: false, volumes: false })).rejects.toMatchObject({
      kind: "conflict",
      message: 'cannot remove container "c1": container is running: stop the container before removing or force remove',
    });
    const gone = engine.containers.wait("c1", "removed");
    await engine.containers.remove("c1", { force: true, volumes: false });
    expect(await gone).toEqual({ exitCode: 137 });
    expect(engine.runtime.deleted).toEqual([id]);
    expect(engine.snapshots.keys.size).toBe(0);
    expect(engine.networks.connected.size).toBe(0);
  });

  it("does not kill what was started meanwhile, unless forced", async () => {
    const engine = testEngine();
    await engine.containers.create(request(["sleep"], { name: "c1" }));
    const started = engine.containers.start("c1");
    await expect(engine.containers.remove("c1", { force: false, volumes: false })).rejects.toThrow(
      "container is running",
    );
    await started;
  });

  it("does not wait for a stop that takes its time", async () => {
    const engine = testEngine({ clock: new ManualClock() });
    await running(engine, ["sleep", "--deaf"]);
    const stopped = engine.containers.stop("c1", { timeoutSeconds: 1000 });
    await settle();
    await engine.containers.remove("c1", { force: true, volumes: false });
    await stopped;
    expect(engine.containers.list({ all: true })).toEqual([]);
  });
});

describe("wait", () => {
  it("for not-running is over at once when it does not run", async () => {
    const { containers } = testEngine();
    await containers.create(request(["true"], { name: "c1" }));
    expect(await containers.wait("c1", "not-running")).toEqual({ exitCode: 0 });
    await expect(containers.wait("nope", "not-running")).rejects.toThrow("No such container: nope");
  });

  it("for the next exit is not answered by an old one, and can be given up", async () => {
    const engine = testEngine();
    await running(engine, ["exit", "4"]);
    await settle();
    const abort = new AbortController();
    const given = engine.containers.wait("c1", "next-exit", { signal: abort.signal });
    abort.abort(new Error("gone"));
    await expect(given).rejects.toThrow("gone");
    const next = engine.containers.wait("c1", "next-exit");
    await engine.containers.start("c1");
    expect(await next).toEqual({ exitCode: 4 });
  });
});

describe("a start", () => {
  it("waits until what the last run left is gone", async () => {
    const engine = testEngine();
    const id = await running(engine, ["true"]);
    await settle();
    await engine.containers.start(id);
    await settle();
    expect(engine.runtime.requests).toHaveLength(2);
    expect(engine.runtime.deleted).toEqual([id, id]);
  });

  it("of what runs changes nothing", async () => {
    const engine = testEngine();
    await running(engine);
    await expect(engine.containers.start("c1")).rejects.toMatchObject({ kind: "not-modified" });
  });

  it("without its ports fails in Docker's words, and gives back what it had", async () => {
    const engine = testEngine();
    await engine.containers.create(request(["sleep"], { name: "c1", networks: { net2: {} } }));
    engine.networks.failure = new EngineError("internal", "Bind for 0.0.0.0:8080 failed: port is already allocated");
    await expect(engine.containers.start("c1")).rejects.toMatchObject({
      kind: "internal",
      message: "failed to set up container networking: Bind for 0.0.0.0:8080 failed: port is already allocated",
    });
    expect(engine.containers.get("c1").state).toMatchObject({ status: "created", exitCode: 128 });
    await expect(engine.containers.start("c1")).rejects.toThrow(
      "failed to set up container networking: network net2 not found",
    );
    expect(engine.networks.connected.size).toBe(0);
  });

  it("with --rm that fails leaves nothing, and tells its waiters the code", async () => {
    const engine = testEngine();
    await engine.containers.create(request(["nosuch"], { name: "c1", host: { autoRemove: true } }));
    const gone = engine.containers.wait("c1", "removed");
    await expect(engine.containers.start("c1")).rejects.toThrow("executable file not found");
    expect(await gone).toEqual({ exitCode: 127 });
    expect(engine.containers.list({ all: true })).toEqual([]);
  });
});

describe("restart policies", () => {
  it("start it again after a delay, until it is stopped", async () => {
    const clock = new ManualClock();
    const engine = testEngine({ clock });
    const id = await running(engine, ["exit", "1"], { restartPolicy: { name: "always", maximumRetryCount: 0 } });
    await settle();
    expect(engine.containers.get(id).state.status).toBe("restarting");
    await clock.advance(100);
    expect(engine.containers.get(id)).toMatchObject({ restartCount: 1, state: { status: "restarting" } });
    await clock.advance(200);
    expect(engine.containers.get(id).restartCount).toBe(2);
    await engine.containers.stop(id);
    expect(engine.containers.get(id).state.status).toBe("exited");
    await clock.advance(10_000);
    expect(engine.containers.get(id).restartCount).toBe(2);
    expect(engine.runtime.requests).toHaveLength(3);
  });

  it("give up after so many attempts", async () => {
    const clock = new ManualClock();
    const engine = testEngine({ clock });
    const id = await running(engine, ["exit", "1"], { restartPolicy: { name: "on-failure", maximumRetryCount: 2 } });
    for (let attempt = 0; attempt < 5; attempt++) {
      await settle();
      await clock.advance(60_000);
    }
    expect(engine.containers.get(id)).toMatchObject({ restartCount: 2, state: { status: "exited", exitCode: 1 } });
  });

  it("leave alone what the user killed", async () => {
    const engine = testEngine({ clock: new ManualClock() });
    const id = await running(engine, ["sleep"], { restartPolicy: { name: "always", maximumRetryCount: 0 } });
    await engine.containers.kill(id, "KILL");
    expect(engine.containers.get(id).state.status).toBe("exited");
  });
});

describe("restart", () => {
  it("stops and starts, also what does not run", async () => {
    const engine = testEngine();
    await running(engine);
    await engine.containers.restart("c1");
    expect(engine.containers.get("c1").state.status).toBe("running");
    expect(engine.actions.filter((action) => /container (stop|die|start|restart)/.test(action))).toEqual([
      "container start",
      "container die",
      "container stop",
      "container start",
      "container restart",
    ]);
    await engine.containers.kill("c1", "KILL");
    await engine.containers.restart("c1");
    expect(engine.runtime.requests).toHaveLength(3);
  });
});

describe("the end of a run", () => {
  it("says when the kernel killed for memory", async () => {
    const engine = testEngine();
    const id = await running(engine);
    engine.runtime.outOfMemory.add(id);
    await engine.containers.kill(id, "KILL");
    expect(engine.containers.get(id).state).toMatchObject({ oomKilled: true, exitCode: 137 });
    expect(engine.actions).toContain("container oom");
  });

  it("that nobody sees, because the machine died, is 255", async () => {
    const engine = testEngine();
    engine.runtime.programs.set("lost", () => Promise.reject(new EngineError("unavailable", "the guest is gone")));
    const { container } = await engine.containers.create(request(["lost"], { name: "c1" }));
    const exit = engine.containers.wait("c1", "next-exit");
    await engine.containers.start("c1");
    expect(await exit).toEqual({ exitCode: 255 });
    expect(engine.containers.get(container.id).state.status).toBe("exited");
  });

  it("keeps the networks' names and gives the addresses back", async () => {
    const engine = testEngine();
    const id = await running(engine);
    expect(engine.containers.get(id).endpoints["bridge"]).toMatchObject({ ipAddress: "172.17.0.2" });
    await engine.containers.kill(id, "KILL");
    expect(engine.containers.get(id).endpoints["bridge"]).toMatchObject({ ipAddress: "", endpointId: "" });
  });
});

describe("logs", () => {
  const all = { stdout: true, stderr: true, follow: false };
  const texts = async (
    engine: TestEngine,
    options: Parameters<typeof engine.containers.logs>[1],
  ): Promise<string[]> => {
    const found: string[] = [];
    for await (const entries of engine.containers.logs("c1", options))
      found.push(...entries.map(({ bytes }) => new TextDecoder().decode(bytes)));
    return found;
  };

  it("keep what was written, over restarts, and give its end", async () => {
    const engine = testEngine();
    await running(engine, ["echo", "one"]);
    await settle();
    await engine.containers.start("c1");
    await settle();
    expect(await texts(engine, all)).toEqual(["one\n", "one\n"]);
    expect(await texts(engine, { ...all, tail: 1 })).toEqual(["one\n"]);
    expect(await texts(engine, { ...all, tail: 0 })).toEqual([]);
    expect(await texts(engine, { ...all, stdout: false })).toEqual([]);
    expect(await texts(engine, { ...all, since: Date.now() + 1000 })).toEqual([]);
  });

  it("follow what comes, and end with the container", async () => {
    const engine = testEngine();
    engine.runtime.programs.set("slow", async ({ write, stdin }) => {
      await write("first\n");
      await stdin.getReader().read();
      await write("second\n");
      return 0;
    });
    await engine.containers.create(request(["slow"], { name: "c1", config: { cmd: ["slow"], openStdin: true } }));
    const { stdin } = await engine.containers.attach("c1", { ...attach, stdin: true });
    await engine.containers.start("c1");
    await settle();
    const followed = texts(engine, { ...all, follow: true });
    await settle();
    await stdin?.getWriter().write(Uint8Array.of(10));
    expect(await followed).toEqual(["first\n", "second\n"]);
  });

  it("come first when an attachment asks for them", async () => {
    const engine = testEngine();
    await running(engine, ["echo", "past"]);
    await settle();
    const output = outputOf(await engine.containers.attach("c1", { ...attach, logs: true }));
    await engine.containers.start("c1");
    expect(await output).toBe("past\npast\n");
    expect(await outputOf(await engine.containers.attach("c1", { ...attach, logs: true, stream: false }))).toBe(
      "past\npast\n",
    );
  });
});

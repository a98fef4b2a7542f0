import { describe, expect, it } from "vitest";
import { ManualClock, request, settle, testEngine, type TestEngine } from "./testing.ts";

async function running(engine: TestEngine): Promise<void> {
  await engine.containers.create(request(["sleep"], { name: "c1" }));
  await engine.containers.start("c1");
}

describe("between two attempts of a restart policy", () => {
  async function waiting(): Promise<{ engine: TestEngine; clock: ManualClock; id: string }> {
    const clock = new ManualClock();
    const engine = testEngine({ clock });
    const restartPolicy = { name: "always", maximumRetryCount: 0 } as const;
    const { container } = await engine.containers.create(request(["false"], { name: "c1", host: { restartPolicy } }));
    await engine.containers.start("c1");
    await settle();
    expect(engine.containers.get("c1").state.status).toBe("restarting");
    return { engine, clock, id: container.id };
  }

  it("a container is not started, paused, looked into or entered", async () => {
    const { engine, id } = await waiting();
    await expect(engine.containers.start("c1")).rejects.toMatchObject({ kind: "not-modified" });
    const message = `Container ${id} is restarting, wait until the container is running`;
    await expect(engine.containers.pause("c1")).rejects.toThrow(message);
    await expect(engine.containers.top("c1", "-ef")).rejects.toThrow(message);
    const exec = {
      cmd: ["true"], env: [], workingDir: "", user: "", tty: false, attachStdin: false, attachStdout: true, attachStderr: true,
      privileged: false,
    }; // prettier-ignore
    await expect(engine.containers.createExec("c1", exec)).rejects.toThrow(message);
  });

  it("a kill calls the next attempt off, another signal does not", async () => {
    const { engine, clock } = await waiting();
    await engine.containers.kill("c1", "HUP");
    expect(engine.containers.get("c1").state.status).toBe("restarting");
    await engine.containers.kill("c1", "KILL");
    expect(engine.containers.get("c1").state).toMatchObject({ status: "exited", exitCode: 1 });
    await clock.advance(60_000);
    expect(engine.containers.get("c1").state.status).toBe("exited");
    expect(engine.actions).not.toContain("container kill");
  });
});

describe("a restart policy", () => {
  it("begins anew when the user starts the container", async () => {
    const clock = new ManualClock();
    const engine = testEngine({ clock });
    const restartPolicy = { name: "on-failure", maximumRetryCount: 3 } as const;
    await engine.containers.create(request(["false"], { name: "c1", host: { restartPolicy } }));
    await engine.containers.start("c1");
    for (const delayMs of [100, 200]) {
      await settle();
      await clock.advance(delayMs);
    }
    expect(engine.containers.get("c1")).toMatchObject({ restartCount: 2, state: { status: "restarting" } });
    await engine.containers.restart("c1");
    await settle();
    expect(engine.containers.get("c1")).toMatchObject({ restartCount: 0, state: { status: "restarting" } });
    await clock.advance(100);
    expect(engine.containers.get("c1").restartCount).toBe(1);
  });
});

describe("errors of the life cycle", () => {
  it("are Docker's", async () => {
    const engine = testEngine();
    await running(engine);
    const { id } = engine.containers.get("c1");
    await expect(engine.containers.stop("c1", { signal: "FOO" })).rejects.toMatchObject({
      kind: "internal",
      message: "cannot stop container: c1: invalid signal: FOO",
    });
    await expect(engine.containers.restart("c1", { signal: "FOO" })).rejects.toMatchObject({
      kind: "internal",
      message: "Cannot restart container c1: invalid signal: FOO",
    });
    await expect(engine.containers.unpause("c1")).rejects.toMatchObject({
      kind: "internal",
      message: `Container ${id} is not paused`,
    });
  });

  it("of a start are what a wait tells afterwards", async () => {
    const { containers } = testEngine();
    await containers.create(request(["nosuch"], { name: "c1" }));
    await expect(containers.start("c1")).rejects.toThrow();
    expect(await containers.wait("c1", "not-running")).toMatchObject({
      exitCode: 127,
      error: expect.stringContaining('exec: "nosuch": executable file not found in $PATH') as string,
    });
  });
});

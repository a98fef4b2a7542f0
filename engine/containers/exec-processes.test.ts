import { describe, expect, it } from "vitest";
import type { ExecConfig } from "./container-service.ts";
import { outputOf, request, settle, testEngine, type TestEngine } from "./testing.ts";

const config = (cmd: readonly string[], extra: Partial<ExecConfig> = {}): ExecConfig => ({
  cmd,
  env: [],
  workingDir: "",
  user: "",
  tty: false,
  attachStdin: false,
  attachStdout: true,
  attachStderr: true,
  privileged: false,
  ...extra,
});

async function engineWithContainer(): Promise<TestEngine> {
  const engine = testEngine();
  await engine.containers.create(
    request(["sleep"], { name: "web", config: { cmd: ["sleep"], env: ["A=1"], workingDir: "/srv", user: "root" } }),
  );
  await engine.containers.start("web");
  return engine;
}

describe("docker exec", () => {
  it("runs a process in the container's environment and keeps its exit code", async () => {
    const { containers, runtime, actions } = await engineWithContainer();
    const id = await containers.createExec("web", config(["echo", "hi"], { env: ["B=2"] }));
    expect(containers.inspectExec(id)).toMatchObject({
      running: false,
      exitCode: undefined,
      containerId: containers.get("web").id,
    });
    const attachment = await containers.startExec(id, { detach: false, tty: false });
    expect(await outputOf(attachment)).toBe("hi\n");
    expect(containers.inspectExec(id)).toMatchObject({ running: false, exitCode: 0 });
    expect(runtime.execs[0]).toMatchObject({
      args: ["echo", "hi"],
      cwd: "/srv",
      env: ["PATH=/bin", `HOSTNAME=${containers.get("web").config.hostname}`, "A=1", "B=2", "HOME=/root"],
      user: { uid: 0, gid: 0, additionalGids: [0, 10] },
    });
    expect(actions.slice(-3)).toEqual([
      "container exec_create: echo hi",
      "container exec_start: echo hi",
      "container exec_die",
    ]);
  });

  it("tells of an unknown command on its output, as Docker does", async () => {
    const { containers } = await engineWithContainer();
    const id = await containers.createExec("web", config(["nosuch"]));
    expect(await outputOf(await containers.startExec(id, { detach: false, tty: false }))).toBe(
      'OCI runtime exec failed: exec failed: unable to start container process: exec: "nosuch": executable file not found in $PATH\r\n',
    );
    expect(containers.inspectExec(id).exitCode).toBe(127);
  });

  it("passes input on", async () => {
    const { containers } = await engineWithContainer();
    const id = await containers.createExec("web", config(["cat"], { attachStdin: true }));
    const attachment = await containers.startExec(id, { detach: false, tty: false });
    const writer = attachment.stdin?.getWriter();
    await writer?.write(new TextEncoder().encode("in"));
    await writer?.close();
    expect(await outputOf(attachment)).toBe("in");
  });

  it("goes on when detached, and reads its output", async () => {
    const { containers } = await engineWithContainer();
    const id = await containers.createExec("web", config(["echo", "x"], { attachStdout: false, attachStderr: false }));
    await containers.startExec(id, { detach: true, tty: false });
    await settle();
    expect(containers.inspectExec(id).exitCode).toBe(0);
  });

  it("needs a running container, an unknown user is an error of the request", async () => {
    const { containers } = await engineWithContainer();
    const { id: webId } = containers.get("web");
    await expect(containers.createExec("web", config(["true"], { user: "nope" }))).rejects.toThrow(
      "unable to find user nope: no matching entries in passwd file",
    );
    await containers.pause("web");
    await expect(containers.createExec("web", config(["true"]))).rejects.toMatchObject({
      kind: "conflict",
      message: "Container web is paused, unpause the container before exec",
    });
    await containers.unpause("web");
    await containers.kill("web", "KILL");
    await expect(containers.createExec("web", config(["true"]))).rejects.toMatchObject({
      kind: "conflict",
      message: `container ${webId} is not running`,
    });
    await expect(containers.startExec("nope", { detach: false, tty: false })).rejects.toMatchObject({
      kind: "not-found",
      message: "No such exec instance: nope",
    });
  });

  it("is started once, and its window can be resized while it runs", async () => {
    const { containers, runtime } = await engineWithContainer();
    const id = await containers.createExec("web", config(["sleep"], { tty: true }));
    expect(containers.execIds("web")).toEqual([id]);
    await containers.startExec(id, { detach: false, tty: true, consoleSize: [24, 80] });
    await containers.resizeExec(id, 33, 99);
    expect(runtime.processes.at(-1)?.sizes).toEqual([[33, 99]]);
    await expect(containers.startExec(id, { detach: false, tty: true })).rejects.toThrow(
      `exec command ${id} is already running`,
    );
  });
});

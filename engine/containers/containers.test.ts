import { describe, expect, it } from "vitest";
import { outputOf, request, settle, testEngine } from "./testing.ts";

const attachAll = { stdin: true, stdout: true, stderr: true, stream: true, logs: false };

describe("docker run", () => {
  it("creates, attaches, waits, starts, and answers with output and exit code", async () => {
    const { containers, runtime } = testEngine();
    const { container } = await containers.create(request(["echo", "hello"]));
    const output = outputOf(await containers.attach(container.id, attachAll));
    const exit = containers.wait(container.id, "next-exit");
    await containers.start(container.id);
    expect(await output).toBe("hello\n");
    expect(await exit).toEqual({ exitCode: 0 });
    expect(containers.get(container.id).state).toMatchObject({ status: "exited", exitCode: 0, pid: 0 });
    expect(runtime.requests).toHaveLength(1);
    await settle();
    expect(runtime.deleted).toEqual([container.id]);
  });

  it("with --rm is gone when the wait for its removal is answered, and its name is free", async () => {
    const { containers, actions, snapshots } = testEngine();
    const { container } = await containers.create(request(["exit", "3"], { name: "once", host: { autoRemove: true } }));
    const gone = containers.wait(container.id, "removed");
    await containers.start("once");
    expect(await gone).toEqual({ exitCode: 3 });
    expect(() => containers.get("once")).toThrow("No such container: once");
    await containers.create(request(["true"], { name: "once" }));
    await settle();
    expect(snapshots.keys.size).toBe(1);
    expect(actions).toEqual([
      "container create",
      "network connect",
      "container start",
      "network disconnect",
      "container die",
      "container destroy",
      "container create",
    ]);
  });

  it("gives the input to the process and ends it with the client's end", async () => {
    const { containers } = testEngine();
    const { container } = await containers.create(
      request(["cat"], { config: { cmd: ["cat"], openStdin: true, stdinOnce: true, attachStdin: true } }),
    );
    const attachment = await containers.attach(container.id, attachAll);
    const writer = attachment.stdin?.getWriter();
    const written = writer?.write(new TextEncoder().encode("piped\n")).then(() => writer.close());
    await containers.start(container.id);
    expect(await outputOf(attachment)).toBe("piped\n");
    await written;
  });

  it("of an unknown command fails in runc's words, ends the attachment and keeps exit code 127", async () => {
    const { containers } = testEngine();
    const { container } = await containers.create(request(["nosuchcmd"]));
    const output = outputOf(await containers.attach(container.id, attachAll));
    await expect(containers.start(container.id)).rejects.toMatchObject({
      kind: "invalid-argument",
      message:
        'failed to create task for container: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: error during container init: exec: "nosuchcmd": executable file not found in $PATH',
    });
    expect(await output).toBe("");
    expect(containers.get(container.id).state).toMatchObject({ status: "created", exitCode: 127 });
  });
});

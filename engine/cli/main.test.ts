import { describe, expect, it } from "vitest";
import { createApp } from "../api/app.ts";
import { fakeServices } from "../api/testing/fake-services.ts";
import { type CliResult, FakeTerminal } from "./testing/fake-terminal.ts";

function shell(): (...argv: readonly string[]) => Promise<CliResult> {
  const app = createApp(fakeServices());
  return (...argv) => new FakeTerminal(app).docker(...argv);
}

describe("docker", () => {
  it("runs a container and prints what it prints", async () => {
    expect(await shell()("run", "--rm", "busybox", "echo", "hello")).toEqual({
      exitCode: 0,
      stdout: "hello\n",
      stderr: "",
    });
  });

  it("keeps stdout and stderr of the container apart", async () => {
    expect(await shell()("run", "busybox", "warn", "careful")).toEqual({
      exitCode: 0,
      stdout: "",
      stderr: "careful\n",
    });
  });

  it("exits with the container's code", async () => {
    expect(await shell()("run", "busybox", "exit", "3")).toMatchObject({ exitCode: 3 });
  });

  it("walks through a container's life", async () => {
    const docker = shell();
    const id = "c0ffee000001".padEnd(64, "0");
    expect(await docker("run", "-d", "--name", "web", "nginx")).toEqual({ exitCode: 0, stdout: `${id}\n`, stderr: "" });
    expect((await docker("ps", "-q")).stdout).toBe("c0ffee000001\n");
    expect((await docker("exec", "web", "echo", "hi")).stdout).toBe("hi\n");
    expect(await docker("rm", "web")).toMatchObject({
      exitCode: 1,
      stdout: "",
      stderr: expect.stringContaining("container is running") as string,
    });
    expect((await docker("stop", "web")).stdout).toBe("web\n");
    expect((await docker("logs", "web")).exitCode).toBe(0);
    expect((await docker("rm", "web")).stdout).toBe("web\n");
    expect((await docker("ps", "-aq")).stdout).toBe("");
  });

  it("pulls what is missing, and says so on stderr", async () => {
    const { exitCode, stdout, stderr } = await shell()("run", "hello-world");
    expect(exitCode).toBe(0);
    expect(stdout).toBe("Hello from Docker!\n");
    expect(stderr).toMatch(
      /^Unable to find image 'hello-world:latest' locally\nlatest: Pulling from library\/hello-world\n/,
    );
    expect(stderr).toMatch(/Status: Downloaded newer image for hello-world:latest\n$/);
  });
});

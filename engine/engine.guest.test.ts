import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { join } from "node:path";
import { openMemoryStorage } from "./content/browser-storage.ts";
import { createEngine } from "./engine.ts";
import type { Engine } from "./engine-options.ts";
import { createFileAssets } from "./node/file-assets.ts";
import { ShellSession } from "./testing/shell-session.ts";

const publicDirectory = join(import.meta.dirname, "..", "public");

let engine: Engine;
let shell: ShellSession;

beforeAll(async () => {
  engine = await createEngine({ assets: createFileAssets(publicDirectory), storage: openMemoryStorage() });
  shell = await ShellSession.open(engine);
  await shell.run("docker pull -q busybox");
});
afterAll(() => engine[Symbol.asyncDispose]());

describe("docker, typed into a shell of the guest", () => {
  it("pulls and runs hello-world", async () => {
    const { output, code } = await shell.run("docker run hello-world");
    expect(output).toContain("Unable to find image 'hello-world:latest' locally");
    expect(output).toContain("Hello from Docker!");
    expect(code).toBe(0);
  });

  it("gives the container's exit code, and 127, 126 and 125 where Docker does", async () => {
    expect((await shell.run("docker run --rm busybox sh -c 'exit 3'")).code).toBe(3);
    const missing = await shell.run("docker run --rm busybox nosuchcmd");
    expect(missing.output).toContain('exec: "nosuchcmd": executable file not found in $PATH');
    expect(missing.code).toBe(127);
    const directory = await shell.run("docker run --rm busybox /etc");
    expect(directory.output).toContain('exec: "/etc": is a directory: permission denied');
    expect(directory.code).toBe(126);
    const flag = await shell.run("docker run --badflag busybox");
    expect(flag.output).toContain("unknown flag: --badflag");
    expect(flag.code).toBe(125);
  });

  it("refuses a taken name and a taken port in Docker's words", async () => {
    await shell.run("docker run -d --name web -p 8080:80 busybox httpd -f -h /etc");
    const name = await shell.run("docker run -d --name web busybox true");
    expect(name.output).toMatch(/Conflict\. The container name "\/web" is already in use by container "[0-9a-f]{64}"/);
    expect(name.code).toBe(125);
    const port = await shell.run("docker run -d --name web2 -p 8080:80 busybox true");
    expect(port.output).toContain("Bind for 0.0.0.0:8080 failed: port is already allocated");
    expect(port.code).toBe(125);
    expect((await shell.run("curl -sSf --retry 20 --retry-connrefused localhost:8080/passwd")).output).toContain(
      "root:",
    );
    await shell.run("docker rm -f web web2");
  });

  it("says that an image does not exist", async () => {
    const { output, code } = await shell.run("docker run --pull never nosuchimage");
    expect(output).toContain("No such image: nosuchimage:latest");
    expect(code).toBe(125);
    expect((await shell.run("docker nosuchcommand")).code).not.toBe(0);
  });

  it("works in pipes and substitutions", async () => {
    expect((await shell.run("echo piped | docker run --rm -i busybox cat")).output).toBe("piped\n");
    await shell.run("docker run -d --name one busybox sleep 100; docker run -d --name two busybox sleep 100");
    expect((await shell.run("docker rm -f $(docker ps -q) | wc -l", { timeoutMs: 60_000 })).output.trim()).toBe("2");
  });

  it("survives a full disk: the writer is told, what was there stays, and there is room again afterwards", async () => {
    await shell.run("docker run -d --name keeper busybox sh -c 'echo kept > /kept; sleep 1000'");
    const full = await shell.run("docker run --name filler busybox dd if=/dev/zero of=/fill bs=1M", {
      timeoutMs: 90_000,
    });
    expect(full.output).toContain("No space left on device");
    expect(full.code).toBe(1);
    expect((await shell.run("docker exec keeper cat /kept")).output).toBe("kept\n");
    await shell.run("docker rm filler", { timeoutMs: 60_000 });
    expect((await shell.run("docker run --rm busybox sh -c 'echo room > /x && cat /x'")).output).toBe("room\n");
    await shell.run("docker rm -f keeper");
  }, 240_000);

  it("says when the kernel killed a container for want of memory", async () => {
    const command = "docker run --name hungry --memory 16m busybox sh -c 'x=x; while :; do x=$x$x; done'";
    expect((await shell.run(command, { timeoutMs: 90_000 })).code).toBe(137);
    expect((await shell.run("docker inspect -f '{{.State.OOMKilled}}' hungry")).output.trim()).toBe("true");
    await shell.run("docker rm hungry");
  }, 120_000);
});

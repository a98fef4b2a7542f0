import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { collect } from "./base/streams.ts";
import { openMemoryStorage } from "./content/browser-storage.ts";
import { createEngine } from "./engine.ts";
import type { CommandRequest, Engine } from "./engine-options.ts";
import { createFileAssets } from "./node/file-assets.ts";

let engine: Engine;

beforeAll(async () => {
  const assets = createFileAssets(join(import.meta.dirname, "..", "public"));
  engine = await createEngine({ assets, storage: openMemoryStorage() });
});
afterAll(() => engine[Symbol.asyncDispose]());

async function run(command: string, options: Partial<CommandRequest> = {}) {
  const { output, exited } = await engine.runCommand({ command, ...options });
  const [bytes, { code }] = await Promise.all([collect(output), exited]);
  return { output: new TextDecoder().decode(bytes), code };
}

it("gives both output streams in one order, and the shell's exit code", async () => {
  expect(await run("echo one; echo two >&2; echo three; exit 7")).toEqual({ output: "one\ntwo\nthree\n", code: 7 });
  expect((await run("kill -TERM $$")).code).toBe(143);
});

it("runs what a person would type, with a variable of the caller's and in the caller's directory", async () => {
  const { output } = await run("cd etc && pwd; echo $GREETING; [ -t 1 ] || echo no terminal; read x || echo no input", {
    directory: "/",
    environment: { GREETING: "it's here" },
  });
  expect(output).toBe("/etc\nit's here\nno terminal\nno input\n");
  expect((await run("docker run --rm busybox sh -c 'echo from a container; exit 5'")).output).toContain(
    "from a container\n",
  );
  expect((await run("docker run --rm busybox sh -c 'exit 5'")).code).toBe(5);
});

it("says what is wrong with the command in the shell's words", async () => {
  const { output, code } = await run("if");
  expect(output).toMatch(/syntax error/);
  expect(output).not.toContain("exec 2>&1");
  expect(code).not.toBe(0);
  expect((await run("nosuchprogram")).code).toBe(127);
  await expect(run("pwd", { directory: "/no/such/place" })).rejects.toThrow(/no such file or directory/i);
});

it("kills the command with everything it has started, and leaves nothing behind", async () => {
  const running = await engine.runCommand({ command: "sleep 4001 & (sleep 4002; true) & sleep 4003" });
  await expect.poll(async () => (await run("grep -lx sleep /proc/[0-9]*/comm | wc -l")).output).toBe("3\n");
  await running.kill();
  expect((await running.exited).code).toBe(137);
  await collect(running.output);
  await expect.poll(async () => (await run("grep -lx sleep /proc/[0-9]*/comm | wc -l")).output).toBe("0\n");
  expect((await run("ls -d /sys/fs/cgroup/commands/*/ | wc -l")).output).toBe("1\n");
});

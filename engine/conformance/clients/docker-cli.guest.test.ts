/** The real `docker` command, 28 (where the machine has it) and Debian's 20.10, against the socket. */
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type CommandResult, debianDocker, dockerOnPath, runClient, runOnTerminal } from "./clients.ts";
import { type EngineProcess, startEngine } from "./engine-process.ts";

let engine: EngineProcess;

beforeAll(async () => {
  engine = await startEngine();
});

afterAll(() => engine[Symbol.asyncDispose]());

const PROGRAMS = { "28": dockerOnPath(28), "20.10": await debianDocker() };

describe.each(Object.entries(PROGRAMS))("docker %s", (version, program) => {
  const docker = (line: string, input?: string): Promise<CommandResult> =>
    runClient(program ?? "", split(line), { host: engine.host, ...(input !== undefined && { input }) });
  const ok = async (line: string, input?: string): Promise<string> => {
    const { code, stdout, stderr } = await docker(line, input);
    expect({ line, code, stderr }).toMatchObject({ line, code: 0 });
    return stdout;
  };
  const here = it.skipIf(program === undefined);

  here("agrees on an API version", async () => {
    const shown = JSON.parse(await ok("version --format '{{json .}}'")) as { Client: { Version: string } };
    expect(shown.Client.Version).toContain(version);
    expect(await ok("info --format '{{.OSType}} {{.Swarm.LocalNodeState}}'")).toBe("linux inactive\n");
  });

  here("pulls what run needs, and runs it", async () => {
    const { stdout, stderr, code } = await docker("run --rm hello-world");
    expect(stderr + stdout).toContain("Hello from");
    expect(code).toBe(0);
    expect(await ok("images --format {{.Repository}}:{{.Tag}} hello-world")).toBe("hello-world:latest\n");
    await ok("rmi hello-world");
  });

  here("has Docker's exit codes", async () => {
    expect((await docker("run --rm busybox sh -c 'exit 7'")).code).toBe(7);
    expect(await docker("run --rm busybox nosuchcmd")).toMatchObject({
      code: 127,
      stderr: expect.stringContaining('exec: "nosuchcmd": executable file not found in $PATH'),
    });
    expect((await docker("run --rm busybox /etc")).code).toBe(126);
    expect((await docker("run --rm --memory 1 busybox true")).code).toBe(125);
  });

  here("feeds standard input", async () => {
    expect(await ok("run -i --rm busybox wc -c", "x".repeat(3_000_000))).toBe("3000000\n");
  });

  here("does what people do with containers", async () => {
    await ok("run -d --name web -p 0:80 -e A=1 --label role=web busybox httpd -f -h /etc");
    expect(await ok("ps --filter label=role=web --format {{.Names}}")).toBe("web\n");
    expect(await ok("port web 80")).toMatch(/^0\.0\.0\.0:\d+$/m);
    expect(await ok("exec web sh -c 'echo $A'")).toBe("1\n");
    expect((await docker("exec web sh -c 'exit 4'")).code).toBe(4);
    expect(await ok("top web")).toMatch(/httpd -f -h \/etc/);
    expect(await ok("stats --no-stream --format {{.Name}}:{{.PIDs}} web")).toBe("web:1\n");
    expect(await ok("inspect --format {{.State.Status}} web")).toBe("running\n");
    await ok("pause web");
    expect(await ok("ps --filter name=web --format {{.Status}}")).toMatch(/\(Paused\)/);
    await ok("unpause web");
    await ok("rename web site");
    await ok("update --memory 64m --memory-swap 64m site");
    expect(await ok("exec site cat /sys/fs/cgroup/memory.max")).toBe("67108864\n");
    await ok("restart -t 0 site");
    expect((await docker("rm site")).stderr).toContain("container is running");
    await ok("stop -t 0 site");
    await ok("rm site");
  });

  here("shows logs of both kinds", async () => {
    await ok("run --name talker busybox sh -c 'echo out; echo err >&2'");
    expect(await docker("logs talker")).toMatchObject({ stdout: "out\n", stderr: "err\n" });
    expect(await ok("logs --tail 1 -t talker")).toMatch(/^(\d{4}-\S+Z out\n)?$/);
    await ok("rm talker");
  });

  here("copies files and shows what changed", async () => {
    const directory = mkdtempSync(join(tmpdir(), "drydock-cp-"));
    writeFileSync(join(directory, "in"), "from here\n");
    await ok("create --name disk busybox sh -c 'cat /in > /out'");
    await ok(`cp ${directory}/in disk:/in`);
    await ok("start -a disk");
    await ok(`cp disk:/out ${directory}/out`);
    expect(readFileSync(join(directory, "out"), "utf8")).toBe("from here\n");
    expect((await ok("diff disk")).split("\n")).toEqual(expect.arrayContaining(["A /in", "A /out"]));
    await ok(`export -o ${directory}/root.tar disk`);
    await ok(`import ${directory}/root.tar imported:one`);
    expect(await ok("run --rm imported:one cat /out")).toBe("from here\n");
    await ok("commit disk committed:one");
    await ok(`save -o ${directory}/image.tar committed:one`);
    await ok("rmi committed:one imported:one");
    expect(await ok(`load -i ${directory}/image.tar`)).toContain("Loaded image: committed:one");
    expect(await ok("run --rm committed:one cat /out")).toBe("from here\n");
    await ok("rm disk");
    await ok("rmi committed:one");
  });

  here("makes networks and volumes", async () => {
    await ok("network create --subnet 10.20.0.0/24 blue");
    await ok("volume create data");
    await ok("run -d --name one --network blue --network-alias uno -v data:/data busybox sleep 1000");
    expect(await ok("run --rm --network blue -v data:/data busybox nslookup uno 127.0.0.11")).toContain("10.20.0.2");
    await ok("network disconnect blue one");
    await ok("network connect --alias due bridge one").catch(() => undefined);
    expect((await docker("volume rm data")).stderr).toContain("volume is in use");
    await ok("rm -f one");
    await ok("volume rm data");
    await ok("network rm blue");
  });

  here("hears events", async () => {
    const since = Math.floor(Date.now() / 1000);
    await ok("run --rm --name heard busybox true");
    const events = await ok(
      `events --since ${since} --until ${Math.ceil(Date.now() / 1000) + 1} --filter container=heard --format {{.Action}}`,
    );
    expect(events.split("\n")).toEqual(expect.arrayContaining(["create", "start", "die", "destroy"]));
  });

  here("is a shell on a terminal", async () => {
    const screen = await runOnTerminal(`${program} run -it --rm busybox`, engine.host, ["echo $((6 * 7))\r", "exit\r"]);
    expect(screen).toMatch(/^42\r$/m);
  });

  here("cleans up", async () => {
    await ok("create busybox");
    expect(await ok("container prune -f")).toContain("Deleted Containers:");
    expect(await ok("system df")).toMatch(/^Images/m);
    expect(await ok("ps -aq")).toBe("");
    expect(await ok("system prune -f")).toContain("Total reclaimed space");
  });
});

/** Words of a command line; quotes group. */
function split(line: string): readonly string[] {
  return [...line.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? "");
}

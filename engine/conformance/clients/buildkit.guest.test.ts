/** Docker's own clients with BuildKit's protocol: buildx (where the machine has it), and the 20.10 client, which asks its session for everything. */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type CommandResult, debianDocker, dockerOnPath, runClient } from "./clients.ts";
import { type EngineProcess, startEngine } from "./engine-process.ts";

let engine: EngineProcess;
let context: string;
/** The clients' own settings and what they make. */
let home: string;

beforeAll(async () => {
  engine = await startEngine();
  context = mkdtempSync(join(tmpdir(), "drydock-buildkit-"));
  home = mkdtempSync(join(tmpdir(), "drydock-client-"));
  mkdirSync(join(context, "sub"));
  writeFileSync(join(context, "a.txt"), "one\n");
  writeFileSync(join(context, "sub/b.sh"), "#!/bin/sh\necho two\n", { mode: 0o755 });
  symlinkSync("a.txt", join(context, "link"));
  writeFileSync(join(context, "big.bin"), Buffer.alloc(3_000_000, 1));
  writeFileSync(join(context, "secret.txt"), "hidden");
  writeFileSync(join(context, ".dockerignore"), "secret.txt\n.dockerignore\ntoken\nBroken\nUntidy\n");
  writeFileSync(
    join(context, "Dockerfile"),
    [
      "FROM busybox AS base",
      "RUN --mount=type=secret,id=token test $(cat /run/secrets/token) = swordfish",
      "COPY . /ctx",
      "RUN cat /ctx/link && /ctx/sub/b.sh && wc -c < /ctx/big.bin && ls -A /ctx > /list",
      "FROM scratch AS out",
      "COPY --from=base /list /ctx/a.txt /",
    ].join("\n"),
  );
});

afterAll(() => engine[Symbol.asyncDispose]());

const hasBuildx = spawnSync("docker", ["buildx", "version"]).status === 0;
const CLIENTS = {
  "buildx of docker 28": hasBuildx ? dockerOnPath(28) : undefined,
  "docker 20.10": await debianDocker(),
};

describe.each(Object.entries(CLIENTS))("%s", (name, program) => {
  const tag = name.replace(/\W/g, "");
  const here = it.skipIf(program === undefined);
  const isBuildx = name.startsWith("buildx");
  const buildx = it.skipIf(program === undefined || !isBuildx);
  const docker = (...args: readonly string[]): Promise<CommandResult> =>
    runClient(program ?? "", args, {
      host: engine.host,
      cwd: context,
      environment: { DOCKER_BUILDKIT: "1", TOKEN: "swordfish", DOCKER_CONFIG: home },
    });
  const secret = isBuildx ? "id=token,env=TOKEN" : "id=token,src=token";

  beforeAll(() => {
    writeFileSync(join(context, "token"), "swordfish");
    const plugins = join(process.env["HOME"] ?? "", ".docker/cli-plugins");
    if (isBuildx && hasBuildx)
      writeFileSync(join(home, "config.json"), JSON.stringify({ cliPluginsExtraDirs: [plugins] }));
  });

  here("sends its files and secrets, and shows the steps", async () => {
    const { code, stderr } = await docker(
      "build",
      "--progress=plain",
      "--secret",
      secret,
      "--target",
      "base",
      "-t",
      tag,
      ".",
    );
    expect({ code, stderr }).toMatchObject({ code: 0 });
    expect(stderr).toContain("RUN cat /ctx/link");
    expect(stderr).toMatch(/\d\.\d+ one\n/);
    expect(stderr).toMatch(/\d\.\d+ 3000000\n/);
    const listed = await docker("run", "--rm", tag, "cat", "/list");
    expect(listed.stdout).toBe("Dockerfile\na.txt\nbig.bin\nlink\nsub\n");
  });

  here("takes from the cache what it has made, and makes the same image", async () => {
    const id = (await docker("inspect", "--format", "{{.Id}}", tag)).stdout;
    const { stderr } = await docker(
      "build",
      "--progress=plain",
      "--secret",
      secret,
      "--target",
      "base",
      "-t",
      tag,
      ".",
    );
    expect(stderr.match(/CACHED/g)?.length).toBeGreaterThanOrEqual(3);
    expect((await docker("inspect", "--format", "{{.Id}}", tag)).stdout).toBe(id);
  });

  here("says where a build went wrong", async () => {
    writeFileSync(join(context, "Broken"), "FROM busybox\nRUN echo before; exit 7\n");
    const { code, stderr } = await docker("build", "--progress=plain", "-f", "Broken", ".");
    expect(code).toBe(1);
    expect(stderr).toContain("before");
    expect(stderr).toContain('process "/bin/sh -c echo before; exit 7" did not complete successfully: exit code: 7');
    if (isBuildx) expect(stderr).toContain("   2 | >>> RUN echo before; exit 7");
  });

  buildx("takes the result as files", async () => {
    const output = join(home, "out");
    const { code, stderr } = await docker("build", "--secret", secret, "-o", output, ".");
    expect({ code, stderr }).toMatchObject({ code: 0 });
    expect(readFileSync(join(output, "a.txt"), "utf8")).toBe("one\n");
    expect(readFileSync(join(output, "list"), "utf8")).toContain("big.bin");
  });

  buildx("checks, and prints what was found", async () => {
    writeFileSync(join(context, "Untidy"), "from busybox as Base\nRUN true\n");
    const { code, stdout } = await docker("build", "--check", "-f", "Untidy", ".");
    expect(code).toBe(1);
    expect(stdout).toContain("StageNameCasing");
  });

  buildx("lists and prunes the cache", async () => {
    expect((await docker("buildx", "du")).stdout).toMatch(/Reclaimable:\s+\d/);
    expect((await docker("builder", "prune", "-af")).stdout).toMatch(/Total:/);
    expect((await docker("buildx", "du")).stdout).toMatch(/Total:\s+0B/);
  });
});

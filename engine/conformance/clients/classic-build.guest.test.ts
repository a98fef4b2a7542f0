/** Builds by clients of the classic builder: `docker` with BuildKit switched off, and dockerode. */
import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Docker from "dockerode";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type CommandResult, debianDocker, dockerOnPath, runClient } from "./clients.ts";
import { type EngineProcess, startEngine } from "./engine-process.ts";
import { tarOf } from "./tar.ts";

let engine: EngineProcess;
let directory: string;

const DOCKERFILE = `FROM busybox AS base
ARG GREETING=hello
COPY a.txt /data/
RUN echo $GREETING > /greeting && cat /data/a.txt
FROM base
ENV MODE=test
CMD ["cat", "/greeting"]
`;

beforeAll(async () => {
  engine = await startEngine();
  directory = mkdtempSync(join(tmpdir(), "drydock-build-"));
  mkdirSync(join(directory, "left-out"));
  writeFileSync(join(directory, "Dockerfile"), DOCKERFILE);
  writeFileSync(join(directory, "Failing"), "FROM busybox\nRUN echo oops; exit 3\n");
  writeFileSync(join(directory, "a.txt"), "from the context\n");
  writeFileSync(join(directory, "left-out/x"), "x");
  writeFileSync(join(directory, ".dockerignore"), "left-out\n");
});

afterAll(() => engine[Symbol.asyncDispose]());

const PROGRAMS = { "28": dockerOnPath(28), "20.10": await debianDocker() };

describe.each(Object.entries(PROGRAMS))("docker %s with DOCKER_BUILDKIT=0", (version, program) => {
  const docker = (...args: readonly string[]): Promise<CommandResult> =>
    runClient(program ?? "", args, { host: engine.host, cwd: directory, environment: { DOCKER_BUILDKIT: "0" } });
  const here = it.skipIf(program === undefined);
  const tag = `classic:${version}`;

  here("builds, shows each step, and names the image", async () => {
    const { code, stdout, stderr } = await docker("build", "-t", tag, "--build-arg", "GREETING=hi", "--no-cache", ".");
    expect({ code, stderr: stderr.replace(/^DEPRECATED[^]*?\n\n/, "") }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toMatch(/Step 1\/7 : FROM busybox AS base\n ---> [0-9a-f]{12}\n/);
    expect(stdout).toMatch(/: RUN echo \$GREETING[^\n]*\n ---> Running in [0-9a-f]{12}\nfrom the context\n/);
    expect(stdout).toMatch(new RegExp(`Successfully built [0-9a-f]{12}\nSuccessfully tagged ${tag}\n$`));
    expect((await docker("run", "--rm", tag)).stdout).toBe("hi\n");
    expect((await docker("inspect", "-f", "{{.Config.Env}}", tag)).stdout).toContain("MODE=test");
  });

  here("takes what it has built before from the cache", async () => {
    const { stdout } = await docker("build", "-t", tag, "--build-arg", "GREETING=hi", ".");
    expect(stdout).toMatch(/: RUN echo \$GREETING[^\n]*\n ---> Using cache\n/);
    const quiet = await docker("build", "-q", "--build-arg", "GREETING=hi", ".");
    const { stdout: id } = await docker("inspect", "-f", "{{.Id}}", tag);
    expect(quiet).toMatchObject({ code: 0, stdout: id });
  });

  here("fails with the code of the step", async () => {
    const { code, stdout, stderr } = await docker("build", "-f", "Failing", ".");
    expect(code).toBe(3);
    expect(stdout).toContain("oops\n");
    expect(stderr).toContain("The command '/bin/sh -c echo oops; exit 3' returned a non-zero code: 3");
  });
});

describe("dockerode", () => {
  const connect = (): Docker => new Docker({ socketPath: engine.socket });

  interface Event {
    readonly stream?: string;
    readonly aux?: { readonly ID: string };
    readonly error?: string;
    readonly id?: string;
  }

  async function follow(docker: Docker, stream: NodeJS.ReadableStream): Promise<readonly Event[]> {
    return await new Promise((resolve, reject) =>
      docker.modem.followProgress(stream, (error, events) => (error ? reject(error) : resolve(events as Event[]))),
    );
  }

  it("builds an image of a tar file", async () => {
    const docker = connect();
    const files = tarOf({ Dockerfile: DOCKERFILE, "a.txt": "sent\n" });
    const events = await follow(docker, await docker.buildImage(files, { t: "rode:1", labels: { made: "here" }, nocache: true })); // prettier-ignore
    expect(events.map(({ stream = "" }) => stream).join("")).toContain("sent\n");
    const { ID } = events.findLast(({ aux }) => aux !== undefined)?.aux ?? {};
    const image = await docker.getImage("rode:1").inspect();
    expect(image.Id).toBe(ID);
    expect(image.Config.Labels).toMatchObject({ made: "here" });
    await docker.getImage("rode:1").remove();
  });

  it("stops at the target, and says what is wrong", async () => {
    const docker = connect();
    const files = (): NodeJS.ReadableStream => tarOf({ Dockerfile: DOCKERFILE, "a.txt": "sent\n" });
    const events = await follow(docker, await docker.buildImage(files(), { t: "rode:2", target: "base" }));
    expect(events.map(({ stream = "" }) => stream).join("")).toMatch(/^Step 1\/4 : /);
    await docker.getImage("rode:2").remove();
    await expect(docker.buildImage(files(), { target: "nope" })).rejects.toMatchObject({
      statusCode: 400,
      message: expect.stringContaining('target stage "nope" could not be found') as string,
    });
    await expect(docker.buildImage(tarOf({ Dockerfile: "FOO\n" }), {})).rejects.toMatchObject({ statusCode: 400 });
  });
});

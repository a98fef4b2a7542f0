/** Debian's docker-compose 1.29, on docker-py: legacy filters, attach over a hijacked socket. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runClient } from "./clients.ts";
import { type EngineProcess, startEngine } from "./engine-process.ts";

const isInstalled = spawnSync("docker-compose", ["version"]).status === 0;

let engine: EngineProcess;
let project: string;

beforeAll(async () => {
  engine = await startEngine();
  project = mkdtempSync(join(tmpdir(), "shop-"));
  writeFileSync(
    join(project, "docker-compose.yml"),
    `version: "2"
services:
  db:
    image: busybox
    command: sh -c "echo stored > /data/row; exec httpd -f -h /data -p 3306"
    volumes: ["data:/data"]
    restart: always
    environment: {PASSWORD: secret}
  web:
    image: busybox
    depends_on: [db]
    command: sh -c "until wget -qO- http://db:3306/row; do sleep 0.1; done; exec httpd -f -h /etc -p 80"
    ports: ["80"]
volumes: {data: {}}
`,
  );
});

afterAll(() => engine[Symbol.asyncDispose]());

describe.runIf(isInstalled)("docker-compose 1.29", () => {
  const compose = async (...args: readonly string[]): Promise<string> => {
    const result = await runClient("docker-compose", ["-p", "shop", ...args], { host: engine.host, cwd: project });
    expect({ args, code: result.code, stderr: result.stderr }).toMatchObject({ args, code: 0 });
    return result.stdout + result.stderr;
  };

  it("brings a project up, shows it, scales it and takes it down", async () => {
    expect(await compose("up", "-d")).toMatch(/Creating shop_web_1\s*\.\.\. done/);
    expect(await compose("ps")).toMatch(/shop_db_1\s.*Up/);
    expect(await compose("exec", "-T", "db", "cat", "/data/row")).toBe("stored\n");
    expect(await compose("port", "web", "80")).toMatch(/^0\.0\.0\.0:\d+$/m);
    expect(await compose("exec", "-T", "web", "sh", "-c", "wget -qO- http://db:3306/row")).toBe("stored\n");
    expect(await compose("logs", "web")).toContain("stored");
    expect(await compose("run", "--rm", "web", "echo", "once")).toContain("once");
    await compose("up", "-d", "--scale", "web=2");
    expect((await compose("ps", "-q", "web")).trim().split("\n")).toHaveLength(2);
    await compose("restart", "-t", "0");
    await compose("stop", "-t", "0");
    expect(await compose("down", "-v", "-t", "0")).toMatch(/Removing network shop_default/);
    expect(await compose("ps", "-q")).toBe("");
  });
});

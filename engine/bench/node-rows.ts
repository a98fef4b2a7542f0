import { fileURLToPath } from "node:url";
import { dirname, join } from "node:path";
import { createEngine } from "../engine.ts";
import type { Engine, EngineOptions } from "../engine-options.ts";
import { openMemoryStorage } from "../content/browser-storage.ts";
import { createFileAssets } from "../node/file-assets.ts";
import { ShellSession } from "../testing/shell-session.ts";
import { buildRows } from "./build-rows.ts";
import { containerRows } from "./container-rows.ts";
import { commitRows, copyRows } from "./copy-rows.ts";
import type { Row } from "./statistics.ts";

const publicDirectory = join(dirname(fileURLToPath(import.meta.url)), "..", "..", "public");

function boot(options: Partial<EngineOptions> = {}): Promise<Engine> {
  return createEngine({ assets: createFileAssets(publicDirectory), storage: openMemoryStorage(), ...options });
}

/** What can be measured without a browser. */
export async function nodeRows(say: (text: string) => void): Promise<Row[]> {
  return [
    {
      id: "cold-boot",
      title: "cold boot to a usable engine",
      unit: "ms",
      where: "node",
      target: 4000,
      samples: await boots(3, true, say),
    },
    {
      id: "restore",
      title: "restored to a usable engine",
      unit: "ms",
      where: "node",
      samples: await boots(10, false, say),
    },
    ...(await commandRows(say)),
    ...(await copyRows(say)),
  ];
}

async function boots(count: number, coldBoot: boolean, say: (text: string) => void): Promise<number[]> {
  const samples: number[] = [];
  for (let index = 0; index < count; index++) {
    say(`${coldBoot ? "cold boot" : "restore"} ${index + 1}/${count}`);
    await using engine = await boot({ coldBoot });
    samples.push(engine.boot.milliseconds);
  }
  return samples;
}

async function commandRows(say: (text: string) => void): Promise<Row[]> {
  await using engine = await boot();
  await using shell = await ShellSession.open(engine);
  say("commands");
  const first = await shell.run("docker run hello-world");
  await shell.run("docker run --rm busybox true");
  const run = await repeat(shell, "docker run --rm busybox true", 20);
  const bare = engine.trace
    .spans()
    .filter((span) => span.name === "runtime.start")
    .slice(-20)
    .map((span) => span.durationMs);
  await shell.run("docker run -d --name box busybox sleep 1000");
  await shell.run("docker exec box true");
  const exec = await repeat(shell, "docker exec box true", 20);
  const list = await repeat(shell, "docker ps", 20);
  const api = await apiSamples(engine, 50);
  await shell.run("docker rm -f box");
  const builds = await buildRows(engine, shell, say);
  const more = [...(await containerRows(engine, say)), ...(await commitRows(engine, say)), ...builds];
  const node = { where: "node", unit: "ms" } as const;
  return [
    {
      id: "hello-world-first",
      title: "docker run hello-world, first time",
      ...node,
      target: 1000,
      samples: [first.milliseconds],
    },
    { id: "run-true", title: "docker run --rm busybox true, warm", ...node, target: 270, samples: run },
    {
      id: "runtime-start",
      title: "  of it: the START request (namespaces, mounts, network, exec)",
      ...node,
      samples: bare,
    },
    { id: "exec-true", title: "docker exec c true, warm", ...node, target: 100, samples: exec },
    { id: "ps", title: "docker ps", ...node, samples: list },
    { id: "ps-api", title: "GET /containers/json", ...node, target: 20, samples: api },
    ...more,
  ];
}

async function repeat(shell: ShellSession, command: string, count: number): Promise<number[]> {
  const samples: number[] = [];
  for (let index = 0; index < count; index++) {
    const result = await shell.run(command);
    if (result.code !== 0) throw new Error(`${command}: exit code ${result.code}\n${result.output}`);
    samples.push(result.milliseconds);
  }
  return samples;
}

async function apiSamples(engine: Engine, count: number): Promise<number[]> {
  const samples: number[] = [];
  for (let index = 0; index < count; index++) {
    const started = performance.now();
    const response = await engine.fetch({
      method: "GET",
      path: "/containers/json",
      query: new URLSearchParams(),
      headers: new Map(),
      body: undefined,
    });
    await new Response(response.body ?? null).arrayBuffer();
    samples.push(performance.now() - started);
  }
  return samples;
}

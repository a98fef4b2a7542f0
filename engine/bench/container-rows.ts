import type { Engine } from "../engine-options.ts";
import { ApiSession } from "../testing/api-session.ts";
import type { Row } from "./statistics.ts";

const NODE = { where: "node" } as const;
/** What the attach row moves. */
const ATTACH_BYTES = 8 << 20;

/** What clients do to many containers, and what the engine costs beside the machine itself; busybox must be here. */
export async function containerRows(engine: Engine, say: (text: string) => void): Promise<Row[]> {
  const api = new ApiSession(engine);
  say("stats");
  const stats = await statsOfTwenty(api, 20);
  say("exec, run and attach");
  const exec = await execs(api, 20);
  const overhead = await overheads(engine, api, 10);
  const attach = await throughput(engine, api, 3);
  return [
    { id: "stats-20", title: "stats of 20 containers", ...NODE, unit: "ms", target: 50, samples: stats },
    { id: "exec-api", title: "exec of true in a container, by the API", ...NODE, unit: "ms", samples: exec },
    {
      id: "run-overhead",
      title: "create, start, wait and remove, against start to exit of the bare process",
      ...NODE,
      unit: "ratio",
      samples: overhead,
    },
    { id: "attach", title: "attached output", ...NODE, unit: "MB/s", direction: "at-least", samples: attach },
  ];
}

async function statsOfTwenty(api: ApiSession, count: number): Promise<number[]> {
  const ids: string[] = [];
  for (let index = 0; index < 20; index++) {
    ids.push(await api.create({ Cmd: ["sleep", "1000"] }));
    await api.request("POST", `/containers/${ids.at(-1)}/start`);
  }
  const samples = await repeat(count, () =>
    Promise.all(ids.map((id) => api.request("GET", `/containers/${id}/stats?stream=0&one-shot=1`))),
  );
  await Promise.all(ids.map((id) => api.request("DELETE", `/containers/${id}?force=1`)));
  return samples;
}

async function execs(api: ApiSession, count: number): Promise<number[]> {
  const id = await api.create({ Cmd: ["sleep", "1000"] });
  await api.request("POST", `/containers/${id}/start`);
  const samples = await repeat(count, async () => {
    const created = await api.request("POST", `/containers/${id}/exec`, { Cmd: ["true"], AttachStdout: true });
    await api.request("POST", `/exec/${String(created.json["Id"])}/start`, {});
  });
  await api.request("DELETE", `/containers/${id}?force=1`);
  return samples;
}

/** The trace tells of each run how long the machine had it. */
async function overheads(engine: Engine, api: ApiSession, count: number): Promise<number[]> {
  const samples: number[] = [];
  for (let index = 0; index < count; index++) {
    const startedMs = performance.now();
    const [milliseconds = 0] = await repeat(1, async () => {
      const id = await api.create({ Cmd: ["true"] });
      await api.request("POST", `/containers/${id}/start`);
      await api.request("POST", `/containers/${id}/wait`);
      await api.request("DELETE", `/containers/${id}`);
    });
    const bare = engine.trace
      .spans()
      .filter(({ name, startMs }) => startMs >= startedMs && (name === "runtime.start" || name === "container.run"))
      .reduce((sum, { durationMs }) => sum + durationMs, 0);
    if (bare > 0) samples.push(milliseconds / bare);
  }
  return samples;
}

/** Megabytes in a second, from the process to the client. */
async function throughput(engine: Engine, api: ApiSession, count: number): Promise<number[]> {
  const command = `dd if=/dev/zero bs=64k count=${ATTACH_BYTES >> 16} 2>/dev/null`;
  const samples: number[] = [];
  for (let index = 0; index < count; index++) {
    const id = await api.create({ Cmd: ["sh", "-c", command], AttachStdout: true });
    const attached = await engine.fetch({
      method: "POST",
      path: `/containers/${id}/attach`,
      query: new URLSearchParams("stream=1&stdout=1"),
      headers: new Map(),
      body: undefined,
    });
    const [milliseconds = 0] = await repeat(1, async () => {
      await api.request("POST", `/containers/${id}/start`);
      await attached.body?.pipeTo(new WritableStream());
    });
    samples.push(ATTACH_BYTES / 1000 / milliseconds);
    await api.request("DELETE", `/containers/${id}?force=1`);
  }
  return samples;
}

async function repeat(count: number, work: () => Promise<unknown>): Promise<number[]> {
  const samples: number[] = [];
  for (let index = 0; index < count; index++) {
    const started = performance.now();
    await work();
    samples.push(performance.now() - started);
  }
  return samples;
}

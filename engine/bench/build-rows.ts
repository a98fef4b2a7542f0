import { writeTar } from "../oci/tar-writer.ts";
import { streamOf } from "../base/streams.ts";
import type { Engine } from "../engine-options.ts";
import { ApiSession } from "../testing/api-session.ts";
import type { ShellSession } from "../testing/shell-session.ts";
import type { Row } from "./statistics.ts";

const FILES = 1000;
const FILE_BYTES = 20_000;
const FIVE_STEPS = [
  "FROM busybox",
  "WORKDIR /site",
  "COPY index.html .",
  "RUN echo made > made.txt",
  "ENV A=1",
  'CMD ["httpd", "-f"]',
];

/** `docker build`, typed in `/root/workspace`. */
export async function buildRows(engine: Engine, shell: ShellSession, say: (text: string) => void): Promise<Row[]> {
  say("docker build");
  const ok = async (line: string): Promise<number> => {
    const { code, output, milliseconds } = await shell.run(line, { timeoutMs: 120_000 });
    if (code !== 0) throw new Error(`${line}: exit code ${code}\n${output}`);
    return milliseconds;
  };
  await ok("mkdir -p /root/workspace/five /root/workspace/many /root/workspace/run; cd /root/workspace/five");
  await ok(`printf '%s\\n' ${FIVE_STEPS.map((line) => `'${line}'`).join(" ")} > Dockerfile; echo hello > index.html`);
  await ok("docker build -t five .");
  const cached = await times(20, () => ok("docker build -t five ."));
  await ok("cd /root/workspace/run; printf 'FROM busybox\\nRUN true\\n' > Dockerfile");
  const typedRun = await times(10, () => ok("docker build --no-cache -t nothing ."));
  const run = (await records(engine)).slice(0, 10).map(({ Steps }) => {
    const { StartedMs = 0, CompletedMs = 0 } = Steps[1] ?? {};
    return CompletedMs - StartedMs;
  });
  await putMany(engine);
  await ok("cd /root/workspace/many; printf 'FROM busybox\\nCOPY . /app\\n' > Dockerfile");
  const copy = await times(5, () => ok("docker build --no-cache -t many ."));
  await ok("cd; rm -r /root/workspace/five /root/workspace/many /root/workspace/run");
  const row = { where: "node", unit: "ms" } as const;
  return [
    { id: "build-cached", title: "docker build of five steps, all cached", ...row, target: 300, samples: cached },
    { id: "build-run", title: "a RUN that does nothing, with its layer", ...row, target: 500, samples: run },
    { id: "build-run-typed", title: "  the whole build around it, typed to prompt", ...row, samples: typedRun },
    { id: "build-copy", title: "docker build: COPY of 1,000 files (20 MB)", ...row, target: 1500, samples: copy },
  ];
}

async function times(count: number, work: () => Promise<number>): Promise<number[]> {
  const samples: number[] = [];
  for (let index = 0; index < count; index += 1) samples.push(await work());
  return samples;
}

interface Record {
  readonly Steps: readonly { readonly StartedMs?: number; readonly CompletedMs?: number }[];
}

/** Newest first. */
async function records(engine: Engine): Promise<readonly Record[]> {
  return (await new ApiSession(engine).request("GET", "/drydock/builds")).json as unknown as readonly Record[];
}

async function putMany(engine: Engine): Promise<void> {
  const pieces = Array.from({ length: FILES }, (_, index) => {
    const content = new Uint8Array(FILE_BYTES).map((__, at) => (at * 31 + index * 7) & 0xff);
    return { entry: { path: `d${index % 20}/f${index}`, size: content.length }, content: streamOf(content) };
  });
  const { status } = await engine.fetch({
    method: "PUT",
    path: "/drydock/workspace/archive",
    query: new URLSearchParams({ path: "many" }),
    headers: new Map(),
    body: writeTar(
      (async function* () {
        yield* pieces;
      })(),
    ),
  });
  if (status >= 300) throw new Error(`PUT archive: ${status}`);
}

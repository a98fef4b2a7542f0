/** Scripted builds of the fake engine: each instruction of a Dockerfile takes a moment and makes a layer of a few files. */
import type { EngineRequest, EngineResponse } from "../../engine/index.ts";

const STEP_MS = 120;
/** `RUN sleep` in a Dockerfile: long enough for a test to stop it. */
const LONG_MS = 30_000;

interface FakeStep {
  Index: number;
  Stage: string;
  Range: { Start: number; End: number };
  Text: string;
  Status: string;
  StartedMs?: number;
  CompletedMs?: number;
  Layer?: string;
  SizeBytes?: number;
  WasteBytes?: number;
  HasState: boolean;
}

interface FakeBuild {
  readonly Id: string;
  Status: string;
  readonly StartedMs: number;
  CompletedMs?: number;
  Error?: { Message: string; Line: number };
  readonly Dockerfile: { readonly Name: string; readonly Text: string };
  readonly ContextPath: string;
  readonly Target: string;
  readonly Tags: readonly string[];
  Image?: string;
  readonly Steps: FakeStep[];
}

export interface FakeBuildOptions {
  readonly tag: string;
  readonly text: string;
  readonly name: string;
  readonly contextPath: string;
  readonly signal: AbortSignal;
}

export class FakeBuilds {
  readonly #builds: FakeBuild[] = [];
  /** Texts of instructions that were run: the cache. */
  readonly #cache = new Set<string>();
  readonly #followers = new Set<ReadableStreamDefaultController<Uint8Array>>();

  /** Resolves with the exit code. */
  async build({ tag, text, name, contextPath, signal }: FakeBuildOptions): Promise<number> {
    const build: FakeBuild = {
      Id: `build${this.#builds.length + 1}`,
      Status: "running",
      StartedMs: Date.now(),
      Dockerfile: { Name: name, Text: text },
      ContextPath: contextPath,
      Target: "",
      Tags: [tag],
      Steps: stepsOf(text),
    };
    this.#builds.unshift(build);
    this.#tell(build);
    let chain = "";
    for (const step of build.Steps) {
      chain += `${step.Text}\n`;
      step.StartedMs = Date.now();
      step.Status = "running";
      this.#tell(build);
      const isCached = this.#cache.has(chain);
      if (!isCached) await wait(step.Text.startsWith("RUN sleep") ? LONG_MS : STEP_MS, signal);
      step.CompletedMs = Date.now();
      if (signal.aborted) return this.#end(build, step, "canceled");
      if (step.Text.startsWith("RUN false")) {
        build.Error = {
          Message: `process "/bin/sh -c false" did not complete successfully: exit code: 1`,
          Line: step.Range.Start,
        };
        return this.#end(build, step, "failed");
      }
      step.Status = isCached ? "cached" : "done";
      step.HasState = true;
      if (/^(?:RUN|COPY|ADD|WORKDIR)/.test(step.Text)) {
        step.Layer = `sha256:${String(step.Index).repeat(64).slice(0, 64)}`;
        step.SizeBytes = 1200 * 10 ** (step.Index % 4);
        if (/\brm\b/.test(step.Text)) step.WasteBytes = 600;
      } else if (step.Text.startsWith("FROM")) step.SizeBytes = 4_420_000;
      this.#cache.add(chain);
      this.#tell(build);
    }
    build.Image = `sha256:${"d".repeat(64)}`;
    build.Status = "completed";
    build.CompletedMs = Date.now();
    this.#tell(build);
    return 0;
  }

  /** Undefined when the request is for something else. */
  answer({ method, path, query }: EngineRequest): EngineResponse | undefined {
    if (path === "/drydock/builds") return json(this.#builds);
    if (path === "/drydock/builds/events") return this.#events();
    const [, build, number, what] = /^\/drydock\/builds\/([^/]+)\/steps\/(\d+)\/(files|image)$/.exec(path) ?? [];
    if (build !== undefined) {
      const step = this.#builds.find((each) => each.Id === build)?.Steps[Number(number)];
      if (!step?.HasState) return json({ message: `step ${number} of build ${build} is not done` }, 409);
      if (what === "image" && method === "POST") return json({ Id: `sha256:5e11${"0".repeat(60)}` }, 201);
      return json({ Files: filesOf(step.Text, query.get("cumulative") === "1") });
    }
    if (/^\/drydock\/images\/.+\/layers$/.test(path)) return json(LAYERS);
    const layer = /^\/drydock\/images\/(.+)\/layers\/(\d+)\/files$/.exec(path);
    if (layer?.[1] === "nope") return json({ message: "No such image: nope" }, 404);
    if (layer)
      return json({ Files: filesOf(LAYERS[Number(layer[2])]?.CreatedBy ?? "", query.get("cumulative") === "1") });
    return undefined;
  }

  #end(build: FakeBuild, step: FakeStep, status: string): number {
    step.Status = status;
    build.Status = status;
    build.CompletedMs = Date.now();
    this.#tell(build);
    return 1;
  }

  #events(): EngineResponse {
    let follower: ReadableStreamDefaultController<Uint8Array>;
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => {
        this.#followers.add((follower = controller));
        for (const build of this.#builds) controller.enqueue(line(build));
      },
      cancel: () => void this.#followers.delete(follower),
    });
    return { status: 200, headers: new Map([["content-type", "application/x-ndjson"]]), body };
  }

  #tell(build: FakeBuild): void {
    for (const follower of this.#followers) follower.enqueue(line(build));
  }
}

const LAYERS = [
  {
    Digest: `sha256:${"1".repeat(64)}`,
    CreatedBy: "ADD rootfs.tar / # buildkit",
    SizeBytes: 4_420_000,
    WasteBytes: 3000,
  },
  {
    Digest: `sha256:${"2".repeat(64)}`,
    CreatedBy: "RUN /bin/sh -c make # buildkit",
    SizeBytes: 120_000,
    WasteBytes: 0,
  },
];

/** Instructions with their lines; continuations joined. */
function stepsOf(text: string): FakeStep[] {
  const steps: FakeStep[] = [];
  const lines = text.split("\n");
  for (let at = 0; at < lines.length; at++) {
    const start = at;
    let whole = lines[at] ?? "";
    if (whole.trim() === "" || whole.startsWith("#")) continue;
    while (whole.endsWith("\\")) whole = `${whole.slice(0, -1).trim()} ${lines[++at]?.trim() ?? ""}`;
    steps.push({
      Index: steps.length,
      Stage: "stage-0",
      Range: { Start: start + 1, End: at + 1 },
      Text: whole.trim(),
      Status: "pending",
      HasState: false,
    });
  }
  return steps;
}

function filesOf(text: string, cumulative: boolean): unknown[] {
  const file = (Path: string, Change: string, SizeBytes = 1200): unknown => ({
    Path,
    Type: "file",
    SizeBytes,
    Change,
    Mode: 0o100644,
    Uid: 0,
    Gid: 0,
  });
  const many = /many (\d+)/.exec(text)?.[1];
  if (many !== undefined) {
    return Array.from({ length: Number(many) }, (_, index) =>
      file(`usr/lib/part${index % 200}/file${index}.js`, "added"),
    );
  }
  const own = [
    { Path: "www", Type: "directory", SizeBytes: 0, Change: "added", Mode: 0o40755, Uid: 0, Gid: 0 },
    file("www/index.html", "added", 345),
    file("etc/passwd", "changed", 340),
    file("tmp/old", "removed", 900),
    {
      Path: "bin/ash",
      Type: "symlink",
      SizeBytes: 0,
      Change: "added",
      Mode: 0o120777,
      Uid: 0,
      Gid: 0,
      Target: "busybox",
    },
  ];
  return cumulative ? [...own, file("bin/busybox", "unchanged", 1_100_000)] : own;
}

function wait(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const timer = setTimeout(resolve, milliseconds);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      resolve();
    });
  });
}

const line = (build: FakeBuild): Uint8Array => new TextEncoder().encode(`${JSON.stringify(build)}\n`);

function json(value: unknown, status = 200): EngineResponse {
  const headers = new Map([["content-type", "application/json"]]);
  return { status, headers, body: new Blob([JSON.stringify(value)]).stream() };
}

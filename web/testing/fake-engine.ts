/**
 * An engine without a guest, for tests of the page: a toy shell and a few canned answers. Never part of a production build.
 * `?engine=fake` boots at once; `?engine=fake:slow`, `fake:missing`, `fake:storage-full`, `fake:memory`, `fake:panic` fail or delay.
 */
import type { Engine, EngineOptions, EngineResponse, BootProgress } from "../../engine/index.ts";
import type { EngineModule } from "../engine-worker.ts";
import { FakeBuilds } from "./fake-builds.ts";
import { runToyCommand } from "./fake-command.ts";
import { fakeSite } from "./fake-site.ts";
import { FakeShell } from "./fake-shell.ts";
import { FakeWorkspace } from "./fake-workspace.ts";

type Storage = Awaited<EngineOptions["storage"]>;

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

class FakeError extends Error {
  readonly kind: string;
  constructor(kind: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.kind = kind;
  }
}

/** The fake in the shape of `engine/index.ts`; `name` is `fake` or `fake:<scenario>`. */
export function fakeModule(name: string): EngineModule {
  const scenario = name.split(":")[1] ?? "";
  return {
    EngineError: FakeError,
    openBrowserStorage: async () => {
      if (scenario === "memory") throw new DOMException("A mutation operation was attempted", "InvalidStateError");
      if (scenario === "storage-full") throw new DOMException("The quota has been exceeded.", "QuotaExceededError");
      return {} as Storage;
    },
    openMemoryStorage: () => ({}) as Storage,
    createEngine: (options) => boot(scenario, options),
  };
}

const BOOT_LOG = [
  "[    0.000000] Linux version 0.0.0-fake (no kernel: this is the page's test engine)",
  "[    0.000000] Command line: console=ttyS0 quiet=0",
  "[    0.104210] Memory: 245760K/262144K available",
  "[    0.310022] cgroup: v2 mounted",
  "[    0.402917] overlayfs: ready",
  "[    0.508113] Run /init as init process",
];

async function boot(scenario: string, options: EngineOptions): Promise<Engine> {
  const report = (progress: BootProgress): void => options.onProgress?.(progress);
  const isSlow = scenario === "slow" || scenario === "panic" || scenario === "stuck";
  const delay = isSlow ? 350 : 0;
  report({ step: "storage" });
  if (scenario === "missing") await options.assets.read("guest/no-such-file.bin");
  report({ step: "emulator" });
  await pause(delay);
  const totalBytes = 4_812_800;
  for (let part = 1; part <= 8; part++) {
    report({ step: "kernel", loadedBytes: (totalBytes * part) / 8, totalBytes, detail: "guest/bzImage" });
    await pause(delay / 4);
  }
  report({ step: "boot", detail: "Linux boots" });
  const console = new FakeConsole();
  const subscription = console.subscribe((detail) => report({ step: "boot", detail }));
  for (const line of BOOT_LOG) {
    console.add(`${line}\n`);
    await pause(delay / 4);
  }
  if (scenario === "panic") {
    console.add("[    0.600001] Kernel panic - not syncing: Attempted to kill init!\n");
    throw new FakeError("internal", "the kernel panicked before the agent answered");
  }
  if (scenario === "stuck") await pause(600_000);
  subscription[Symbol.dispose]();
  report({ step: "engine" });
  await pause(delay);
  report({ step: "shell" });
  report({ step: "ready" });
  return new FakeEngine(console);
}

class FakeConsole {
  #text = "";
  readonly #listeners = new Set<(text: string) => void>();
  text = (): string => this.#text;
  add(text: string): void {
    this.#text += text;
    for (const listener of this.#listeners) listener(text);
  }
  subscribe(listener: (text: string) => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }
}

class FakeEngine implements Engine {
  readonly console: FakeConsole;
  readonly boot = { from: "cold", milliseconds: 812 } as const;
  readonly trace = {} as Engine["trace"];
  readonly died: Engine["died"];
  readonly ports: Engine["ports"] = {
    list: () => [],
    subscribe: () => ({ [Symbol.dispose]: () => undefined }),
    connect: () => Promise.reject(new Error("the fake engine has no machine")),
    client: (port) => fakeSite(port),
  };
  #die: (death: Awaited<Engine["died"]>) => void = () => undefined;
  readonly #docker = new FakeDocker();

  constructor(console: FakeConsole) {
    this.console = console;
    this.died = new Promise((resolve) => (this.#die = resolve));
  }

  readonly #workspace = new FakeWorkspace();
  readonly #builds = new FakeBuilds();

  fetch: Engine["fetch"] = async (request) =>
    (await this.#workspace.answer(request)) ??
    this.#builds.answer(request) ??
    this.#docker.answer(request.method, request.path, request.body);

  /** Knows `echo`, `cat`, `exit` and `sleep`, joined by `;`. */
  runCommand: Engine["runCommand"] = async ({ command }) =>
    runToyCommand(command, (path) => this.#workspace.files.get(path)?.bytes);

  async openTerminal(size: { rows: number; columns: number }) {
    return new FakeShell(size, {
      run: (image) => this.#docker.run(image),
      read: (path) => this.#workspace.text(path),
      write: (path, text) => this.#workspace.write(path, text),
      build: async (options) => {
        const code = await this.#builds.build(options);
        if (code === 0) this.#docker.add(options.tag);
        return code;
      },
      die: () => {
        this.console.add("[   12.345678] Kernel panic - not syncing: Fatal exception in interrupt\n");
        this.#die({ reason: "panic", detail: "Kernel panic - not syncing: Fatal exception in interrupt" });
      },
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#die({ reason: "disposed", detail: "disposed" });
  }
}

interface FakeContainer {
  readonly Id: string;
  readonly Names: readonly string[];
  readonly Image: string;
  readonly Command: string;
  readonly Created: number;
  State: string;
  Status: string;
  readonly Ports: readonly unknown[];
}

/** Lists, start, stop, remove and events: what the side pane asks for. */
class FakeDocker {
  #containers: FakeContainer[] = [];
  #images = [
    {
      Id: `sha256:${"a".repeat(64)}`,
      RepoTags: ["hello-world:latest"],
      Created: 1_760_000_000,
      Size: 13_256,
      Containers: 0,
    },
    {
      Id: `sha256:${"b".repeat(64)}`,
      RepoTags: ["busybox:latest"],
      Created: 1_759_000_000,
      Size: 4_421_246,
      Containers: 0,
    },
  ];
  readonly #followers = new Set<ReadableStreamDefaultController<Uint8Array>>();

  run(image: string): void {
    const number = this.#containers.length + 1;
    this.#containers.unshift({
      Id: number.toString(16).padStart(64, "c0ffee"),
      Names: [`/${["keel", "mast", "anchor", "rudder"][number % 4]}_${number}`],
      Image: image,
      Command: "sh",
      Created: Math.floor(Date.now() / 1000),
      State: number % 3 === 0 ? "exited" : "running",
      Status: number % 3 === 0 ? "Exited (0) 1 second ago" : "Up 1 second",
      Ports: image === "nginx" ? [{ PrivatePort: 80, PublicPort: 8080, Type: "tcp" }] : [],
    });
    this.#emit("container", "start");
  }

  /** An image that was built. */
  add(name: string): void {
    const Id = `sha256:${"d".repeat(64)}`;
    this.#images = this.#images.filter((image) => image.RepoTags[0] !== name);
    this.#images.unshift({ Id, RepoTags: [name], Created: 1_761_000_000, Size: 4_500_000, Containers: 0 });
    this.#emit("image", "tag");
  }

  async answer(method: string, path: string, body: ReadableStream<Uint8Array> | undefined): Promise<EngineResponse> {
    const route = path.replace(/^\/v\d+\.\d+/, "");
    const [, kind, id, verb] = route.split("/");
    if (route === "/version") return json({ KernelVersion: "0.0.0-fake", ApiVersion: "1.50", Version: "28.5.0" });
    if (route === "/_ping") return text("OK");
    if (route === "/echo") return { status: 200, headers: new Map(), body: body ?? text("").body };
    if (route === "/containers/json") return json(this.#containers);
    if (route === "/images/json") return json(this.#images);
    if (route === "/events") return this.#events();
    if (route.endsWith("/prune")) return json({ SpaceReclaimed: 12_582_912 });
    if (kind === "containers" && id) return this.#change(method, id, verb);
    return json({ message: "page not found" }, 404);
  }

  #change(method: string, id: string, verb: string | undefined): EngineResponse {
    const container = this.#containers.find((each) => each.Id === id);
    if (!container) return json({ message: `No such container: ${id}` }, 404);
    if (method === "DELETE") this.#containers = this.#containers.filter((each) => each !== container);
    else {
      container.State = verb === "start" ? "running" : "exited";
      container.Status = verb === "start" ? "Up 1 second" : "Exited (137) 1 second ago";
    }
    this.#emit("container", verb ?? "destroy");
    return { status: 204, headers: new Map(), body: undefined };
  }

  #events(): EngineResponse {
    let follower: ReadableStreamDefaultController<Uint8Array>;
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => void this.#followers.add((follower = controller)),
      cancel: () => void this.#followers.delete(follower),
    });
    return { status: 200, headers: new Map([["content-type", "application/json"]]), body };
  }

  #emit(Type: string, Action: string): void {
    const line = new TextEncoder().encode(`${JSON.stringify({ Type, Action })}\n`);
    for (const follower of this.#followers) follower.enqueue(line);
  }
}

function text(body: string, status = 200, type = "text/plain"): EngineResponse {
  return { status, headers: new Map([["content-type", type]]), body: new Blob([body]).stream() };
}

const json = (value: unknown, status = 200): EngineResponse => text(JSON.stringify(value), status, "application/json");

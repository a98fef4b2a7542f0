import { EngineError, messageOf } from "../base/errors.ts";
import type { ContainerProcess, Task, UserDatabase } from "../runtime/runtime.ts";
import { startExitCode } from "../runtime/runc-errors.ts";
import { type ResolvedUser, resolveUser } from "../runtime/user.ts";
import { chunksOf, concat, decodeUtf8, encodeUtf8 } from "../base/streams.ts";
import { SIGKILL } from "../runtime/signals.ts";
import { ContainerIo } from "./container-io.ts";
import { createId } from "./container-id.ts";
import { withLinkEnv } from "./container-links.ts";
import { drained, LOST_EXIT_CODE, pumpOutput } from "./container-run.ts";
import type { Attachment, ExecConfig, ExecState, OutputChunk } from "./container-service.ts";
import { parseDetachKeys } from "./detach-keys.ts";
import { makeExecProcess } from "./container-spec.ts";
import { type EngineContext, publish } from "./engine-context.ts";
import type { LiveContainer } from "./live-container.ts";
import { refuseRestarting, requireRunning } from "./stop-container.ts";

interface Exec {
  readonly id: string;
  readonly container: LiveContainer;
  readonly config: ExecConfig;
  /** As the container's files said when it was created. */
  readonly user: ResolvedUser;
  readonly io: ContainerIo;
  process: ContainerProcess | undefined;
  /** Set by its one start; answers why that failed. */
  starting: Promise<EngineError | undefined> | undefined;
  running: boolean;
  exitCode: number | undefined;
  pid: number;
}

/** How many ended execs can still be inspected. */
const KEEP_ENDED = 256;

/** `docker exec`: made, then started, then inspected. */
export class ExecProcesses {
  readonly #context: EngineContext;
  readonly #execs = new Map<string, Exec>();
  readonly #ended: string[] = [];

  constructor(context: EngineContext) {
    this.#context = context;
  }

  /** @throws EngineError conflict | invalid-argument, also for a user that is not there */
  async create(container: LiveContainer, config: ExecConfig): Promise<string> {
    const task = requireUsable(container);
    if (config.cmd.length === 0) throw new EngineError("invalid-argument", "No exec command specified");
    checkDetachKeys(config.detachKeys ?? "");
    const { record } = container;
    const user = execUser(config.user || record.config.user, await task.readUserDatabase(), record.host.groupAdd);
    const id = createId(this.#context.random);
    const exec: Exec = {
      user,
      id,
      container,
      config,
      io: new ContainerIo(),
      process: undefined,
      starting: undefined,
      running: false,
      exitCode: undefined,
      pid: 0,
    };
    this.#execs.set(id, exec);
    container.execIds.add(id);
    this.#publish(exec, `exec_create: ${commandLine(config)}`);
    return id;
  }

  /**
   * Starts it. What goes wrong in the start itself is told on the attachment, as runc's text, and in the exit code; with `detach`
   * it is thrown.
   * @throws EngineError conflict | not-found before that
   */
  async start(
    id: string,
    options: { detach: boolean; consoleSize?: readonly [rows: number, columns: number] },
  ): Promise<Attachment> {
    const exec = this.#get(id);
    requireUsable(exec.container, exec.container.id);
    if (exec.starting !== undefined)
      throw new EngineError(
        "conflict",
        `exec command ${id} ${exec.running ? "is already running" : "has already run"}`,
      );
    const { config } = exec;
    const attachment = exec.io.attach(
      {
        stdin: config.attachStdin && !options.detach,
        stdout: config.attachStdout,
        stderr: config.attachStderr,
        stream: true,
        logs: false,
        ...(config.detachKeys && { detachKeys: config.detachKeys }),
      },
      { tty: config.tty, openStdin: config.attachStdin, closesStdin: true },
      () => this.#publish(exec, "exec_detach"),
    );
    exec.starting = this.#run(exec, options);
    // Not waited for: a client must have the head of the answer before the first output, or it may lose both in one read.
    if (!options.detach) return attachment;
    const failure = await exec.starting;
    if (failure !== undefined) throw failure;
    return attachment;
  }

  /**
   * A health probe: an exec like another, whose output is collected (at most 4096 bytes). `signal` kills it.
   * @throws EngineError when it cannot start
   */
  async probe(
    container: LiveContainer,
    cmd: readonly string[],
    signal: AbortSignal,
  ): Promise<{ readonly exitCode: number; readonly output: string }> {
    const id = await this.create(container, { ...PROBE, cmd });
    const { output } = await this.start(id, { detach: true });
    const exec = this.#get(id);
    const kill = (): void => void exec.process?.kill(SIGKILL).catch(() => undefined);
    signal.addEventListener("abort", kill, { once: true });
    if (signal.aborted) kill();
    try {
      const text = await beginningOf(output);
      return { exitCode: exec.exitCode ?? LOST_EXIT_CODE, output: text };
    } finally {
      signal.removeEventListener("abort", kill);
    }
  }

  async resize(id: string, rows: number, columns: number): Promise<void> {
    await this.#get(id).starting;
    const { process } = this.#get(id);
    if (process === undefined) throw new EngineError("not-found", `NotFound: process does not exist ${id}: not found`);
    await process.resize(rows, columns);
  }

  inspect(id: string): ExecState {
    const { container, config, running, exitCode, pid } = this.#get(id);
    const detachKeyCodes = parseDetachKeys(config.detachKeys ?? "");
    return { id, containerId: container.id, config, running, exitCode, pid, detachKeyCodes };
  }

  /** The container ended: nothing of it can be started any more. */
  forgetContainer(container: LiveContainer): void {
    for (const id of container.execIds) this.#execs.delete(id);
    container.execIds.clear();
  }

  /** Answers why it could not start. */
  async #run(
    exec: Exec,
    options: { consoleSize?: readonly [rows: number, columns: number] },
  ): Promise<EngineError | undefined> {
    const { config, container } = exec;
    const task = requireRunning(container);
    this.#publish(exec, `exec_start: ${commandLine(config)}`);
    const [rows, columns] = options.consoleSize ?? config.consoleSize ?? [0, 0];
    try {
      exec.process = await this.#context.trace.measure("container.exec", () =>
        task.exec({
          process: makeExecProcess(withLinkEnv(this.#context, container.record), config, exec.user),
          stdio: config.tty ? { mode: "pty", rows, columns } : { mode: "pipes", stdin: config.attachStdin },
        }),
      );
    } catch (error) {
      const message = messageOf(error);
      this.#failed(exec, message);
      return error instanceof EngineError ? error : new EngineError("internal", message, { cause: error });
    }
    this.#follow(exec, exec.process);
    return undefined;
  }

  /** Docker answers with the text as output and ends the stream. */
  #failed(exec: Exec, message: string): void {
    exec.exitCode = startExitCode(message);
    void exec.io.write({ stream: "stdout", bytes: encodeUtf8(`${message}\r\n`) }, true);
    exec.io.end();
    this.#expire(exec);
  }

  #follow(exec: Exec, process: ContainerProcess): void {
    exec.running = true;
    exec.pid = process.pid;
    exec.io.begin(process.stdin);
    const pumps = pumpOutput(process, (stream, bytes) => exec.io.write({ stream, bytes }));
    void process.exited
      .catch(() => ({ code: LOST_EXIT_CODE }))
      .then(async ({ code }) => {
        await drained(this.#context, pumps);
        exec.running = false;
        exec.exitCode = code;
        exec.process = undefined;
        this.#publish(exec, "exec_die", { exitCode: String(code) });
        exec.io.end();
        this.#expire(exec);
      })
      .catch((error: unknown) => this.#context.report("exec", error));
  }

  #expire(exec: Exec): void {
    exec.container.execIds.delete(exec.id);
    this.#ended.push(exec.id);
    if (this.#ended.length > KEEP_ENDED) this.#execs.delete(this.#ended.shift() as string);
  }

  #get(id: string): Exec {
    const exec = this.#execs.get(id);
    if (exec === undefined) throw new EngineError("not-found", `No such exec instance: ${id}`);
    return exec;
  }

  #publish({ id, container }: Exec, action: string, attributes: Readonly<Record<string, string>> = {}): void {
    publish(this.#context, container, action, { execID: id, ...attributes });
  }
}

const PROBE: Omit<ExecConfig, "cmd"> = {
  env: [],
  workingDir: "",
  user: "",
  tty: false,
  attachStdin: false,
  attachStdout: true,
  attachStderr: true,
  privileged: false,
};

/** moby's `daemon/health.go`, maxOutputLen. */
const PROBE_OUTPUT_BYTES = 4096;

/** All of it is read, the beginning is kept. */
async function beginningOf(output: ReadableStream<OutputChunk>): Promise<string> {
  const chunks: Uint8Array[] = [];
  let room = PROBE_OUTPUT_BYTES;
  let isCut = false;
  for await (const { bytes } of chunksOf(output)) {
    if (room > 0) chunks.push(bytes.subarray(0, room));
    isCut ||= bytes.length > room;
    room = Math.max(0, room - bytes.length);
  }
  return decodeUtf8(concat(chunks)) + (isCut ? "..." : "");
}

/** Docker calls an unknown user the client's mistake here. @throws EngineError invalid-argument */
function execUser(user: string, database: UserDatabase, groupAdd: readonly string[]): ResolvedUser {
  try {
    return resolveUser(user, database, groupAdd);
  } catch (cause) {
    throw new EngineError("invalid-argument", messageOf(cause), { cause });
  }
}

/** @throws EngineError internal, in Docker's words */
function checkDetachKeys(keys: string): void {
  try {
    parseDetachKeys(keys);
  } catch (cause) {
    throw new EngineError("internal", `Invalid escape keys (${keys}) provided`, { cause });
  }
}

/** As Docker names it in events: with a space behind a program without arguments. */
function commandLine({ cmd: [program = "", ...rest] }: ExecConfig): string {
  return `${program} ${rest.join(" ")}`;
}

/** @throws EngineError conflict; `name`: as the message calls it */
function requireUsable(container: LiveContainer, name = container.record.name): Task {
  refuseRestarting(container);
  const task = requireRunning(container);
  if (container.state.status === "paused") {
    throw new EngineError("conflict", `Container ${name} is paused, unpause the container before exec`);
  }
  return task;
}

import { EngineError, messageOf } from "../base/errors.ts";
import type { ContainerProcess, Task } from "../runtime/runtime.ts";
import { startExitCode } from "../runtime/runc-errors.ts";
import { type ResolvedUser, resolveUser } from "../runtime/user.ts";
import { encodeUtf8 } from "../base/streams.ts";
import { ContainerIo } from "./container-io.ts";
import { createId } from "./container-id.ts";
import { drained, LOST_EXIT_CODE, pumpOutput } from "./container-run.ts";
import type { Attachment, ExecConfig, ExecState } from "./container-service.ts";
import { makeExecProcess } from "./container-spec.ts";
import { type EngineContext, publish } from "./engine-context.ts";
import type { LiveContainer } from "./live-container.ts";
import { requireRunning } from "./stop-container.ts";

interface Exec {
  readonly id: string;
  readonly container: LiveContainer;
  readonly config: ExecConfig;
  /** As the container's files said when it was created. */
  readonly user: ResolvedUser;
  readonly io: ContainerIo;
  process: ContainerProcess | undefined;
  started: boolean;
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
    const user = resolveUser(config.user || container.record.config.user, await task.readUserDatabase());
    const id = createId(this.#context.random);
    const exec: Exec = {
      user,
      id,
      container,
      config,
      io: new ContainerIo(),
      process: undefined,
      started: false,
      running: false,
      exitCode: undefined,
      pid: 0,
    };
    this.#execs.set(id, exec);
    container.execIds.add(id);
    this.#publish(exec, `exec_create: ${config.cmd.join(" ")}`);
    return id;
  }

  /**
   * Starts it. What goes wrong in the start itself is told on the attachment, as runc's text, and in the exit code.
   * @throws EngineError conflict | not-found before that
   */
  async start(
    id: string,
    options: { detach: boolean; consoleSize?: readonly [rows: number, columns: number] },
  ): Promise<Attachment> {
    const exec = this.#get(id);
    if (exec.started) throw new EngineError("conflict", `exec command ${id} is already running`);
    requireUsable(exec.container);
    exec.started = true;
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
    await this.#run(exec, options);
    return attachment;
  }

  async resize(id: string, rows: number, columns: number): Promise<void> {
    const { process } = this.#get(id);
    if (process === undefined) throw new EngineError("conflict", `exec process is not running`);
    await process.resize(rows, columns);
  }

  inspect(id: string): ExecState {
    const { container, config, running, exitCode, pid } = this.#get(id);
    return { id, containerId: container.id, config, running, exitCode, pid };
  }

  /** The container ended: nothing of it can be started any more. */
  forgetContainer(container: LiveContainer): void {
    for (const id of container.execIds) this.#execs.delete(id);
    container.execIds.clear();
  }

  async #run(exec: Exec, options: { consoleSize?: readonly [rows: number, columns: number] }): Promise<void> {
    const { config, container } = exec;
    const task = requireRunning(container);
    this.#publish(exec, `exec_start: ${config.cmd.join(" ")}`);
    const [rows, columns] = options.consoleSize ?? [0, 0];
    try {
      exec.process = await this.#context.trace.measure("container.exec", () =>
        task.exec({
          process: makeExecProcess(container.record, config, exec.user),
          stdio: config.tty ? { mode: "pty", rows, columns } : { mode: "pipes", stdin: config.attachStdin },
        }),
      );
    } catch (error) {
      this.#failed(exec, messageOf(error));
      return;
    }
    this.#follow(exec, exec.process);
  }

  /** Docker answers with the text as output and ends the stream. */
  #failed(exec: Exec, message: string): void {
    exec.exitCode = startExitCode(message);
    void exec.io.write({ stream: "stdout", bytes: encodeUtf8(`${message}\r\n`) });
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

/** @throws EngineError conflict */
function requireUsable(container: LiveContainer): Task {
  const task = requireRunning(container);
  if (container.state.status === "paused") {
    throw new EngineError(
      "conflict",
      `Container ${container.record.name} is paused, unpause the container before exec`,
    );
  }
  return task;
}

import { EngineError } from "../../base/errors.ts";
import { Queue } from "../../base/queue.ts";
import type { Attachment, ExecConfig, ExecState, OutputChunk } from "../../containers/container-service.ts";
import { attachmentOf, FakeProcess, findProgram } from "./fake-process.ts";

const RUNC_EXEC = "OCI runtime exec failed: exec failed: unable to start container process: ";

/** The execs of the fake containers. */
export class FakeExecs {
  readonly #execs = new Map<string, { state: ExecState; process?: FakeProcess }>();

  create(id: string, containerId: string, config: ExecConfig): void {
    this.#execs.set(id, { state: { id, containerId, config, running: false, exitCode: undefined, pid: 0 } });
  }

  start(id: string, { consoleSize }: { consoleSize?: readonly [rows: number, columns: number] }): Attachment {
    const exec = this.#get(id);
    const { config } = exec.state;
    let program;
    try {
      program = findProgram(config.cmd[0] ?? "", RUNC_EXEC);
    } catch (error) {
      exec.state = { ...exec.state, exitCode: (error as Error).message.includes("not found") ? 127 : 126 };
      throw new EngineError("internal", (error as Error).message);
    }
    const output = new Queue<OutputChunk>();
    const process = new FakeProcess(program, { ...config, argv: config.cmd }, [output]);
    if (consoleSize) process.size = consoleSize;
    exec.process = process;
    exec.state = { ...exec.state, running: true, pid: 4242 };
    void process.exited.then((exitCode) => (exec.state = { ...exec.state, running: false, exitCode }));
    return attachmentOf(config.tty, output, config.attachStdin ? () => process : undefined);
  }

  resize(id: string, size: readonly [rows: number, columns: number]): void {
    const { process } = this.#get(id);
    if (process) process.size = size;
  }

  inspect(id: string): ExecState {
    return this.#get(id).state;
  }

  #get(id: string): { state: ExecState; process?: FakeProcess } {
    const exec = this.#execs.get(id);
    if (exec === undefined) throw new EngineError("not-found", `No such exec instance: ${id}`);
    return exec;
  }
}

import { EngineError } from "../base/errors.ts";
import { type Fields, parseJson, readFields } from "./json.ts";
import type { ExecConfigModel, ExecModel } from "./model.ts";

/** The body of `POST /containers/{id}/exec`. @throws EngineError */
export function parseExecCreate(text: string): ExecConfigModel {
  const fields = readFields(text.trim() === "" ? {} : parseJson(text));
  const cmd = fields.strings("Cmd", { orString: true }) ?? [];
  if (cmd.length === 0) throw new EngineError("invalid-argument", "No exec command specified");
  return {
    cmd,
    env: fields.strings("Env") ?? [],
    workingDir: fields.string("WorkingDir"),
    user: fields.string("User"),
    tty: fields.boolean("Tty"),
    attachStdin: fields.boolean("AttachStdin"),
    attachStdout: fields.boolean("AttachStdout"),
    attachStderr: fields.boolean("AttachStderr"),
    privileged: fields.boolean("Privileged"),
    ...(fields.string("DetachKeys") !== "" && { detachKeys: fields.string("DetachKeys") }),
    ...consoleSizeFrom(fields),
  };
}

export interface ExecStart {
  readonly detach: boolean;
  readonly tty: boolean;
  readonly consoleSize?: readonly [rows: number, columns: number];
}

/** The JSON in front of an exec's stream. @throws EngineError */
export function parseExecStart(text: string): ExecStart {
  const fields = text.trim() === "" ? readFields({}) : readFields(parseJson(text));
  return { detach: fields.boolean("Detach"), tty: fields.boolean("Tty"), ...consoleSizeFrom(fields) };
}

function consoleSizeFrom(fields: Fields): { readonly consoleSize?: readonly [rows: number, columns: number] } {
  const size = fields.raw("ConsoleSize");
  const [rows, columns] = (Array.isArray(size) ? size : []) as unknown[];
  if (typeof rows !== "number" || typeof columns !== "number" || rows <= 0 || columns <= 0) return {};
  return { consoleSize: [rows, columns] };
}

/** `GET /exec/{id}/json`, in Docker's order of fields. */
export interface ExecInspect {
  readonly ID: string;
  readonly Running: boolean;
  readonly ExitCode: number | null;
  readonly ProcessConfig: Readonly<Record<string, unknown>>;
  readonly OpenStdin: boolean;
  readonly OpenStderr: boolean;
  readonly OpenStdout: boolean;
  readonly CanRemove: boolean;
  readonly ContainerID: string;
  readonly DetachKeys: string;
  readonly Pid: number;
}

export function toExecInspect(exec: ExecModel): ExecInspect {
  const { id, containerId, config, running, exitCode, pid, detachKeyCodes = [] } = exec;
  const [entrypoint = "", ...rest] = config.cmd;
  return {
    ID: id,
    Running: running,
    ExitCode: exitCode ?? null,
    ProcessConfig: {
      tty: config.tty,
      entrypoint,
      arguments: rest,
      privileged: config.privileged,
      ...(config.user !== "" && { user: config.user }),
    },
    OpenStdin: config.attachStdin,
    OpenStderr: config.attachStderr,
    OpenStdout: config.attachStdout,
    CanRemove: false,
    ContainerID: containerId,
    // A list of bytes: Go writes it in base64.
    DetachKeys: btoa(String.fromCharCode(...detachKeyCodes)),
    Pid: pid,
  };
}

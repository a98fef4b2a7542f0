/**
 * `moby.buildkit.v1.StatusResponse` (BuildKit's `api/services/control/control.proto`): what a build tells while it runs, in the aux
 * messages `moby.buildkit.trace` of `POST /build?version=2` and in BuildKit's own gRPC.
 */
import { decodeUtf8, encodeUtf8 } from "../base/streams.ts";
import { type ProtoField, protoFields, protoText, ProtoWriter } from "./protobuf.ts";

/** Satisfied by the builder's `BuildStatus`. Times: milliseconds since the epoch. */
export interface BuildStatusModel {
  readonly vertexes?: readonly VertexModel[];
  readonly statuses?: readonly VertexStatusModel[];
  readonly logs?: readonly VertexLogModel[];
  readonly warnings?: readonly VertexWarningModel[];
}

export interface VertexModel {
  readonly digest: string;
  readonly inputs: readonly string[];
  readonly name: string;
  readonly startedMs?: number;
  readonly completedMs?: number;
  readonly cached?: boolean;
  readonly error?: string;
}

export interface VertexStatusModel {
  readonly id: string;
  readonly vertex: string;
  readonly current: number;
  readonly total: number;
  readonly timestampMs: number;
  readonly startedMs?: number;
  readonly completedMs?: number;
}

export interface VertexLogModel {
  readonly vertex: string;
  readonly stream: "stdout" | "stderr";
  readonly bytes: Uint8Array;
  readonly timestampMs: number;
}

export interface VertexWarningModel {
  readonly vertex: string;
  readonly level: number;
  readonly short: string;
  readonly detail: readonly string[];
  readonly url: string;
  readonly source?: SourceModel;
}

/** A piece of a file; lines from 1, inclusive. */
export interface SourceModel {
  readonly fileName: string;
  readonly data: string;
  readonly ranges: readonly { readonly start: number; readonly end: number }[];
}

const STDERR = 2;

export function encodeBuildStatus(status: BuildStatusModel): Uint8Array<ArrayBuffer> {
  const out = new ProtoWriter();
  for (const vertex of status.vertexes ?? []) out.message(1, encodeVertex(vertex));
  for (const progress of status.statuses ?? []) out.message(2, encodeStatus(progress));
  for (const log of status.logs ?? []) out.message(3, encodeLog(log));
  for (const warning of status.warnings ?? []) out.message(4, encodeWarning(warning));
  return out.finish();
}

/** Fields that are not known are passed over. @throws EngineError invalid-argument */
export function decodeBuildStatus(bytes: Uint8Array): Required<BuildStatusModel> {
  const vertexes: VertexModel[] = [];
  const statuses: VertexStatusModel[] = [];
  const logs: VertexLogModel[] = [];
  const warnings: VertexWarningModel[] = [];
  for (const field of protoFields(bytes)) {
    if (field.number === 1) vertexes.push(decodeVertex(field.bytes));
    else if (field.number === 2) statuses.push(decodeStatus(field.bytes));
    else if (field.number === 3) logs.push(decodeLog(field.bytes));
    else if (field.number === 4) warnings.push(decodeWarning(field.bytes));
  }
  return { vertexes, statuses, logs, warnings };
}

function encodeVertex(vertex: VertexModel): Uint8Array {
  const out = new ProtoWriter().string(1, vertex.digest);
  for (const input of vertex.inputs) out.message(2, encodeUtf8(input));
  return out
    .string(3, vertex.name)
    .boolean(4, vertex.cached ?? false)
    .message(5, encodeTime(vertex.startedMs))
    .message(6, encodeTime(vertex.completedMs))
    .string(7, vertex.error ?? "")
    .finish();
}

function decodeVertex(bytes: Uint8Array): VertexModel {
  const fields = readFields(bytes);
  const [startedMs, completedMs, error] = [fields.time(5), fields.time(6), fields.text(7)];
  return {
    digest: fields.text(1),
    inputs: fields.all(2).map(protoText),
    name: fields.text(3),
    ...(fields.integer(4) !== 0 && { cached: true }),
    ...(startedMs !== undefined && { startedMs }),
    ...(completedMs !== undefined && { completedMs }),
    ...(error !== "" && { error }),
  };
}

function encodeStatus(status: VertexStatusModel): Uint8Array {
  return new ProtoWriter()
    .string(1, status.id)
    .string(2, status.vertex)
    .integer(4, status.current)
    .integer(5, status.total)
    .message(6, encodeTime(status.timestampMs))
    .message(7, encodeTime(status.startedMs))
    .message(8, encodeTime(status.completedMs))
    .finish();
}

function decodeStatus(bytes: Uint8Array): VertexStatusModel {
  const fields = readFields(bytes);
  const [startedMs, completedMs] = [fields.time(7), fields.time(8)];
  return {
    id: fields.text(1),
    vertex: fields.text(2),
    current: fields.integer(4),
    total: fields.integer(5),
    timestampMs: fields.time(6) ?? 0,
    ...(startedMs !== undefined && { startedMs }),
    ...(completedMs !== undefined && { completedMs }),
  };
}

function encodeLog(log: VertexLogModel): Uint8Array {
  return new ProtoWriter()
    .string(1, log.vertex)
    .message(2, encodeTime(log.timestampMs))
    .integer(3, log.stream === "stderr" ? STDERR : 1)
    .bytes(4, log.bytes)
    .finish();
}

function decodeLog(bytes: Uint8Array): VertexLogModel {
  const fields = readFields(bytes);
  return {
    vertex: fields.text(1),
    timestampMs: fields.time(2) ?? 0,
    stream: fields.integer(3) === STDERR ? "stderr" : "stdout",
    bytes: fields.all(4).at(-1)?.bytes ?? new Uint8Array(0),
  };
}

function encodeWarning(warning: VertexWarningModel): Uint8Array {
  const { source } = warning;
  const out = new ProtoWriter().string(1, warning.vertex).integer(2, warning.level).string(3, warning.short);
  for (const line of warning.detail) out.message(4, encodeUtf8(line));
  out.string(5, warning.url);
  if (source !== undefined)
    out.message(6, new ProtoWriter().string(1, source.fileName).string(2, source.data).finish());
  for (const range of source?.ranges ?? []) out.message(7, encodeRange(range));
  return out.finish();
}

function decodeWarning(bytes: Uint8Array): VertexWarningModel {
  const fields = readFields(bytes);
  const info = fields.all(6).at(-1);
  const of = info && readFields(info.bytes);
  return {
    vertex: fields.text(1),
    level: fields.integer(2),
    short: fields.text(3),
    detail: fields.all(4).map(protoText),
    url: fields.text(5),
    ...(of && { source: { fileName: of.text(1), data: of.text(2), ranges: fields.all(7).map(decodeRange) } }),
  };
}

/** `pb.Range` of two `pb.Position`s. */
function encodeRange({ start, end }: SourceModel["ranges"][number]): Uint8Array {
  const position = (line: number): Uint8Array => new ProtoWriter().integer(1, line).finish();
  return new ProtoWriter().message(1, position(start)).message(2, position(end)).finish();
}

function decodeRange({ bytes }: ProtoField): SourceModel["ranges"][number] {
  const fields = readFields(bytes);
  const line = (number: number): number => {
    const position = fields.all(number).at(-1);
    return position === undefined ? 0 : readFields(position.bytes).integer(1);
  };
  return { start: line(1), end: line(2) };
}

/** `google.protobuf.Timestamp` */
function encodeTime(ms: number | undefined): Uint8Array | undefined {
  if (ms === undefined) return undefined;
  const seconds = Math.floor(ms / 1000);
  const nanoseconds = Math.min(999_999_999, Math.round((ms - seconds * 1000) * 1e6));
  return new ProtoWriter().integer(1, seconds).integer(2, nanoseconds).finish();
}

interface FieldReader {
  all(number: number): readonly ProtoField[];
  text(number: number): string;
  integer(number: number): number;
  time(number: number): number | undefined;
}

function readFields(bytes: Uint8Array): FieldReader {
  const fields = [...protoFields(bytes)];
  const all = (number: number): readonly ProtoField[] => fields.filter((field) => field.number === number);
  const integer = (number: number): number => all(number).at(-1)?.integer ?? 0;
  return {
    all,
    integer,
    text: (number) => decodeUtf8(all(number).at(-1)?.bytes ?? new Uint8Array(0)),
    time: (number) => {
      const field = all(number).at(-1);
      if (field === undefined) return undefined;
      const time = readFields(field.bytes);
      return time.integer(1) * 1000 + time.integer(2) / 1e6;
    },
  };
}

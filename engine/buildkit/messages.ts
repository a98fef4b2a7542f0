/** Messages of BuildKit's control API and frontend gateway (`api/services/control/control.proto`, `frontend/gateway/pb/gateway.proto`). */
import { encodeUtf8 } from "../base/streams.ts";
import type { CacheEntry } from "../build/build-service.ts";
import { ProtoWriter } from "../wire/protobuf.ts";
import { ProtoMessage, writeMap } from "./proto-message.ts";

/** What BuildKit of that Docker version calls itself. */
const BUILDKIT_VERSION = "v0.25.1";

export interface Exporter {
  readonly type: string;
  readonly attributes: ReadonlyMap<string, string>;
}

/** `moby.buildkit.v1.SolveRequest` */
export interface ControlSolveRequest {
  readonly reference: string;
  readonly session: string;
  /** "": the client runs the frontend itself, by the gateway. */
  readonly frontend: string;
  readonly attributes: ReadonlyMap<string, string>;
  readonly exporters: readonly Exporter[];
}

export function decodeControlSolve(bytes: Uint8Array): ControlSolveRequest {
  const message = new ProtoMessage(bytes);
  const exporters = message.messages(13).map((each) => ({ type: each.text(1), attributes: each.map(2) }));
  const old = message.text(3);
  return {
    reference: message.text(1),
    session: message.text(5),
    frontend: message.text(6),
    attributes: message.map(7),
    exporters: exporters.length > 0 || old === "" ? exporters : [{ type: old, attributes: message.map(4) }],
  };
}

export function encodeControlSolved(response: ReadonlyMap<string, string>): Uint8Array {
  return writeMap(new ProtoWriter(), 1, response).finish();
}

/** `moby.buildkit.v1.frontend.SolveRequest` */
export function decodeGatewaySolve(bytes: Uint8Array): {
  readonly frontend: string;
  readonly attributes: ReadonlyMap<string, string>;
} {
  const message = new ProtoMessage(bytes);
  return { frontend: message.text(2), attributes: message.map(3) };
}

/** `SolveResponse` of the gateway: a result with one reference ("" for none) and what is told about it. */
export function encodeGatewaySolved(
  reference: string,
  metadata: Iterable<readonly [string, string | Uint8Array]>,
): Uint8Array {
  const result = new ProtoWriter().message(3, new ProtoWriter().string(1, reference).finish());
  return new ProtoWriter().message(3, writeMap(result, 10, metadata).finish()).finish();
}

/** `ReturnRequest`: what the client's frontend has come to. */
export function decodeReturn(
  bytes: Uint8Array,
): { readonly reference: string } | { readonly error: { readonly code: number; readonly message: string } } {
  const message = new ProtoMessage(bytes);
  const error = message.message(2);
  if (error) return { error: { code: error.integer(1), message: error.text(2) } };
  const result = message.message(1);
  return { reference: result?.message(3)?.text(1) ?? result?.text(1) ?? "" };
}

export interface WorkerDescription {
  readonly id: string;
  readonly labels: ReadonlyMap<string, string>;
}

function encodeWorker({ id, labels }: WorkerDescription): Uint8Array {
  const platform = new ProtoWriter().string(1, "386").string(2, "linux").finish();
  return writeMap(new ProtoWriter().string(1, id), 2, labels).message(3, platform).message(5, encodeVersion()).finish();
}

function encodeVersion(): Uint8Array {
  return new ProtoWriter().string(1, "github.com/moby/buildkit").string(2, BUILDKIT_VERSION).finish();
}

export function encodeWorkers(workers: readonly WorkerDescription[]): Uint8Array {
  return workers.reduce((out, worker) => out.message(1, encodeWorker(worker)), new ProtoWriter()).finish();
}

export function encodeInfo(): Uint8Array {
  return new ProtoWriter().message(1, encodeVersion()).finish();
}

/** `PongResponse`: what the gateway and the solver can do. */
export function encodePong(capabilities: readonly string[], workers: readonly WorkerDescription[]): Uint8Array {
  const out = new ProtoWriter();
  for (const id of capabilities) out.message(1, new ProtoWriter().string(1, id).boolean(2, true).finish());
  // Without a list of its own the client would take the oldest builder's abilities for granted.
  out.message(2, new ProtoWriter().string(1, "source.local").boolean(2, true).finish());
  for (const worker of workers) out.message(3, encodeWorker(worker));
  return out.finish();
}

/** `UsageRecord` */
export function encodeUsage(entry: CacheEntry): Uint8Array {
  const time = (ms: number): Uint8Array =>
    new ProtoWriter()
      .integer(1, Math.floor(ms / 1000))
      .integer(2, Math.floor(ms % 1000) * 1_000_000)
      .finish();
  const out = new ProtoWriter()
    .string(1, entry.id)
    .boolean(3, entry.inUse)
    .integer(4, entry.sizeBytes)
    .message(6, time(entry.createdMs))
    .message(7, entry.lastUsedMs === undefined ? undefined : time(entry.lastUsedMs))
    .integer(8, entry.usageCount)
    .string(9, entry.description)
    .string(10, entry.type)
    .boolean(11, entry.shared);
  for (const parent of entry.parents) out.message(12, encodeUtf8(parent));
  return out.finish();
}

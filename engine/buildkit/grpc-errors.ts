/** A failed build as gRPC tells it (BuildKit's `util/grpcerrors` and `solver/errdefs`): clients print the place in the Dockerfile from its details. */
import { encodeBase64 } from "../base/base64.ts";
import { messageOf } from "../base/errors.ts";
import { encodeUtf8 } from "../base/streams.ts";
import { BuildFailure } from "../build/build-service.ts";
import type { SourceExcerpt } from "../build/build-status.ts";
import { GRPC_CODE, GrpcError } from "../http2/grpc.ts";
import { ProtoWriter } from "../wire/protobuf.ts";

const SOURCE_TYPE = "github.com/moby/buildkit/errdefs.Source+json";
const VERTEX_TYPE = "github.com/moby/buildkit/errdefs.Vertex+json";

export function asGrpcError(error: unknown): GrpcError {
  if (error instanceof GrpcError) return error;
  const message = messageOf(error);
  if (!(error instanceof BuildFailure)) return new GrpcError(GRPC_CODE.unknown, message);
  return new GrpcError(GRPC_CODE.unknown, message, statusOf(message, error));
}

/** `google.rpc.Status` with its details as JSON in `google.protobuf.Any`. */
function statusOf(message: string, { source, vertex }: BuildFailure): Uint8Array {
  const status = new ProtoWriter().integer(1, GRPC_CODE.unknown).string(2, message);
  if (vertex !== undefined) status.message(3, detail(VERTEX_TYPE, { digest: vertex }));
  if (source !== undefined) status.message(3, detail(SOURCE_TYPE, sourceOf(source)));
  return status.finish();
}

function detail(type: string, value: object): Uint8Array {
  return new ProtoWriter()
    .string(1, type)
    .bytes(2, encodeUtf8(JSON.stringify(value)))
    .finish();
}

function sourceOf({ fileName, data, ranges }: SourceExcerpt): object {
  return {
    info: { filename: fileName, data: encodeBase64(encodeUtf8(data)) },
    ranges: ranges.map(({ start, end }) => ({ start: { line: start }, end: { line: end } })),
  };
}

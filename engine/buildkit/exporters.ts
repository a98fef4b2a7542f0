/** Where the result of a build goes: into the engine's images, or to the client as files (BuildKit's `exporter/{local,tar}`). */
import { goFileMode } from "../archive/file-mode.ts";
import type { ReadableLowerFiles } from "../archive/lower-files.ts";
import { tarOfFiles } from "../archive/tar-of-files.ts";
import { S_IFMT, S_IFREG } from "../base/file-types.ts";
import { chunksOf, encodeUtf8 } from "../base/streams.ts";
import type { BuildResult } from "../build/build-service.ts";
import { GRPC_CODE, type GrpcClientCall, GrpcError } from "../http2/grpc.ts";
import { ProtoWriter } from "../wire/protobuf.ts";
import { PACKET } from "./client-files.ts";
import type { ClientSession } from "./client-session.ts";
import type { Exporter } from "./messages.ts";
import { ProtoMessage } from "./proto-message.ts";
import { walkFiles } from "./walk-files.ts";

const SEND = "/moby.filesync.v1.FileSend/DiffCopy";
const ID = "buildkit-attachable-exporter-id";
const PIECE_BYTES = 1 << 20;

/** @returns what the client is told of it. @throws GrpcError */
export async function exportResult(
  session: ClientSession,
  exporters: readonly Exporter[],
  result: BuildResult | undefined,
): Promise<ReadonlyMap<string, string>> {
  const told = new Map<string, string>();
  for (const [id, { type, attributes }] of exporters.entries()) {
    if (result === undefined) continue;
    if (type === "moby" || type === "image") {
      const digest = result.image?.id ?? "";
      told.set("containerimage.config.digest", digest).set("containerimage.digest", digest);
      const name = attributes.get("name");
      if (name !== undefined) told.set("image.name", name);
    } else if (type === "local") await sendDirectory(session, id, await result.files());
    else if (type === "tar") await sendTar(session, id, await result.files());
    else throw new GrpcError(GRPC_CODE.unknown, `exporter "${type}" could not be found`);
  }
  return told;
}

async function sendTar(session: ClientSession, id: number, files: ReadableLowerFiles): Promise<void> {
  const call = openTarget(session, id);
  for await (const chunk of chunksOf(tarOfFiles(files)))
    for (let at = 0; at < chunk.length; at += PIECE_BYTES)
      await call.send(new ProtoWriter().bytes(1, chunk.subarray(at, at + PIECE_BYTES)).finish());
  await call.closeSend();
  for await (const _ of call.messages());
}

/** The sending side of fsutil's protocol (`client-files.ts` draws it). */
async function sendDirectory(session: ClientSession, id: number, files: ReadableLowerFiles): Promise<void> {
  const call = openTarget(session, id);
  const paths: string[] = [];
  for (const path of walkFiles(files)) {
    paths.push(path);
    await call.send(packet(PACKET.stat, { stat: statOf(files, path) }));
  }
  await call.send(packet(PACKET.stat, {}));
  for await (const message of call.messages()) {
    const { type, number } = readPacket(message);
    if (type === PACKET.request) await sendFile(call, number, files, paths[number]);
    if (type !== PACKET.fin) continue;
    await call.send(packet(PACKET.fin, {}));
    await call.closeSend();
  }
}

async function sendFile(
  call: GrpcClientCall,
  id: number,
  files: ReadableLowerFiles,
  path: string | undefined,
): Promise<void> {
  if (path === undefined) throw new GrpcError(GRPC_CODE.unknown, `invalid file id ${id}`);
  for await (const chunk of chunksOf(files.read(path)))
    if (chunk.length > 0) await call.send(packet(PACKET.data, { id, data: chunk }));
  await call.send(packet(PACKET.data, { id }));
}

function openTarget(session: ClientSession, id: number): GrpcClientCall {
  if (!session.offers(SEND)) throw new GrpcError(GRPC_CODE.unknown, `method ${SEND} not supported by the client`);
  return session.open(SEND, [[ID, String(id)]]);
}

function readPacket(message: Uint8Array): { readonly type: number; readonly number: number } {
  const read = new ProtoMessage(message);
  if (read.integer(1) === PACKET.error)
    throw new GrpcError(GRPC_CODE.unknown, `error from receiver: ${new TextDecoder().decode(read.bytes(4))}`);
  return { type: read.integer(1), number: read.integer(3) };
}

function packet(
  type: number,
  { stat, id = 0, data }: { readonly stat?: Uint8Array; readonly id?: number; readonly data?: Uint8Array },
): Uint8Array {
  const out = new ProtoWriter().integer(1, type).message(2, stat).integer(3, id);
  return (data ? out.bytes(4, data) : out).finish();
}

function statOf(files: ReadableLowerFiles, path: string): Uint8Array {
  const file = files.find(path);
  if (file === undefined) throw new Error(`${path} is gone`);
  const isRegular = (file.mode & S_IFMT) === S_IFREG;
  const out = new ProtoWriter()
    .string(1, path)
    .integer(2, goFileMode(file.mode))
    .integer(3, file.uid)
    .integer(4, file.gid)
    .integer(5, isRegular ? file.size : 0)
    .integer(6, file.mtimeSeconds * 1e9 + file.mtimeNanoseconds)
    .string(7, files.readLink(path))
    .integer(8, file.major)
    .integer(9, file.minor);
  for (const [name, value] of file.xattrs)
    if (!name.startsWith("trusted."))
      out.message(10, new ProtoWriter().message(1, encodeUtf8(name)).bytes(2, value).finish());
  return out.finish();
}

/**
 * A boot snapshot as one file:
 *
 *     "DRYDOCK1" | u32 length | info (JSON) | u32 length | 9p state | u32 plain length | gzip(emulator state)
 *
 * gzip, because every host unpacks it natively: zstd -19 makes 4.2 MB of what gzip makes 5.2 MB, but in JavaScript (`fzstd`) takes
 * three times as long, more than the difference takes to load. Pages of zeros are left out by v86 itself.
 */
import { EngineError } from "../base/errors.ts";
import { chunksOf, collect, concat, decodeUtf8, encodeUtf8, streamOf } from "../base/streams.ts";
import type { LinkState } from "./agent-client.ts";
import { FieldReader, FieldWriter } from "./codec.ts";

/** What one must know before a snapshot can be restored. */
interface SnapshotInfo {
  /** Names everything a state depends on: emulator build, devices, kernel, guest root. A snapshot fits only its equal. */
  readonly fingerprint: string;
  readonly memoryBytes: number;
  /** Number of the virtio-console port that the agent uses. */
  readonly linkPort: number;
  readonly link: LinkState;
}

/** What a snapshot file holds. */
export interface Snapshot {
  readonly info: SnapshotInfo;
  readonly ninePState: Uint8Array;
  /** As v86's `save_state` gives it. */
  readonly machineState: ArrayBuffer;
}

const MAGIC = encodeUtf8("DRYDOCK1");
const MAX_STATE_BYTES = 1 << 30;

/** The file. */
export async function encodeSnapshot(snapshot: Snapshot): Promise<Uint8Array<ArrayBuffer>> {
  const header = new FieldWriter()
    .raw(MAGIC)
    .bytes(encodeUtf8(JSON.stringify(snapshot.info)))
    .bytes(snapshot.ninePState)
    .u32(snapshot.machineState.byteLength);
  const packed = streamOf(new Uint8Array(snapshot.machineState)).pipeThrough(
    new CompressionStream("gzip") as ByteTransform,
  );
  return concat([header.finish(), await collect(packed, MAX_STATE_BYTES)]);
}

/** The snapshot in a file. @throws EngineError("conflict") when it is none, of another version of this format, or damaged */
export async function decodeSnapshot(bytes: Uint8Array<ArrayBuffer>): Promise<Snapshot> {
  if (MAGIC.some((byte, index) => bytes[index] !== byte)) throw foreign();
  try {
    const input = new FieldReader(bytes.subarray(MAGIC.length));
    const info = JSON.parse(decodeUtf8(input.bytes())) as SnapshotInfo;
    const ninePState = input.bytes().slice();
    const machineState = await unpack(bytes.subarray(bytes.length - input.remaining + 4), input.u32());
    return { info, ninePState, machineState };
  } catch (error) {
    throw foreign(error);
  }
}

type ByteTransform = TransformStream<Uint8Array, Uint8Array>;

async function unpack(packed: Uint8Array<ArrayBuffer>, plainLength: number): Promise<ArrayBuffer> {
  if (plainLength > MAX_STATE_BYTES) throw new RangeError(`state of ${plainLength} bytes`);
  const state = new Uint8Array(plainLength);
  let fill = 0;
  // In pieces: a decompressor that is given all at once makes all of its output before it hands on any.
  const plain = streamOf(...pieces(packed)).pipeThrough(new DecompressionStream("gzip") as ByteTransform);
  for await (const chunk of chunksOf(plain)) {
    state.set(chunk, fill);
    fill += chunk.length;
  }
  if (fill !== plainLength) throw new RangeError(`state of ${fill} bytes, not ${plainLength}`);
  return state.buffer;
}

function pieces(bytes: Uint8Array<ArrayBuffer>): Uint8Array[] {
  const size = 64 << 10;
  return Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) =>
    bytes.subarray(index * size, (index + 1) * size),
  );
}

function foreign(cause?: unknown): EngineError {
  return new EngineError("conflict", "not a snapshot of this version of Drydock", { cause });
}

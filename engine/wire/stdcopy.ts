/**
 * Docker's multiplexed stream (`github.com/docker/docker/pkg/stdcopy`): stdout and stderr of a process without a terminal on one
 * connection.
 *
 * ```text
 *  0        1 2 3   4          8
 * | stream | 0 0 0 | length BE | payload …
 * ```
 * `stream` is 0 stdin, 1 stdout, 2 stderr, 3 an error of the daemon.
 */
import { chunksOf, concat } from "../base/streams.ts";

export const MULTIPLEXED_TYPE = "application/vnd.docker.multiplexed-stream";
export const RAW_TYPE = "application/vnd.docker.raw-stream";

const HEADER_BYTES = 8;
const STREAM_NUMBERS = { stdin: 0, stdout: 1, stderr: 2, systemerr: 3 } as const;
const STREAM_NAMES = ["stdin", "stdout", "stderr", "systemerr"] as const;

export type StdStream = keyof typeof STREAM_NUMBERS;

export interface StdChunk {
  readonly stream: StdStream;
  readonly bytes: Uint8Array;
}

/** One frame. */
export function encodeFrame(stream: StdStream, bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const frame = new Uint8Array(HEADER_BYTES + bytes.length);
  frame[0] = STREAM_NUMBERS[stream];
  new DataView(frame.buffer).setUint32(4, bytes.length);
  frame.set(bytes, HEADER_BYTES);
  return frame;
}

/**
 * Takes the stream apart however its chunks were cut. A frame's payload is handed on as it arrives (one frame can become several
 * chunks), so a huge frame needs no memory; frames of one stream that arrive together are handed on together, for logs of short lines.
 * @throws Error for an unknown stream number, or when the stream ends inside a frame
 */
export async function* decodeFrames(source: ReadableStream<Uint8Array>): AsyncGenerator<StdChunk, void, undefined> {
  let header: Uint8Array = new Uint8Array(0);
  let stream: StdStream = "stdout";
  let missing = 0;
  for await (const chunk of chunksOf(source)) {
    let rest = chunk;
    let current: StdStream = stream;
    let pieces: Uint8Array[] = [];
    while (rest.length > 0) {
      if (missing === 0) {
        const taken = rest.subarray(0, HEADER_BYTES - header.length);
        rest = rest.subarray(taken.length);
        header = concat([header, taken]);
        if (header.length < HEADER_BYTES) continue;
        ({ stream, length: missing } = decodeHeader(header));
        header = new Uint8Array(0);
        continue;
      }
      const bytes = rest.subarray(0, missing);
      rest = rest.subarray(bytes.length);
      missing -= bytes.length;
      if (pieces.length > 0 && current !== stream) {
        yield { stream: current, bytes: joined(pieces) };
        pieces = [];
      }
      current = stream;
      pieces.push(bytes);
    }
    if (pieces.length > 0) yield { stream: current, bytes: joined(pieces) };
  }
  if (missing > 0 || header.length > 0) throw new Error("unexpected EOF");
}

function joined(pieces: readonly Uint8Array[]): Uint8Array {
  const [only] = pieces;
  return pieces.length === 1 && only !== undefined ? only : concat(pieces);
}

function decodeHeader(header: Uint8Array): { stream: StdStream; length: number } {
  const stream = STREAM_NAMES[header[0] as number];
  if (stream === undefined) throw new Error(`Unrecognized input header: ${header[0]}`);
  return { stream, length: new DataView(header.buffer, header.byteOffset).getUint32(4) };
}

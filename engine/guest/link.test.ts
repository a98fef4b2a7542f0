import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { concat } from "../base/streams.ts";
import { encodeU32 } from "./events.ts";
import { encodeFrame, FRAME, FrameDecoder, type Frame } from "./frames.ts";
import { Link, MAX_CHUNK_BYTES, MAX_CHUNKS_IN_FLIGHT, type FrameSource, type LinkPort } from "./link.ts";

/** The far end of a link, by hand: keeps what was sent, acknowledges when told. */
class Peer implements LinkPort {
  readonly chunks: Uint8Array[] = [];
  readonly received: Frame[] = [];
  acknowledged = 0;
  #receive: (chunk: Uint8Array) => void = () => undefined;

  send(chunk: Uint8Array): void {
    this.chunks.push(chunk);
  }

  onReceive(receive: (chunk: Uint8Array) => void): void {
    this.#receive = receive;
  }

  deliver(frame: Frame): void {
    this.#receive(encodeFrame(frame));
  }

  raw(bytes: Uint8Array): void {
    this.#receive(bytes);
  }

  /** Acknowledges this many more of the chunks sent. */
  acknowledge(count = Infinity, start = 0): void {
    this.acknowledged = Math.min(this.chunks.length, this.acknowledged + count);
    const total = this.chunks.slice(0, this.acknowledged).reduce((sum, chunk) => sum + chunk.length, start);
    this.deliver({ type: FRAME.linkAck, code: 0, id: 0, payload: encodeU32(total >>> 0) });
  }

  get inFlight(): number {
    return this.chunks.length - this.acknowledged;
  }

  frames(): Frame[] {
    return [...new FrameDecoder().push(concat(this.chunks))];
  }
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const request = (id: number, size = 0): Frame => ({ type: FRAME.request, code: 12, id, payload: new Uint8Array(size) });

/** Sends this many DATA frames. */
function source(id: number, count: number, size = 1000): FrameSource {
  let left = count;
  return {
    nextFrame: () => (left-- > 0 ? { type: FRAME.data, code: 0, id, payload: new Uint8Array(size) } : undefined),
  };
}

function createLink(options: { bytesSent?: number } = {}): {
  peer: Peer;
  link: Link;
  failures: Error[];
  frames: Frame[];
} {
  const peer = new Peer();
  const failures: Error[] = [];
  const frames: Frame[] = [];
  const link = new Link(
    peer,
    { onFrame: (frame) => void frames.push(frame), onFailure: (error) => void failures.push(error) },
    options,
  );
  return { peer, link, failures, frames };
}

describe("Link", () => {
  it("sends frames made in one go in one chunk", async () => {
    const { peer, link } = createLink();
    link.send(request(1));
    link.send(request(2));
    await turn();
    expect(peer.chunks).toHaveLength(1);
    expect(peer.frames()).toEqual([request(1), request(2)]);
  });

  it("is idle only when all it sent was acknowledged", async () => {
    const { peer, link } = createLink();
    expect(link.idle).toBe(true);
    link.send(request(1));
    expect(link.idle).toBe(false);
    await turn();
    expect(link.idle).toBe(false);
    peer.acknowledge();
    expect(link.idle).toBe(true);
    expect(link.bytesSent).toBe(12);
  });

  it("never has more chunks in flight than the guest has buffers, and loses nothing", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.nat(30_000), { maxLength: 20 }),
        fc.array(fc.record({ streams: fc.nat(3), frames: fc.nat(12), size: fc.integer({ min: 1, max: 16384 }) }), {
          maxLength: 4,
        }),
        fc.array(fc.integer({ min: 1, max: MAX_CHUNKS_IN_FLIGHT }), { minLength: 1, maxLength: 10 }),
        async (requests, sources, acknowledgements) => {
          const { peer, link, failures } = createLink();
          requests.forEach((size, index) => link.send(request(index + 1, size)));
          sources.forEach(({ frames, size }, index) => link.offer(source(index + 1, frames, size)));
          for (let index = 0; ; index++) {
            await turn();
            expect(peer.inFlight).toBeLessThanOrEqual(MAX_CHUNKS_IN_FLIGHT);
            for (const chunk of peer.chunks) expect(chunk.length).toBeLessThanOrEqual(MAX_CHUNK_BYTES);
            if (peer.inFlight === 0) break;
            peer.acknowledge(acknowledgements[index % acknowledgements.length]);
          }
          const sent = peer.frames();
          expect(sent.filter(({ type }) => type === FRAME.request).map(({ payload }) => payload.length)).toEqual(
            requests,
          );
          sources.forEach(({ frames, size }, index) => {
            const data = sent.filter(({ type, id }) => type === FRAME.data && id === index + 1);
            expect(data.map(({ payload }) => payload.length)).toEqual(Array.from({ length: frames }, () => size));
          });
          expect(link.idle).toBe(true);
          expect(failures).toEqual([]);
        },
      ),
      { numRuns: 60 },
    );
  });

  it("lets a request pass a stream that has much to send", async () => {
    const { peer, link } = createLink();
    link.offer(source(1, 1000, 16384));
    await turn();
    link.send(request(7));
    const before = peer.chunks.length;
    for (let count = 0; count < 5; count++) {
      peer.acknowledge(1);
      await turn();
    }
    // Behind what was in flight and the rest of one DATA frame.
    expect(peer.chunks.length - before).toBeLessThanOrEqual(5);
    expect(peer.frames().some(({ type }) => type === FRAME.request)).toBe(true);
  });

  it("lets streams take turns, also while requests keep coming", async () => {
    const { peer, link } = createLink();
    link.offer(source(1, 50, 4000));
    link.offer(source(2, 50, 4000));
    for (let id = 1; id <= 40; id++) link.send(request(id, 4000));
    for (let count = 0; count < 60; count++) {
      await turn();
      peer.acknowledge(1);
    }
    const ids = peer
      .frames()
      .filter(({ type }) => type === FRAME.data)
      .map(({ id }) => id);
    expect(ids.length).toBeGreaterThan(8);
    expect(Math.abs(ids.filter((id) => id === 1).length - ids.filter((id) => id === 2).length)).toBeLessThanOrEqual(1);
  });

  it("counts beyond 2^32 bytes", async () => {
    const start = 2 ** 32 - 20;
    const { peer, link, failures } = createLink({ bytesSent: start });
    link.send(request(1, 100));
    await turn();
    expect(link.bytesSent).toBe(112 - 20);
    peer.acknowledge(Infinity, start);
    expect(link.idle).toBe(true);
    expect(failures).toEqual([]);
  });

  it("passes frames on and fails once, for good, on bytes that are no frame", async () => {
    const { peer, link, failures, frames } = createLink();
    peer.deliver(request(3));
    expect(frames).toEqual([request(3)]);
    peer.raw(new Uint8Array(12));
    peer.raw(new Uint8Array(12));
    peer.deliver(request(4));
    expect(failures.map(String)).toEqual([expect.stringContaining("no frame starts with 00")]);
    expect(frames).toHaveLength(1);
    link.send(request(1));
    await turn();
    expect(peer.chunks).toEqual([]);
  });

  it("fails when more is acknowledged than was sent", () => {
    const { peer, failures } = createLink();
    peer.deliver({ type: FRAME.linkAck, code: 0, id: 0, payload: encodeU32(5) });
    expect(failures).toHaveLength(1);
  });
});

import { expect, test } from "vitest";
import type { StreamMessage } from "../worker-api.ts";
import { MessageStreams } from "./message-streams.ts";

/** Two ends joined by structured clones, as two threads are; records what was posted. */
function pair() {
  const posted: StreamMessage[] = [];
  const link = (other: () => MessageStreams) => (message: StreamMessage, transfer: Transferable[]) => {
    const clone = structuredClone(message, { transfer });
    posted.push(clone);
    setTimeout(() => other().handle(clone));
  };
  const left: MessageStreams = new MessageStreams(link(() => right));
  const right: MessageStreams = new MessageStreams(link(() => left));
  return { left, right, posted };
}

function streamOf(...chunks: Uint8Array[]): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(chunk);
      controller.close();
    },
  });
}

async function collect(stream: ReadableStream<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  const reader = stream.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return Buffer.concat(chunks);
    chunks.push(value);
  }
}

const pause = () => new Promise((resolve) => setTimeout(resolve, 20));

test("bytes arrive whole and in order, larger than the window", async () => {
  const { left, right } = pair();
  const bytes = new Uint8Array(1_500_000).map((_, index) => index % 251);
  const received = await collect(right.receive(left.send(streamOf(bytes.slice(0, 700_000), bytes.slice(700_000)))));
  expect(received.equals(Buffer.from(bytes))).toBe(true);
  await pause();
  expect(left.size + right.size).toBe(0);
});

test("a sender stops at the window while nobody reads", async () => {
  const { left, right, posted } = pair();
  let made = 0;
  const endless = new ReadableStream<Uint8Array>({
    pull(controller) {
      made += 16 << 10;
      controller.enqueue(new Uint8Array(16 << 10));
    },
  });
  const stream = right.receive(left.send(endless));
  await pause();
  await pause();
  const sent = posted.reduce((sum, message) => sum + (message.type === "chunk" ? message.bytes.length : 0), 0);
  expect(sent).toBeLessThanOrEqual(256 << 10);
  expect(made).toBeLessThanOrEqual((256 << 10) + (64 << 10));
  await stream.cancel();
});

test("reading grants credit, so an endless stream keeps flowing", async () => {
  const { left, right } = pair();
  const endless = new ReadableStream<Uint8Array>({ pull: (controller) => controller.enqueue(new Uint8Array(60_000)) });
  const reader = right.receive(left.send(endless)).getReader();
  let size = 0;
  while (size < 3_000_000) size += (await reader.read()).value?.length ?? 0;
  await reader.cancel();
  await pause();
  expect(left.size + right.size).toBe(0);
});

test("cancelling reaches the source", async () => {
  const { left, right } = pair();
  let isCancelled = false;
  const source = new ReadableStream<Uint8Array>({ cancel: () => void (isCancelled = true) });
  await right.receive(left.send(source)).cancel();
  await pause();
  expect(isCancelled).toBe(true);
});

test("an error of the source arrives with its name and kind", async () => {
  const { left, right } = pair();
  const failing = new ReadableStream<Uint8Array>({
    pull(controller) {
      controller.error(Object.assign(new Error("No such container: foo"), { name: "EngineError", kind: "not-found" }));
    },
  });
  await expect(collect(right.receive(left.send(failing)))).rejects.toMatchObject({
    name: "EngineError",
    kind: "not-found",
    message: "No such container: foo",
  });
});

test("when the other side is gone every stream fails", async () => {
  const { left, right } = pair();
  const stream = right.receive(left.send(new ReadableStream<Uint8Array>()));
  const reading = collect(stream);
  right.fail(new Error("the engine's worker has stopped"));
  await expect(reading).rejects.toThrow("worker has stopped");
});

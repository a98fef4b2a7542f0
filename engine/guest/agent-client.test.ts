import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { collect, collectText, encodeUtf8, streamFrom } from "../base/streams.ts";
import { AgentClient, type AgentClientOptions } from "./agent-client.ts";
import { ERRNO } from "./errno.ts";
import { encodeExit, encodeU32, EVENT } from "./events.ts";
import { FakeAgent, type FakeAgentOptions } from "./fake-agent.ts";
import { FakeGuest } from "./fake-guest.ts";
import { fakeShell } from "./fake-shell.ts";
import { encodeFrame, FRAME, FrameDecoder, type Frame } from "./frames.ts";
import { guestSuite, shell } from "./guest.suite.ts";
import { MAX_CHUNKS_IN_FLIGHT, type LinkPort } from "./link.ts";
import { encodeResponse, METHOD } from "./protocol.ts";

const CONSOLE = { text: () => "", subscribe: () => ({ [Symbol.dispose]: () => undefined }) };
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

function createClient(options: FakeAgentOptions & Partial<AgentClientOptions> = {}): {
  client: AgentClient;
  agent: FakeAgent;
  fake: FakeGuest;
} {
  const fake = new FakeGuest();
  fake.onStart(fakeShell);
  const agent = new FakeAgent(fake, options);
  const client = new AgentClient({ port: agent.port, console: CONSOLE, ...options });
  agent.ready();
  return { client, agent, fake };
}

/** A port whose far end the test plays by hand. */
function manualPort(): { port: LinkPort; sent: Frame[]; deliver: (...frames: Frame[]) => void } {
  let receive: (chunk: Uint8Array) => void = () => undefined;
  const sent: Frame[] = [];
  const decoder = new FrameDecoder();
  const port: LinkPort = {
    send: (chunk) => void sent.push(...decoder.push(chunk)),
    onReceive: (callback) => void (receive = callback),
  };
  return { port, sent, deliver: (...frames) => frames.forEach((frame) => receive(encodeFrame(frame))) };
}

guestSuite("AgentClient", async () => {
  const { client, agent } = createClient();
  await client.ready;
  return {
    guest: client,
    openHandles: () => client.openHandles.streams + client.openHandles.processes + agent.openStreams,
    dispose: async () => {
      await client[Symbol.asyncDispose]();
      expect(agent.violations).toEqual([]);
      expect(agent.dropped).toBe(0);
      expect(agent.mostUnacknowledged).toBeLessThanOrEqual(MAX_CHUNKS_IN_FLIGHT);
    },
  };
});

describe("AgentClient", () => {
  it("keeps every stream intact and within its limits, however the link and the readers dawdle", async () => {
    const process = fc.record({
      bytes: fc.nat(100_000),
      readDelay: fc.nat(2),
      writeChunk: fc.integer({ min: 700, max: 40_000 }),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(process, { minLength: 1, maxLength: 5 }),
        fc.array(fc.nat(3), { minLength: 1, maxLength: 20 }),
        fc.array(fc.integer({ min: 200, max: 5000 }), { minLength: 1, maxLength: 10 }),
        async (processes, readPauses, outputSizes) => {
          let reads = 0;
          let outputs = 0;
          const { client, agent, fake } = createClient({
            beforeRead: async () => {
              for (let pause = readPauses[reads++ % readPauses.length] as number; pause > 0; pause--) await turn();
            },
            outputChunk: () => outputSizes[outputs++ % outputSizes.length] as number,
          });
          await client.ready;
          const done = new AbortController();
          const pings = async (): Promise<void> => {
            for (; !done.signal.aborted; await turn())
              expect(await client.ping(Uint8Array.of(1))).toEqual(Uint8Array.of(1));
          };
          const run = async (
            { bytes, readDelay, writeChunk }: (typeof processes)[number],
            seed: number,
          ): Promise<void> => {
            const cat = await client.start(shell("cat"));
            const input = Uint8Array.from({ length: bytes }, (_, index) => (index * 31 + seed) & 0xff);
            const read = async (): Promise<Uint8Array> => {
              const slow = new TransformStream<Uint8Array, Uint8Array>({
                async transform(chunk, controller) {
                  for (let pause = readDelay; pause > 0; pause--) await turn();
                  controller.enqueue(chunk);
                },
              });
              return collect((cat.stdout as ReadableStream<Uint8Array>).pipeThrough(slow));
            };
            const pieces = function* (): Generator<Uint8Array> {
              for (let offset = 0; offset < bytes; offset += writeChunk)
                yield input.subarray(offset, offset + writeChunk);
            };
            const [output] = await Promise.all([
              read(),
              streamFrom(pieces()).pipeTo(cat.stdin as WritableStream<Uint8Array>),
            ]);
            expect(Buffer.compare(output, input)).toBe(0);
            expect(await cat.exited).toMatchObject({ code: 0 });
            await cat.stderr?.cancel();
          };
          const pinging = pings();
          await Promise.all(processes.map(run));
          done.abort();
          await pinging;
          await turn();
          expect(agent.violations).toEqual([]);
          expect(agent.dropped).toBe(0);
          expect(agent.mostUnacknowledged).toBeLessThanOrEqual(MAX_CHUNKS_IN_FLIGHT);
          expect(client.openHandles).toEqual({ streams: 0, processes: 0 });
          expect(fake.openHandles.processes).toBe(0);
        },
      ),
      { numRuns: 8 },
    );
  }, 60_000);

  it("serves connections that the guest opens, and resets those of a listener it does not know", async () => {
    const { client, fake } = createClient();
    await client.listen("/s", { mode: 0o600 }, (connection, peer) => {
      const writer = connection.writable.getWriter();
      void writer.write(encodeUtf8(`hello ${peer.pid}`));
      void writer.close();
    });
    const inside = fake.dial("/s", { pid: 42, uid: 0 });
    expect(await collectText(inside.readable)).toBe("hello 42");

    const { port, sent, deliver } = manualPort();
    const strange = new AgentClient({ port, console: CONSOLE });
    deliver({ type: FRAME.open, code: 0, id: 0x80000001, payload: new Uint8Array(12) });
    await turn();
    expect(sent).toMatchObject([{ type: FRAME.reset, id: 0x80000001 }]);
    expect(strange.openHandles.streams).toBe(0);
  });

  it("gives up a connection that is cancelled while it is made", async () => {
    const { port, sent } = manualPort();
    const client = new AgentClient({ port, console: CONSOLE });
    const abort = new AbortController();
    const connecting = client.connect({ family: "tcp", address: "10.0.0.1", port: 1 }, { signal: abort.signal });
    await turn();
    abort.abort(new Error("enough"));
    await expect(connecting).rejects.toThrow("enough");
    await turn();
    expect(sent.map(({ type }) => type)).toEqual([FRAME.request, FRAME.reset]);
  });

  it("knows the exit of a process that overtakes the answer to its start", async () => {
    const { port, sent, deliver } = manualPort();
    const client = new AgentClient({ port, console: CONSOLE });
    const starting = client.start(
      shell("true", { stdio: { mode: "pipes", stdin: false, stdout: false, stderr: false } }),
    );
    await turn();
    const id = (sent[0] as Frame).id;
    deliver(
      {
        type: FRAME.event,
        code: EVENT.exit,
        id: 0,
        payload: encodeExit({ pid: 9, waitStatus: 5 << 8, userUs: 1, systemUs: 2 }),
      },
      { type: FRAME.response, code: METHOD.start, id, payload: encodeResponse("start", { result: 9 }) },
    );
    expect(await (await starting).exited).toEqual({ code: 5, signal: undefined, userUs: 1, systemUs: 2 });
  });

  it("takes everything with it when the link breaks", async () => {
    const { client, agent } = createClient();
    const process = await client.start(shell("sleep 1"));
    const reading = collectText(process.stdout as ReadableStream<Uint8Array>);
    const pinging = client.ping();
    agent.sendRaw(new Uint8Array(12));
    await expect(pinging).rejects.toMatchObject({ kind: "unavailable" });
    await expect(reading).rejects.toMatchObject({ kind: "unavailable" });
    await expect(process.exited).rejects.toMatchObject({ kind: "unavailable" });
    await expect(
      (process.stdin as WritableStream<Uint8Array>).getWriter().write(Uint8Array.of(1)),
    ).rejects.toMatchObject({ kind: "unavailable" });
    await expect(client.run([])).rejects.toMatchObject({ kind: "unavailable" });
    expect(await client.died).toMatchObject({
      reason: "link",
      detail: expect.stringContaining("no frame starts with"),
    });
    expect(client.openHandles).toEqual({ streams: 0, processes: 0 });
  });

  it("dies of a response that nobody waits for", async () => {
    const { port, deliver } = manualPort();
    const client = new AgentClient({ port, console: CONSOLE });
    deliver({ type: FRAME.response, code: METHOD.ping, id: 77, payload: encodeU32(0) });
    expect(await client.died).toMatchObject({ reason: "link" });
    await expect(client.ready).rejects.toMatchObject({ kind: "unavailable" });
  });

  it("does not send a request that the agent would refuse", async () => {
    const { client } = createClient();
    const write = client.run([{ op: "write", path: "/f", data: new Uint8Array(1 << 20) }]);
    await expect(write).rejects.toMatchObject({ errno: ERRNO.EMSGSIZE });
    expect(client.idle).toBe(true);
  });

  it("goes on where a snapshot left the counters", async () => {
    const first = createClient();
    await first.client.ready;
    await first.client.ping();
    await turn();
    expect(first.client.idle).toBe(true);
    const resume = first.client.linkState();
    const second = new AgentClient({ port: first.agent.port, console: CONSOLE, resume });
    await second.ready;
    expect(second.kernelRelease).toBe(first.client.kernelRelease);
    await second.restored(1_700_000_000_123.5, Uint8Array.of(1));
    expect(await second.ping(Uint8Array.of(3))).toEqual(Uint8Array.of(3));
    await turn();
    expect(second.idle).toBe(true);
    expect(first.agent.violations).toEqual([]);
  });

  it("tells the owner once to tear down, and waits for it", async () => {
    let deaths = 0;
    const { client } = createClient({ onDeath: () => void deaths++ });
    await client[Symbol.asyncDispose]();
    await client[Symbol.asyncDispose]();
    expect(deaths).toBe(1);
    expect(await client.died).toMatchObject({ reason: "disposed" });
  });
});

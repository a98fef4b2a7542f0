import * as fc from "fast-check";
import { afterEach, describe, expect, it, vi } from "vitest";
import { Queue } from "../base/queue.ts";
import { collectText, concat, decodeUtf8, encodeUtf8, streamFrom } from "../base/streams.ts";
import type { CommandContext } from "./command-context.ts";
import { encodeStubFrame, FROM_STUB, TO_STUB } from "./stub-frames.ts";
import { serveStub } from "./stub-server.ts";

const none = (): Promise<never> => Promise.reject(new Error("no files"));
const noFiles = { read: none, write: none, stat: none, makeDirectory: none, readTar: none, writeTar: none };

function u16(value: number): Uint8Array {
  return Uint8Array.of(value & 0xff, value >> 8);
}

function u32(value: number): Uint8Array {
  return Uint8Array.of(value & 0xff, (value >> 8) & 0xff, (value >> 16) & 0xff, value >>> 24);
}

function text(value: string): Uint8Array {
  const bytes = encodeUtf8(value);
  return concat([u32(bytes.length), bytes]);
}

const list = (items: readonly string[]): Uint8Array => concat([u32(items.length), ...items.map(text)]);

function hello(argv: readonly string[], { env = ["HOME=/root"], terminals = 0, cwd = "/root" } = {}): Uint8Array {
  return encodeStubFrame(
    FROM_STUB.hello,
    concat([list(argv), list(env), text(cwd), Uint8Array.of(terminals), u16(24), u16(80), u32(0), u32(0), u32(77)]),
  );
}

/** A stub on the other end of a connection, and the command it runs. */
function connect(run: (context: CommandContext) => Promise<number>): {
  send: (...frames: readonly Uint8Array[]) => void;
  hangUp: () => void;
  received: string[];
  over: Promise<void>;
} {
  const input = new Queue<Uint8Array>();
  const received: string[] = [];
  const writable = new WritableStream<Uint8Array>({
    write(frame) {
      const payload = frame.subarray(5);
      const name = Object.entries(TO_STUB).find(([, type]) => type === frame[4])?.[0] ?? "?";
      const isText = name === "stdout" || name === "stderr";
      const number = new DataView(concat([payload, new Uint8Array(4)]).buffer).getUint32(0, true);
      received.push(`${name} ${isText ? decodeUtf8(payload) : number}`);
    },
    // A stub that was told to exit hangs up.
    close() {
      received.push("closed");
      input.close();
    },
  });
  const options = { fetch: () => Promise.reject(new Error("no engine")), files: () => noFiles, run };
  const over = serveStub({ readable: streamFrom(input), writable }, options);
  return {
    send: (...frames) => frames.forEach((frame) => input.push(frame)),
    hangUp: () => input.close(),
    received,
    over,
  };
}

const stdin = (value: string): Uint8Array => encodeStubFrame(FROM_STUB.stdin, encodeUtf8(value));
const signal = (number: number): Uint8Array => encodeStubFrame(FROM_STUB.signal, u32(number));

afterEach(() => {
  vi.useRealTimers();
});

describe("the stub's server", () => {
  it("gives a command the process's world, and sends back what it says", async () => {
    const seen: unknown[] = [];
    const stub = connect(async (context) => {
      seen.push(
        context.argv,
        context.cwd,
        context.env.get("A"),
        context.stdin.isTerminal,
        context.stdout.isTerminal,
        context.stdout.size(),
      );
      await context.stdout.write("out");
      await context.stderr.write(encodeUtf8("err"));
      return 3;
    });
    stub.send(hello(["docker", "ps"], { env: ["A=b=c", "X"], terminals: 2, cwd: "/tmp" }));
    await stub.over;
    expect(seen).toEqual([["docker", "ps"], "/tmp", "b=c", false, true, { rows: 24, columns: 80 }]);
    expect(stub.received).toEqual(["stdout out", "stderr err", "exit 3", "closed"]);
  });

  it("runs docker itself", async () => {
    const input = new Queue<Uint8Array>();
    const output: Uint8Array[] = [];
    const writable = new WritableStream<Uint8Array>({ write: (frame) => void output.push(frame) });
    input.push(hello(["docker", "--version"]));
    input.close();
    await serveStub(
      { readable: streamFrom(input), writable },
      { fetch: () => Promise.reject(new Error("no engine")), files: () => noFiles },
    );
    expect(decodeUtf8(concat(output))).toContain("Docker version 28.2.2");
  });

  it("asks for stdin only when the command reads, and for more as it is read", async () => {
    const stub = connect(async (context) => {
      await context.stdout.write("ready");
      await context.stdout.write(await collectText(context.stdin.stream()));
      return 0;
    });
    stub.send(hello(["docker"]));
    await vi.waitFor(() => expect(stub.received).toEqual(["stdout ready", "stdinCredit 32768"]));
    stub.send(stdin("a".repeat(16_384)), stdin("b".repeat(16_384)));
    await vi.waitFor(() => expect(stub.received.at(-1)).toBe("stdinCredit 32768"));
    stub.send(stdin("end"), encodeStubFrame(FROM_STUB.stdinEof, new Uint8Array(0)));
    await vi.waitFor(() => expect(stub.received.at(-1)).toBe("closed"));
    await stub.over;
    expect(stub.received.findLast((line) => line.startsWith("stdout"))).toBe("stdout end");
  });

  it("cuts long output into frames that the stub can take", async () => {
    const stub = connect(async (context) => {
      await context.stdout.write("x".repeat(40_000));
      return 0;
    });
    stub.send(hello(["docker"]));
    await stub.over;
    expect(stub.received.slice(0, 3).map((line) => line.length)).toEqual([16_391, 16_391, 7239]);
  });

  it("passes signals and sizes on, and raw mode back", async () => {
    const seen: unknown[] = [];
    const stub = connect(async (context) => {
      context.stdin.setRaw(true);
      await new Promise<void>((resolve) => {
        context.onSignal((number) => seen.push(number));
        context.onResize((size) => {
          seen.push(size, context.stdout.size());
          resolve();
        });
      });
      context.stdin.setRaw(false);
      return 0;
    });
    stub.send(
      hello(["docker"], { terminals: 7 }),
      signal(2),
      encodeStubFrame(FROM_STUB.winch, concat([u16(50), u16(132)])),
    );
    await stub.over;
    expect(seen).toEqual([2, { rows: 50, columns: 132 }, { rows: 50, columns: 132 }]);
    expect(stub.received).toEqual(["raw 1", "raw 0", "exit 0", "closed"]);
  });

  it("lets a process die of the signal that ended its command", async () => {
    const stub = connect((context) => new Promise((resolve) => context.onSignal((number) => resolve(128 + number))));
    stub.send(hello(["docker"]), signal(1));
    await stub.over;
    expect(stub.received).toEqual(["signalSelf 1", "closed"]);
    const interrupted = connect(
      (context) => new Promise((resolve) => context.onSignal((number) => resolve(128 + number))),
    );
    interrupted.send(hello(["docker"]), signal(2));
    await interrupted.over;
    expect(interrupted.received).toEqual(["exit 130", "closed"]);
  });

  it("tells the command that its process is gone", async () => {
    let gone = false;
    const stub = connect(
      (context) =>
        new Promise((resolve) =>
          context.signal.addEventListener("abort", () => {
            gone = true;
            resolve(0);
          }),
        ),
    );
    stub.send(hello(["docker"]));
    stub.hangUp();
    await stub.over;
    expect(gone).toBe(true);
    expect(stub.received).toEqual(["closed"]);
  });

  it("makes writing to a process that is gone an EPIPE", async () => {
    const stub = connect(async (context) => {
      await new Promise((resolve) => context.signal.addEventListener("abort", resolve));
      return (
        (await context.stdout.write("x").then(
          () => 0,
          (error: { code: string }) => expect(error.code).toBe("EPIPE"),
        )) ?? 0
      );
    });
    stub.send(hello(["docker"]));
    stub.hangUp();
    await stub.over;
  });
});

describe("a hostile stub", () => {
  const forever = (): Promise<number> => new Promise((resolve) => setTimeout(() => resolve(0), 50));

  it.each<[string, readonly Uint8Array[]]>([
    ["that does not say hello", [stdin("x")]],
    ["that says nothing", []],
    ["that says hello too shortly", [encodeStubFrame(FROM_STUB.hello, u32(5))]],
    ["that says hello too long", [encodeStubFrame(FROM_STUB.hello, concat([hello(["a"]).subarray(5), u32(1)]))]],
    ["with a list that cannot fit", [encodeStubFrame(FROM_STUB.hello, u32(0xff_ff_ff_ff))]],
    ["with a frame that cannot fit", [Uint8Array.of(0xff, 0xff, 0xff, 0x7f, FROM_STUB.hello)]],
    ["with half a frame", [hello(["a"]).subarray(0, 20)]],
  ])("%s is disconnected before anything runs", async (_, frames) => {
    const run = vi.fn(forever);
    const stub = connect(run);
    stub.send(...frames);
    stub.hangUp();
    await stub.over;
    expect(run).not.toHaveBeenCalled();
    expect(stub.received).toEqual(["closed"]);
  });

  it.each<[string, Uint8Array]>([
    ["says hello twice", hello(["docker"])],
    ["sends stdin that nobody asked for", stdin("x")],
    ["sends a frame of no known type", encodeStubFrame(99, new Uint8Array(0))],
    ["sends a signal without a number", encodeStubFrame(FROM_STUB.signal, u16(2))],
    ["sends a size that is no size", encodeStubFrame(FROM_STUB.winch, u16(2))],
    ["sends a frame that is too long", Uint8Array.of(0, 0, 2, 0, FROM_STUB.stdin)],
  ])("that %s is disconnected, and its command told", async (_, frame) => {
    let context: CommandContext | undefined;
    const stub = connect((given) => {
      context = given;
      return forever();
    });
    stub.send(hello(["docker"]), frame);
    await vi.waitFor(() => expect(context?.signal.aborted).toBe(true));
    stub.hangUp();
    await stub.over;
    expect(stub.received).toEqual(["closed"]);
  });

  it("never makes the server throw, whatever it sends", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 64 })), fc.boolean(), async (chunks, greets) => {
        const stub = connect(async () => 0);
        if (greets) stub.send(hello(["docker"]));
        stub.send(...chunks);
        stub.hangUp();
        await stub.over;
        expect(stub.received.at(-1)).toBe("closed");
      }),
    );
  });
});

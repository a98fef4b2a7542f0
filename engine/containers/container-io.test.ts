import { describe, expect, it } from "vitest";
import { encodeUtf8 } from "../base/streams.ts";
import { ContainerIo } from "./container-io.ts";
import { outputOf, settle } from "./testing.ts";

const options = { stdin: true, stdout: true, stderr: true, stream: true, logs: false };
const plain = { tty: false, openStdin: true, closesStdin: true };

function input(): { stream: WritableStream<Uint8Array>; text: () => string; closed: () => boolean } {
  let text = "";
  let closed = false;
  const stream = new WritableStream<Uint8Array>({
    write: (bytes) => void (text += new TextDecoder().decode(bytes)),
    close: () => void (closed = true),
  });
  return { stream, text: () => text, closed: () => closed };
}

describe("attachments", () => {
  it("all get the output, each what it asked for, until the run ends", async () => {
    const io = new ContainerIo();
    const both = outputOf(io.attach(options, plain));
    const errors = outputOf(io.attach({ ...options, stdout: false }, plain));
    io.begin(undefined);
    void io.write({ stream: "stdout", bytes: encodeUtf8("out") });
    void io.write({ stream: "stderr", bytes: encodeUtf8("err") });
    io.end();
    expect(await both).toBe("out2|err");
    expect(await errors).toBe("2|err");
  });

  it("hold the process up when they do not read, and let go when they leave", async () => {
    const io = new ContainerIo();
    const slow = io.attach(options, plain);
    let passed = false;
    const written = Promise.resolve(io.write({ stream: "stdout", bytes: new Uint8Array(2 << 20) })).then(
      () => (passed = true),
    );
    await settle();
    expect(passed).toBe(false);
    await slow.output.cancel();
    await written;
    expect(io.write({ stream: "stdout", bytes: new Uint8Array(2 << 20) })).toBeUndefined();
  });

  it("may write before the process is there", async () => {
    const io = new ContainerIo();
    const writer = io.attach(options, plain).stdin?.getWriter();
    const written = writer?.write(encodeUtf8("early")).then(() => writer.close());
    await settle();
    const stdin = input();
    io.begin(stdin.stream);
    await written;
    expect([stdin.text(), stdin.closed()]).toEqual(["early", true]);
  });

  it("do not close the input of a container that keeps it open, nor of a terminal", async () => {
    for (const container of [
      { ...plain, closesStdin: false },
      { ...plain, tty: true },
    ]) {
      const io = new ContainerIo();
      const stdin = input();
      io.begin(stdin.stream);
      await io.attach(options, container).stdin?.close();
      expect(stdin.closed()).toBe(false);
    }
  });

  it("end with their input where that is not the container's end of input", async () => {
    const io = new ContainerIo();
    io.begin(input().stream);
    const [left, other] = [io.attach(options, { ...plain, closesStdin: false }), io.attach(options, plain)];
    await left.stdin?.close();
    expect(await left.output.getReader().read()).toEqual({ done: true, value: undefined });
    void io.write({ stream: "stdout", bytes: new Uint8Array(1) });
    expect(await other.output.getReader().read()).toMatchObject({ done: false });
  });

  it("have no input when the container has none", () => {
    expect(new ContainerIo().attach(options, { ...plain, openStdin: false }).stdin).toBeUndefined();
    expect(new ContainerIo().attach({ ...options, stdin: false }, plain).stdin).toBeUndefined();
  });

  it("end with the detach keys on a terminal, and the process goes on", async () => {
    const io = new ContainerIo();
    const stdin = input();
    io.begin(stdin.stream);
    let detached = 0;
    const attachment = io.attach(options, { ...plain, tty: true }, () => (detached += 1));
    const writer = attachment.stdin?.getWriter();
    await writer?.write(Uint8Array.of(97, 16, 17, 98));
    expect(await outputOf(attachment)).toBe("");
    expect([stdin.text(), detached]).toEqual(["a", 1]);
    await writer?.write(encodeUtf8("more"));
    expect(stdin.text()).toBe("a");
    io.end();
    expect(detached).toBe(1);
  });

  it("can be made again for the next run", async () => {
    const io = new ContainerIo();
    io.begin(undefined);
    io.end();
    const second = outputOf(io.attach(options, plain));
    const stdin = input();
    io.begin(stdin.stream);
    void io.write({ stream: "stdout", bytes: encodeUtf8("again") });
    io.end();
    expect(await second).toBe("again");
  });
});

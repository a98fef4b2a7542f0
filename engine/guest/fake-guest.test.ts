import { describe, expect, it } from "vitest";
import { collectText, encodeUtf8 } from "../base/streams.ts";
import { ERRNO } from "./errno.ts";
import { guestError } from "./fake-files.ts";
import { FakeGuest } from "./fake-guest.ts";
import { fakeShell } from "./fake-shell.ts";
import { guestSuite, shell } from "./guest.suite.ts";

guestSuite("FakeGuest", async () => {
  const guest = new FakeGuest();
  guest.onStart(fakeShell);
  return {
    guest,
    openHandles: () => Object.values(guest.openHandles).reduce((sum, count) => sum + count, 0),
    dispose: () => guest[Symbol.asyncDispose](),
  };
});

describe("FakeGuest", () => {
  it("records the ops that were run and answers what a handler says", async () => {
    const guest = new FakeGuest();
    guest.onOp((op) => (op.op === "netlink" ? Uint8Array.of(1, 2) : undefined));
    const results = await guest.run([
      { op: "mount", source: "none", target: "/m", type: "tmpfs" },
      { op: "netlink", protocol: 0, messages: new Uint8Array(0) },
    ]);
    expect(results).toEqual([new Uint8Array(0), Uint8Array.of(1, 2)]);
    expect(guest.ops.map(({ op }) => op)).toEqual(["mount", "netlink"]);
  });

  it("fails where a handler fails, with the phase and the index of the op", async () => {
    const guest = new FakeGuest();
    guest.onOp((op, phase) => {
      if (op.op === "mount" && phase === "child") throw guestError(ERRNO.EINVAL, "mount(/x)");
    });
    const exec = { op: "exec", argv: ["/bin/true"], env: [] } as const;
    const start = guest.start({
      childOps: [{ op: "hostname", name: "c" }, { op: "mount", source: "a", target: "/x", type: "b" }, exec],
      stdio: { mode: "pipes", stdin: false, stdout: false, stderr: false },
    });
    await expect(start).rejects.toMatchObject({
      errno: ERRNO.EINVAL,
      phase: "child",
      opIndex: 1,
      message: "mount(/x): Invalid argument",
    });
    expect(guest.openHandles.processes).toBe(0);
  });

  it("lets a script handle signals, and ends one that does not", async () => {
    const guest = new FakeGuest();
    guest.onStart(async (process) => {
      for await (const signal of process.signals) if (signal === 15) return { stdout: "bye", exit: 4 };
    });
    const polite = await guest.start(shell("x"));
    await guest.kill(polite.pid, 1);
    await guest.kill(polite.pid, 15);
    expect(await collectText(polite.stdout as ReadableStream<Uint8Array>)).toBe("bye");
    expect(await polite.exited).toMatchObject({ code: 4 });

    guest.onStart(() => new Promise(() => undefined));
    const deaf = await guest.start(shell("x"));
    await guest.kill(deaf.pid, 15);
    expect(await deaf.exited).toMatchObject({ code: 143, signal: 15 });
    expect(guest.kills).toEqual([
      { pid: polite.pid, signal: 1 },
      { pid: polite.pid, signal: 15 },
      { pid: deaf.pid, signal: 15 },
    ]);
  });

  it("ends a process when the test says so", async () => {
    const guest = new FakeGuest();
    guest.onStart(() => new Promise(() => undefined));
    const process = await guest.start(shell("x"));
    guest.exit(process.pid, { exit: 7 });
    expect(await process.exited).toMatchObject({ code: 7 });
  });

  it("counts what was not let go of", async () => {
    const guest = new FakeGuest();
    guest.serve("/s", () => undefined);
    guest.onStart(() => ({ stdout: "out", stderr: "err" }));
    const process = await guest.start(shell("x"));
    const connection = await guest.connect({ family: "unix", path: "/s" });
    await process.exited;
    expect(guest.openHandles).toEqual({ processes: 0, outputs: 2, connections: 1 });
    await process.stdout?.cancel();
    await process.stderr?.cancel();
    await connection.readable.cancel();
    await connection.writable.abort();
    expect(guest.openHandles).toEqual({ processes: 0, outputs: 0, connections: 0 });
  });

  it("connects both ways", async () => {
    const guest = new FakeGuest();
    const echo = (connection: { readable: ReadableStream<Uint8Array>; writable: WritableStream<Uint8Array> }): void =>
      void connection.readable.pipeTo(connection.writable);
    guest.serve("tcp:127.0.0.1:80", echo);
    const out = await guest.connect({ family: "tcp", address: "127.0.0.1", port: 80 });
    const writer = out.writable.getWriter();
    await writer.write(encodeUtf8("ping"));
    await writer.close();
    expect(await collectText(out.readable)).toBe("ping");

    let peer: unknown;
    await guest.listen("/docker.sock", { mode: 0o660 }, (connection, who) => {
      peer = who;
      echo(connection);
    });
    const inside = guest.dial("/docker.sock", { pid: 5, uid: 6 });
    const insideWriter = inside.writable.getWriter();
    await insideWriter.write(encodeUtf8("hello"));
    await insideWriter.close();
    expect(await collectText(inside.readable)).toBe("hello");
    expect(peer).toEqual({ pid: 5, uid: 6 });
    expect(guest.openHandles.connections).toBe(0);
  });

  it("takes everything with it when it dies", async () => {
    const guest = new FakeGuest();
    guest.onStart(() => new Promise(() => undefined));
    const process = await guest.start(shell("x"));
    const reading = collectText(process.stdout as ReadableStream<Uint8Array>);
    guest.die();
    await expect(reading).rejects.toMatchObject({ kind: "unavailable" });
    await expect(process.exited).rejects.toMatchObject({ kind: "unavailable" });
    await expect(guest.run([])).rejects.toMatchObject({ kind: "unavailable" });
    expect(await guest.died).toMatchObject({ reason: "panic" });
  });

  it("holds a writer back when nobody reads", async () => {
    const guest = new FakeGuest();
    let written = 0;
    guest.onStart(async (process) => {
      for (; written < 1000; written++) await process.stdout(new Uint8Array(4096));
    });
    const process = await guest.start(shell("x"));
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(written).toBeLessThan(20);
    await process.stdout?.cancel();
    expect(await process.exited).toMatchObject({ signal: 13 });
  });
});

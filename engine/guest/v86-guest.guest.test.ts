import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { afterAll, describe, expect, it } from "vitest";
import { isKind } from "../base/errors.ts";
import { collect, collectText, streamFrom } from "../base/streams.ts";
import { createRootTree } from "../snapshots/memory-tree.ts";
import { FileTreeServer } from "../snapshots/nine-p-server.ts";
import { guestSuite, shell } from "./guest.suite.ts";
import { decodeNames } from "./op-results.ts";
import { bootGuest, restoreGuest, type V86Guest } from "./v86-guest.ts";

/** The published artifacts; another directory serves to try other builds. */
const directory = new URL(process.env.DRYDOCK_GUEST_FILES ?? "../../public/guest/", import.meta.url);
const NONE = { mode: "pipes", stdin: false, stdout: false, stderr: false } as const;
const OUTPUT = { ...NONE, stdout: true } as const;

async function artifact(name: string): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await readFile(new URL(name, directory)));
}

async function emulator(): Promise<WebAssembly.Module> {
  return WebAssembly.compile(await readFile(new URL("../../node_modules/v86/build/v86.wasm", import.meta.url)));
}

async function fileServer(): Promise<FileTreeServer> {
  const server = new FileTreeServer();
  server.add("rootfs", createRootTree(await artifact("rootfs.tar.gz"), "test"));
  return server;
}

async function boot(): Promise<V86Guest> {
  const [bios, vgaBios, bzImage, initramfs] = await Promise.all(
    ["bios.bin", "vgabios.bin", "bzImage", "initramfs.cpio.gz"].map(artifact),
  );
  return bootGuest({
    emulator: await emulator(),
    bios: bios as Uint8Array,
    vgaBios: vgaBios as Uint8Array,
    bzImage: bzImage as Uint8Array,
    initramfs: initramfs as Uint8Array,
    ninePServer: await fileServer(),
  });
}

async function output(guest: V86Guest, script: string): Promise<string> {
  const process = await guest.start(shell(script, { stdio: OUTPUT }));
  return collectText(process.stdout as ReadableStream<Uint8Array>);
}

function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

let shared: Promise<V86Guest> | undefined;

/** Booting takes seconds: one guest for all tests that leave it as it was. */
function sharedGuest(): Promise<V86Guest> {
  shared ??= boot();
  return shared;
}

afterAll(async () => (await shared)?.[Symbol.asyncDispose]());

guestSuite("V86Guest", async () => {
  const guest = await sharedGuest();
  return {
    guest,
    openHandles: () => guest.openHandles.streams + guest.openHandles.processes,
    dispose: async () => undefined,
  };
});

describe("V86Guest", () => {
  it("answers pings in a few milliseconds", async () => {
    const guest = await sharedGuest();
    const times: number[] = [];
    for (let count = 0; count < 200; count++) {
      const started = performance.now();
      await guest.ping();
      times.push(performance.now() - started);
    }
    times.sort((a, b) => a - b);
    expect(times[100]).toBeLessThan(10);
  });

  it("loses no byte of a hundred processes that write at once, while requests go on", async () => {
    const guest = await sharedGuest();
    const done = new AbortController();
    const pinging = (async () => {
      for (let count = 0; !done.signal.aborted; count++) {
        const bytes = Uint8Array.of(count, count >> 8);
        expect(await guest.ping(bytes)).toEqual(bytes);
      }
    })();
    const run = async (number: number): Promise<void> => {
      const process = await guest.start(
        shell(`i=0; while [ $i -lt 80 ]; do i=$((i+1)); echo "${number} $i"; done`, { stdio: OUTPUT }),
      );
      const text = await collectText(process.stdout as ReadableStream<Uint8Array>);
      const expected = Array.from({ length: 80 }, (_, index) => `${number} ${index + 1}\n`).join("");
      expect(text === expected).toBe(true);
      expect(await process.exited).toMatchObject({ code: 0 });
    };
    await Promise.all(Array.from({ length: 100 }, (_, number) => run(number)));
    done.abort();
    await pinging;
    expect(guest.openHandles).toEqual({ streams: 0, processes: 0 });
  });

  it("gives back five megabytes of stdin, and hears of a slow reader in time", async () => {
    const guest = await sharedGuest();
    const input = Uint8Array.from({ length: 5 << 20 }, (_, index) => (index * 31 + (index >> 10)) & 0xff);
    const process = await guest.start(shell("cat", { stdio: { ...OUTPUT, stdin: true } }));
    const pieces = function* (): Generator<Uint8Array> {
      for (let offset = 0; offset < input.length; offset += 50_000) yield input.subarray(offset, offset + 50_000);
    };
    const [back] = await Promise.all([
      collect(process.stdout as ReadableStream<Uint8Array>),
      streamFrom(pieces()).pipeTo(process.stdin as WritableStream<Uint8Array>),
    ]);
    expect(sha256(back)).toBe(sha256(input));
    expect(await process.exited).toMatchObject({ code: 0 });
  });

  it("holds a process back that writes more than is read, and the rest of the guest goes on", async () => {
    const guest = await sharedGuest();
    const process = await guest.start(shell("yes", { stdio: OUTPUT }));
    const reader = (process.stdout as ReadableStream<Uint8Array>).getReader();
    await reader.read();
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(await output(guest, "echo alive")).toBe("alive\n");
    await reader.cancel();
    expect(await process.exited).toMatchObject({ signal: 13 });
  });

  it("leaves the host its turns while the guest computes", async () => {
    const guest = await sharedGuest();
    const busy = await guest.start(shell("while :; do :; done", { stdio: NONE }));
    const times: number[] = [];
    for (let count = 0; count < 100; count++) {
      const started = performance.now();
      await new Promise((resolve) => setImmediate(resolve));
      times.push(performance.now() - started);
    }
    await guest.kill(busy.pid, 9);
    times.sort((a, b) => a - b);
    expect(times[50]).toBeLessThan(20);
    expect(await busy.exited).toMatchObject({ signal: 9 });
  });

  it("serves connections from inside", async () => {
    const guest = await sharedGuest();
    const peers: number[] = [];
    await guest.listen("/run/echo.sock", { mode: 0o600 }, (connection, peer) => {
      peers.push(peer.pid);
      void connection.readable.pipeTo(connection.writable);
    });
    const connection = await guest.connect({ family: "unix", path: "/run/echo.sock" });
    const writer = connection.writable.getWriter();
    const text = collectText(connection.readable);
    await writer.write(new TextEncoder().encode("through the guest and back"));
    await writer.close();
    expect(await text).toBe("through the guest and back");
    expect(peers).toEqual([1]);
  });

  it("goes on from a snapshot: processes run, the clock is right, randomness is fresh", async () => {
    const guest = await boot();
    await guest.start(shell("i=0; while :; do i=$((i+1)); echo $i > /tmp/count; sleep 0.02; done", { stdio: NONE }));
    const snapshot = await guest.saveSnapshot({ fingerprint: "this build" });
    expect(await output(guest, "echo still here")).toBe("still here\n");
    const before = Number(await output(guest, "cat /tmp/count"));
    await guest[Symbol.asyncDispose]();

    const random: string[] = [];
    for (const number of [1, 2]) {
      const nowMs = Date.UTC(2031, number, 3, 4, 5, 6, 700);
      const clock = {
        now: () => nowMs,
        monotonic: () => performance.now(),
        sleep: (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms)),
      };
      const restored = await restoreGuest(snapshot, {
        emulator: await emulator(),
        ninePServer: await fileServer(),
        clock,
        fingerprint: "this build",
      });
      expect(restored.kernelRelease).toBe(guest.kernelRelease);
      expect(Math.abs(Number(await output(restored, "date +%s")) - nowMs / 1000)).toBeLessThan(5);
      random.push(await output(restored, "head -c 16 /dev/urandom | od -An -tx1"));
      const first = Number(await output(restored, "cat /tmp/count"));
      await new Promise((resolve) => setTimeout(resolve, 300));
      expect(Number(await output(restored, "cat /tmp/count"))).toBeGreaterThan(first);
      expect(before).toBeGreaterThan(0);
      // Files that were not looked at before come from the 9p server of the new engine.
      const [names] = await restored.run([{ op: "readdir", path: "/etc" }]);
      expect(decodeNames(names as Uint8Array)).toContain("passwd");
      await restored[Symbol.asyncDispose]();
    }
    expect(random[0]).not.toBe(random[1]);
    const other = restoreGuest(snapshot, {
      emulator: await emulator(),
      ninePServer: await fileServer(),
      fingerprint: "another build",
    });
    await expect(other).rejects.toMatchObject({ kind: "conflict" });
  });

  it("does not save while a stream is open, and goes on", async () => {
    const guest = await sharedGuest();
    const busy = await guest.start(shell("while :; do echo x; done", { stdio: OUTPUT }));
    const refused = await guest.saveSnapshot().catch((error: unknown) => error);
    expect(isKind(refused, "conflict")).toBe(true);
    await busy.stdout?.cancel();
    expect(await busy.exited).toMatchObject({ signal: 13 });
    expect(await output(guest, "echo alive")).toBe("alive\n");
  });

  it("dies of a kernel panic, and says so", async () => {
    const guest = await boot();
    const waiting = guest.start(shell("sleep 1000", { stdio: NONE })).then((process) => process.exited);
    await guest.run([{ op: "write", path: "/proc/sysrq-trigger", data: "c", flags: 1 }]).catch(() => undefined);
    expect(await guest.died).toMatchObject({ reason: "panic", detail: expect.stringContaining("Kernel panic") });
    await expect(waiting).rejects.toMatchObject({ kind: "unavailable" });
    await expect(guest.ping()).rejects.toMatchObject({ kind: "unavailable" });
    expect(guest.console.text()).toContain("sysrq");
  });
});

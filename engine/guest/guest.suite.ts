import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { collect, collectText, decodeUtf8, encodeUtf8, streamOf } from "../base/streams.ts";
import { ERRNO } from "./errno.ts";
import { GuestError, type Guest, type StartSpec } from "./guest.ts";
import { decodeNames, decodeStat } from "./op-results.ts";
import type { Op } from "./ops.ts";
import { decodeTree, encodeTree, treeHeader } from "./tree.ts";

/** A guest under test. Its `sh -c SCRIPT` must understand the scripts used here. */
export interface GuestUnderTest {
  readonly guest: Guest;
  /** Streams and processes that the guest holds for the engine. */
  openHandles(): number;
  dispose(): Promise<void>;
}

const PIPES = { mode: "pipes", stdin: true, stdout: true, stderr: true } as const;

/** A shell script as a process on pipes. */
export function shell(script: string, fields: Partial<StartSpec> = {}): StartSpec {
  const env = ["PATH=/usr/sbin:/usr/bin:/sbin:/bin"];
  return { childOps: [{ op: "exec", argv: ["/bin/sh", "-c", script], env }], stdio: PIPES, ...fields };
}

/** What every {@link Guest} does, whoever implements it. */
export function guestSuite(name: string, create: () => Promise<GuestUnderTest>): void {
  describe(`${name} as a guest`, () => {
    let tested: GuestUnderTest;
    let guest: Guest;
    beforeEach(async () => {
      tested = await create();
      guest = tested.guest;
      await guest.run([
        { op: "remove", path: "/tmp/suite" },
        { op: "mkdir", path: "/tmp/suite" },
      ]);
    });
    afterEach(() => tested.dispose());

    const settled = async (): Promise<void> => {
      for (let turn = 0; turn < 100 && tested.openHandles() > 0; turn++)
        await new Promise((resolve) => setTimeout(resolve, 10));
      expect(tested.openHandles()).toBe(0);
    };

    it("knows its kernel", () => {
      expect(guest.kernelRelease).toMatch(/^\d+\.\d+/);
    });

    it("runs ops in order and answers one item for each", async () => {
      const ops: Op[] = [
        { op: "mkdir", path: "/tmp/suite/a/b", parents: true },
        { op: "write", path: "/tmp/suite/a/b/f", data: "hello", mode: 0o600 },
        { op: "symlink", target: "b/f", path: "/tmp/suite/a/link" },
        { op: "read", path: "/tmp/suite/a/link" },
        { op: "stat", path: "/tmp/suite/a/b/f" },
        { op: "readdir", path: "/tmp/suite/a" },
        { op: "readlink", path: "/tmp/suite/a/link" },
        { op: "rename", from: "/tmp/suite/a", to: "/tmp/suite/z" },
        { op: "read", path: "/tmp/suite/a/link", optional: true },
      ];
      const results = await guest.run(ops);
      expect(results).toHaveLength(ops.length);
      expect(results[0]).toHaveLength(0);
      expect(decodeUtf8(results[3] as Uint8Array)).toBe("hello");
      expect(decodeStat(results[4] as Uint8Array)).toMatchObject({ mode: 0o100600, size: 5, uid: 0 });
      expect(decodeNames(results[5] as Uint8Array)).toEqual(["b", "link"]);
      expect(decodeUtf8(results[6] as Uint8Array)).toBe("b/f");
      expect(results[8]).toHaveLength(0);
    });

    it("stops at the first op that fails and says which", async () => {
      const failure = await guest
        .run([
          { op: "write", path: "/tmp/suite/before", data: "" },
          { op: "read", path: "/tmp/suite/missing" },
          { op: "write", path: "/tmp/suite/after", data: "" },
        ])
        .catch((error: unknown) => error);
      expect(failure).toBeInstanceOf(GuestError);
      expect(failure).toMatchObject({ errno: ERRNO.ENOENT, opIndex: 1 });
      expect((failure as GuestError).message).toContain("/tmp/suite/missing");
      const [names] = await guest.run([{ op: "readdir", path: "/tmp/suite" }]);
      expect(decodeNames(names as Uint8Array)).toEqual(["before"]);
    });

    it("starts a process, carries its output and tells its exit code", async () => {
      const process = await guest.start(shell("echo out; echo err >&2; exit 3"));
      expect(process.pid).toBeGreaterThan(1);
      const [stdout, stderr, status] = await Promise.all([
        collectText(process.stdout as ReadableStream<Uint8Array>),
        collectText(process.stderr as ReadableStream<Uint8Array>),
        process.exited,
      ]);
      expect([stdout, stderr]).toEqual(["out\n", "err\n"]);
      expect(status).toMatchObject({ code: 3, signal: undefined });
      await process.stdin?.abort().catch(() => undefined);
      await settled();
    });

    it("carries stdin until it is closed", async () => {
      const process = await guest.start(shell("cat", { stdio: { ...PIPES, stderr: false } }));
      expect(process.stderr).toBeUndefined();
      const input = Uint8Array.from({ length: 200_000 }, (_, index) => (index * 7) & 0xff);
      const [output] = await Promise.all([
        collect(process.stdout as ReadableStream<Uint8Array>),
        streamOf(input).pipeTo(process.stdin as WritableStream<Uint8Array>),
      ]);
      expect(Buffer.compare(output, input)).toBe(0);
      expect(await process.exited).toMatchObject({ code: 0 });
      await settled();
    });

    it("kills, and tells the signal", async () => {
      const process = await guest.start(
        shell("sleep 1000", { stdio: { mode: "pipes", stdin: false, stdout: false, stderr: false } }),
      );
      await guest.kill(process.pid, 9);
      expect(await process.exited).toMatchObject({ code: 137, signal: 9 });
      await expect(guest.kill(process.pid, 9)).rejects.toMatchObject({ errno: ERRNO.ESRCH });
      await settled();
    });

    it("gives a process a terminal that can be resized", async () => {
      const spec = shell("stty size; read line; stty size; echo got $line");
      const pty = { mode: "pty", rows: 24, columns: 80 } as const;
      const process = await guest.start({ ...spec, childOps: [{ op: "tty" }, ...spec.childOps], stdio: pty });
      const reader = (process.stdout as ReadableStream<Uint8Array>).getReader();
      let screen = "";
      const until = async (text: string): Promise<void> => {
        while (!screen.includes(text)) {
          const { done, value } = await reader.read();
          if (done) throw new Error(`the screen ended: ${JSON.stringify(screen)}`);
          screen += decodeUtf8(value);
        }
      };
      await until("24 80");
      await process.resize(50, 132);
      const writer = (process.stdin as WritableStream<Uint8Array>).getWriter();
      await writer.write(encodeUtf8("word\r"));
      await until("50 132");
      await until("got word");
      expect(await process.exited).toMatchObject({ code: 0 });
      await reader.cancel();
      await writer.close().catch(() => undefined);
      await settled();
    });

    it("fails a start at the op that fails, and leaves no process", async () => {
      const exec: Op = { op: "exec", argv: ["/nonexistent"], env: [] };
      const stdio = { mode: "pipes", stdin: false, stdout: true, stderr: false } as const;
      const parent = guest.start({ parentOps: [{ op: "read", path: "/tmp/suite/missing" }], childOps: [exec], stdio });
      await expect(parent).rejects.toMatchObject({ errno: ERRNO.ENOENT, phase: "parent", opIndex: 0 });
      await settled();
    });

    it("reads and writes files of any size", async () => {
      const content = Uint8Array.from({ length: 300_000 }, (_, index) => (index * 31) & 0xff);
      await guest.writeFile("/tmp/suite/big", streamOf(content.subarray(0, 100_000), content.subarray(100_000)), {
        mode: 0o640,
      });
      const { size, body } = await guest.readFile("/tmp/suite/big");
      expect(size).toBe(content.length);
      expect(Buffer.compare(await collect(body), content)).toBe(0);
      const part = await guest.readFile("/tmp/suite/big", { offset: 1000, length: 10 });
      expect(Buffer.compare(await collect(part.body), content.slice(1000, 1010))).toBe(0);
      await expect(guest.readFile("/tmp/suite/none")).rejects.toMatchObject({ errno: ERRNO.ENOENT });
      await expect(guest.writeFile("/tmp/suite/none/f", streamOf(content))).rejects.toMatchObject({
        errno: ERRNO.ENOENT,
      });
      await settled();
    });

    it("keeps a path inside the root it is given", async () => {
      await guest.run([
        { op: "mkdir", path: "/tmp/suite/root/etc", parents: true },
        { op: "symlink", target: "/etc/../../../etc/name", path: "/tmp/suite/root/link" },
        { op: "write", path: "/tmp/suite/root/etc/name", data: "inside" },
      ]);
      const { body } = await guest.readFile("/link", { root: "/tmp/suite/root" });
      expect(await collectText(body)).toBe("inside");
    });

    it("copies trees out and in", async () => {
      const top = treeHeader({ path: "", mode: 0o40755, mtimeSeconds: 1_700_000_000 });
      const file = treeHeader({ path: "f", mode: 0o100640, uid: 7, gid: 8, size: 5, mtimeSeconds: 1_600_000_000 });
      const hard = treeHeader({
        path: "g",
        mode: 0o100640,
        uid: 7,
        gid: 8,
        mtimeSeconds: 1_600_000_000,
        link: "f",
        hard: true,
      });
      const link = treeHeader({ path: "l", mode: 0o120777, link: "f", mtimeSeconds: 1_600_000_000 });
      const records = encodeTree(
        [top, file, hard, link].map((header) => ({
          ...header,
          content: streamOf(encodeUtf8("hello").subarray(0, header.size)),
        })),
      );
      await guest.run([{ op: "mkdir", path: "/tmp/suite/tree" }]);
      await guest.writeTree("/tmp/suite/tree", records);

      const found = [];
      for await (const { content, ...header } of decodeTree(await guest.readTree("/tmp/suite/tree"))) {
        found.push({ ...header, content: await collectText(content) });
      }
      const expected = [top, file, hard, link].map((header) => ({
        ...header,
        content: header.size > 0 ? "hello" : "",
      }));
      expect(found).toMatchObject(expected);
      await settled();
    });

    it("refuses a connection that nobody accepts", async () => {
      await expect(guest.connect({ family: "unix", path: "/tmp/suite/none" })).rejects.toMatchObject({
        name: "GuestError",
      });
      await settled();
    });
  });
}

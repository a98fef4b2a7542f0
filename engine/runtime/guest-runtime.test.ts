import { describe, expect, it } from "vitest";
import { collectText } from "../base/streams.ts";
import { Trace } from "../base/trace.ts";
import { ERRNO } from "../guest/errno.ts";
import { FakeGuest } from "../guest/fake-guest.ts";
import { GuestError } from "../guest/guest.ts";
import { encodeStat } from "../guest/op-results.ts";
import type { Op } from "../guest/ops.ts";
import { GuestRuntime } from "./guest-runtime.ts";
import type { TaskRequest } from "./runtime.ts";

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

function request(args: readonly string[], cwd = "/"): TaskRequest {
  return {
    id: "id",
    spec: {
      ociVersion: "1.2.0",
      process: { terminal: false, user: { uid: 0, gid: 0 }, args, env: [], cwd },
      root: { path: "/m" },
      mounts: [],
      linux: { namespaces: [{ type: "pid" }], cgroupsPath: "/docker/id" },
    },
    rootfs: { target: "/m", upper: "/u", data: "" },
    files: [],
    networkOps: [],
    stdio: { mode: "pipes", stdin: false },
  };
}

interface Setup {
  readonly guest: FakeGuest;
  readonly runtime: GuestRuntime;
  readonly requests: string[];
}

/** A fake whose cgroup files exist, that counts requests; `fail` makes an op fail in the child. */
function setup(
  fail?: { op: Op["op"]; errno: number },
  answer: (op: Op) => Uint8Array | undefined = () => undefined,
): Setup {
  const guest = new FakeGuest();
  const requests: string[] = [];
  guest.onOp((op, phase) => {
    if (fail !== undefined && phase === "child" && op.op === fail.op)
      throw new GuestError({ errno: fail.errno, phase, opIndex: 0, detail: `${op.op} failed` });
    return answer(op) ?? (op.op === "stat" ? undefined : new Uint8Array());
  });
  const [run, start] = [guest.run.bind(guest), guest.start.bind(guest)];
  guest.run = (ops) => {
    requests.push(`run ${ops.map(({ op }) => op).join(" ")}`);
    return run(ops);
  };
  guest.start = (spec) => {
    requests.push("start");
    return start(spec);
  };
  return { guest, runtime: new GuestRuntime(guest, new Trace()), requests };
}

const stat =
  (mode: number) =>
  (op: Op): Uint8Array | undefined =>
    op.op === "stat"
      ? encodeStat({
          mode,
          uid: 0,
          gid: 0,
          nlink: 1,
          major: 0,
          minor: 0,
          size: 0,
          ino: 1n,
          mtimeSeconds: 0,
          mtimeNanoseconds: 0,
        })
      : undefined;

const missing = (op: Op): Uint8Array | undefined => {
  if (op.op === "stat") throw new GuestError({ errno: ERRNO.ENOENT, phase: "request", opIndex: 0, detail: "stat" });
  return undefined;
};

const PREFIX =
  "failed to create task for container: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: error during container init: ";

describe("a start in the guest", () => {
  it("is one request beside the one for the cgroup, sent together, once the parents are there", async () => {
    const { runtime, requests } = setup();
    await runtime.prepare();
    const before = requests.length;
    const task = await runtime.start(request(["true"]));
    expect(requests.slice(before)).toEqual(["run mkdir", "start"]);
    expect(await task.exited).toEqual({ code: 0, signal: undefined });
    await task.delete([]);
    expect(requests.at(-1)).toBe("run umount write rmdir");
  });

  it.each([
    ["nosuch", ERRNO.ENOENT, undefined, 'exec: "nosuch": executable file not found in $PATH'],
    ["/nosuch", ERRNO.ENOENT, missing, 'exec: "/nosuch": stat /nosuch: no such file or directory'],
    ["/etc", ERRNO.EACCES, stat(0o040755), 'exec: "/etc": is a directory: permission denied'],
    ["/etc/passwd", ERRNO.EACCES, stat(0o100644), 'exec: "/etc/passwd": permission denied'],
  ])("of %s fails as runc does", async (program, errno, answer, message) => {
    const { runtime, requests } = setup({ op: "exec", errno }, answer);
    await expect(runtime.start(request([program]))).rejects.toMatchObject({
      kind: "invalid-argument",
      message: PREFIX + message,
    });
    expect(requests.at(-1)).toContain("umount");
  });

  it("of a program for another machine runs, says so and ends with 255", async () => {
    const { runtime } = setup({ op: "exec", errno: ERRNO.ENOEXEC }, stat(0o100755));
    const task = await runtime.start(request(["/bin/amd64"]));
    expect(await collectText(task.stderr as ReadableStream<Uint8Array>)).toBe("exec /bin/amd64: exec format error\n");
    expect(await task.exited).toMatchObject({ code: 255 });
  });

  it("in a working directory that is a file fails in Docker's words", async () => {
    const { runtime } = setup({ op: "chdir", errno: ERRNO.ENOTDIR });
    await expect(runtime.start(request(["true"], "/etc/passwd"))).rejects.toThrow(
      "Cannot mkdir: /etc/passwd is not a directory",
    );
  });

  it("keeps its cgroup until the kernel lets it go", async () => {
    let busy = 2;
    const { runtime, requests } = setup(undefined, (op) => {
      if (op.op === "rmdir" && busy-- > 0)
        throw new GuestError({ errno: ERRNO.EBUSY, phase: "request", opIndex: 0, detail: "rmdir" });
      return undefined;
    });
    const task = await runtime.start(request(["true"]));
    await task.delete([]);
    expect(requests.filter((text) => text.endsWith("rmdir"))).toHaveLength(3);
  });
});

describe("an exec in the guest", () => {
  it("fails in runc's words for an exec", async () => {
    const { guest, runtime } = setup();
    const task = await runtime.start(request(["sleep"]));
    guest.onOp((op, phase) => {
      if (phase === "child" && op.op === "chdir")
        throw new GuestError({ errno: ERRNO.ENOENT, phase, opIndex: 0, detail: "chdir" });
      return new Uint8Array();
    });
    const process = { terminal: false, user: { uid: 0, gid: 0 }, args: ["true"], env: [], cwd: "/nodir" };
    await expect(task.exec({ process, stdio: { mode: "pipes", stdin: false } })).rejects.toThrow(
      'OCI runtime exec failed: exec failed: unable to start container process: chdir to cwd ("/nodir") set in config.json failed: no such file or directory',
    );
  });
});

describe("the user database of layers", () => {
  it("is what the topmost layer has, in one request", async () => {
    const { guest, runtime, requests } = setup();
    const files: Record<string, string> = {
      "/b/etc/passwd": "lower",
      "/a/etc/group": "upper",
      "/b/etc/group": "lower",
    };
    guest.onOp((op) => (op.op === "read" ? encode(files[op.path] ?? "") : undefined));
    expect(await runtime.readUserDatabase(["/a", "/b"])).toEqual({ passwd: "lower", group: "upper" });
    expect(requests).toEqual(["run read read read read"]);
  });

  it("passes over what cannot be read", async () => {
    const { guest, runtime } = setup();
    guest.onOp((op) => {
      if (op.op !== "read") return undefined;
      if (op.path === "/a/etc/passwd")
        throw new GuestError({ errno: ERRNO.ENXIO, phase: "request", opIndex: 0, detail: "whiteout" });
      return encode(op.path === "/b/etc/passwd" ? "x" : "");
    });
    expect(await runtime.readUserDatabase(["/a", "/b"])).toEqual({ passwd: "x", group: "" });
  });
});

describe("the memory of a task", () => {
  it("is said to have run out when the kernel killed for it", async () => {
    const { guest, runtime } = setup();
    const task = await runtime.start(request(["sleep"]));
    let events = "low 0\noom 1\noom_kill 1\n";
    guest.onOp((op) => (op.op === "read" ? encode(events) : new Uint8Array()));
    expect(await task.oomKilled()).toBe(true);
    events = "oom 0\noom_kill 0\n";
    expect(await task.oomKilled()).toBe(false);
  });
});

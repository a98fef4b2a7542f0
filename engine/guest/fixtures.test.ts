import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { collect, encodeUtf8, streamOf } from "../base/streams.ts";
import { FieldReader, FieldWriter } from "./codec.ts";
import {
  decodeErrno,
  decodeExit,
  decodeLog,
  decodeOpen,
  decodeReady,
  decodeU32,
  encodeErrno,
  encodeExit,
  encodeLog,
  encodeOpen,
  encodeReady,
  encodeU32,
  EVENT,
} from "./events.ts";
import { encodeFrame, FRAME, FrameDecoder, type Frame } from "./frames.ts";
import { GuestError } from "./guest.ts";
import { OP_CODES, readOp, writeOp } from "./op-codec.ts";
import { decodeNames, decodeStat, decodeStatfs, encodeNames, encodeStat, encodeStatfs } from "./op-results.ts";
import type { Op } from "./ops.ts";
import {
  decodeRequest,
  decodeResponse,
  encodeRequest,
  encodeResponse,
  METHOD,
  type MethodName,
  type RequestFields,
  type ResultFields,
} from "./protocol.ts";
import { decodeTree, encodeTreeHeader, treeHeader, type TreeHeader } from "./tree.ts";

/** The byte fixtures that the agent's own tests read too: `#` comments, then hex. */
const directory = new URL("../../kernel-image/agent/testdata/", import.meta.url);

function fixture(name: string): Uint8Array {
  const text = readFileSync(new URL(`${name}.hex`, directory), "utf8");
  const hex = text.replaceAll(/^#.*$/gm, "").replaceAll(/\s/g, "");
  return Uint8Array.from(hex.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16));
}

const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);
const hex = (text: string): Uint8Array => Uint8Array.from(text.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16));
const plain = (value: Uint8Array): Uint8Array => Uint8Array.from(value);

const OPS: Record<string, Op> = {
  caps: {
    op: "caps",
    bounding: 2818844155n,
    effective: 2818844155n,
    permitted: 2818844155n,
    inheritable: 0n,
    ambient: 1099511627776n,
  },
  chdir: { op: "chdir", path: "/work", create: true },
  chmod: { op: "chmod", path: "/f", mode: 0o4755 },
  chown: { op: "chown", path: "/f", uid: 1000, gid: 0xffffffff },
  "device-program": {
    op: "device-program",
    cgroup: "/sys/fs/cgroup/docker/x",
    program: hex("b7000000010000009500000000000000"),
  },
  domainname: { op: "domainname", name: "example" },
  exec: { op: "exec", argv: ["/bin/sh", "-c", "exit 3"], env: ["PATH=/bin", "TERM=xterm"], path: "" },
  hostname: { op: "hostname", name: "höst" },
  mask: { op: "mask", path: "/proc/kcore" },
  mkdir: { op: "mkdir", path: "/a/b", mode: 0o755, parents: true },
  mknod: { op: "mknod", path: "/dev/null", mode: 8630, major: 1, minor: 3 },
  mount: {
    op: "mount",
    source: "overlay",
    target: "/m",
    type: "overlay",
    flags: 6,
    data: "lowerdir=/l,upperdir=/u,workdir=/w",
  },
  "move-mount": { op: "move-mount", slot: 5, target: "/dst", attributes: 1, recursive: true, propagation: 262144 },
  netlink: {
    op: "netlink",
    protocol: 0,
    netns: "child",
    messages: hex(`20000000120005000100${"00".repeat(22)}`),
    pidOffsets: [12],
    optional: false,
  },
  "open-tree": { op: "open-tree", slot: 5, path: "/src", recursive: true },
  "pivot-root": { op: "pivot-root", path: "/new" },
  prctl: { op: "prctl", option: 38, args: [1, 0, 0, 0] },
  read: { op: "read", path: "/proc/$PID/status", optional: true },
  readdir: { op: "readdir", path: "/d" },
  readlink: { op: "readlink", path: "/l" },
  readonly: { op: "readonly", path: "/proc/sys" },
  remove: { op: "remove", path: "/tree" },
  rename: { op: "rename", from: "/a", to: "/b" },
  rlimit: { op: "rlimit", resource: 7, soft: 1024n, hard: 18446744073709551615n },
  rmdir: { op: "rmdir", path: "/d" },
  seccomp: { op: "seccomp", flags: 2, filter: hex("060000000000ff7f") },
  setns: { op: "setns", path: "/proc/7/ns/net", flags: 0x40000000 },
  stat: { op: "stat", path: "/f", follow: false },
  statfs: { op: "statfs", path: "/" },
  symlink: { op: "symlink", target: "../t", path: "/l" },
  sync: { op: "sync" },
  listen: { op: "listen", netns: "child", listener: 0x80000001, family: "udp", address: "127.0.0.11", port: 53 },
  unlisten: { op: "unlisten", listener: 0x80000001 },
  tty: { op: "tty" },
  umask: { op: "umask", mask: 0o22 },
  umount: { op: "umount", target: "/m", flags: 2 },
  unlink: { op: "unlink", path: "/f" },
  unshare: { op: "unshare", flags: 0x40000000 },
  user: { op: "user", uid: 33, gid: 33, groups: [33, 4, 65534] },
  write: { op: "write", path: "/f", data: encodeUtf8("hi\n"), flags: 0o1101, mode: 0o644 },
};

const exec = OPS.exec as Op;
type Request<Name extends MethodName = MethodName> = {
  [Key in Name]: readonly [method: Key, id: number, fields: RequestFields[Key]];
}[Name];

const REQUESTS: Record<string, Request> = {
  connect: ["connect", 7, { stream: 21, target: { family: "tcp", netnsPid: 77, address: "127.0.0.1", port: 8080 } }],
  "connect-unix": ["connect", 7, { stream: 21, target: { family: "unix", netnsPid: 0, path: "/run/x.sock" } }],
  "file-read": ["fileRead", 9, { stream: 22, root: "/m", path: "/etc/passwd", offset: 0, length: 0 }],
  "file-write": ["fileWrite", 10, { stream: 23, root: "", path: "/f", flags: 577, mode: 420 }],
  kill: ["kill", 5, { pid: 77, signal: 15 }],
  listen: ["listen", 8, { path: "/var/run/docker.sock", mode: 432 }],
  ops: ["ops", 2, { ops: [{ op: "mkdir", path: "/a/b", mode: 493, parents: true }, { op: "sync" }] }],
  ping: ["ping", 4294967295, { bytes: bytes(0, 255) }],
  resize: ["resize", 6, { stream: 20, rows: 50, columns: 132 }],
  restored: ["restored", 1, { seconds: 1767225600, nanoseconds: 5, entropy: bytes(1, 2, 3, 4, 5, 6, 7, 8) }],
  "start-pipes": [
    "start",
    3,
    {
      joinPid: 0,
      joinFlags: 0,
      cloneFlags: 131072,
      cgroup: "/sys/fs/cgroup/docker/x",
      parentOps: [{ op: "mkdir", path: "/sys/fs/cgroup/docker/x", mode: 493, parents: false }],
      childOps: [OPS.hostname as Op, exec],
      stdio: { mode: "pipes", stdin: 10, stdout: 11, stderr: 12 },
    },
  ],
  "start-pty": [
    "start",
    4,
    {
      joinPid: 77,
      joinFlags: 131072,
      cloneFlags: 0,
      cgroup: "",
      parentOps: [],
      childOps: [{ op: "tty" }, exec],
      stdio: { mode: "pty", stream: 20, rows: 24, columns: 80 },
    },
  ],
  "tree-read": ["treeRead", 11, { stream: 24, root: "/m", path: "/etc", flags: 1 }],
  "tree-write": ["treeWrite", 12, { stream: 25, root: "/m", path: "/etc", flags: 1 }],
};

const OTHER_FRAMES: Record<
  string,
  {
    frame: Omit<Frame, "payload">;
    value: unknown;
    decode: (payload: Uint8Array) => unknown;
    encode: (value: never) => Uint8Array;
  }
> = {
  close: { frame: { type: FRAME.close, code: 0, id: 10 }, value: bytes(), decode: plain, encode: plain },
  credit: { frame: { type: FRAME.credit, code: 0, id: 10 }, value: 16384, decode: decodeU32, encode: encodeU32 },
  data: {
    frame: { type: FRAME.data, code: 0, id: 10 },
    value: plain(encodeUtf8("hello")),
    decode: plain,
    encode: plain,
  },
  "event-exit": {
    frame: { type: FRAME.event, code: EVENT.exit, id: 0 },
    value: { pid: 77, waitStatus: 768, userUs: 1500, systemUs: 2500 },
    decode: decodeExit,
    encode: encodeExit,
  },
  "event-log": {
    frame: { type: FRAME.event, code: EVENT.log, id: 0 },
    value: { level: 4, text: "boot: x" },
    decode: decodeLog,
    encode: encodeLog,
  },
  "event-ready": {
    frame: { type: FRAME.event, code: EVENT.ready, id: 0 },
    value: { version: 1, kernelRelease: "6.12.38" },
    decode: decodeReady,
    encode: encodeReady,
  },
  "link-ack": {
    frame: { type: FRAME.linkAck, code: 0, id: 0 },
    value: 4294967000,
    decode: decodeU32,
    encode: encodeU32,
  },
  open: {
    frame: { type: FRAME.open, code: 0, id: 2147483649 },
    value: { listener: 1, pid: 99, uid: 1000 },
    decode: decodeOpen,
    encode: encodeOpen,
  },
  reset: { frame: { type: FRAME.reset, code: 0, id: 10 }, value: 32, decode: decodeErrno, encode: encodeErrno },
};

const RESPONSES: Record<
  string,
  { method: MethodName; id: number; outcome: { result: unknown } | { error: GuestError } }
> = {
  "response-failure": {
    method: "start",
    id: 3,
    outcome: {
      error: new GuestError({ errno: 22, phase: "child", opIndex: 4, detail: "mount(overlay, /x): Invalid argument" }),
    },
  },
  "response-ops": { method: "ops", id: 2, outcome: { result: [bytes(), bytes(0x68, 0x69)] } },
  "response-start": { method: "start", id: 3, outcome: { result: 77 } },
};

const TREES: Record<string, TreeHeader> = {
  device: treeHeader({ path: "wh", mode: 8192 }),
  directory: treeHeader({ path: "", mode: 0o40755, mtimeSeconds: 1767225600, mtimeNanoseconds: 1 }),
  file: treeHeader({
    path: "a/f",
    mode: 35309,
    uid: 1,
    gid: 2,
    size: 5,
    mtimeSeconds: -5,
    mtimeNanoseconds: 999999999,
    xattrs: [["security.capability", hex("0100000200200000000000000000000000000000")]],
  }),
  "hard-link": treeHeader({ path: "a/z", mode: 33188, link: "a/f", hard: true }),
  opaque: treeHeader({
    path: "d",
    mode: 16832,
    xattrs: [
      ["trusted.overlay.opaque", bytes(0x79)],
      ["user.x", bytes()],
    ],
  }),
  symlink: treeHeader({ path: "a/l", mode: 0o120777, link: "../t" }),
};

function soleFrame(name: string): Frame {
  const [frame, ...more] = new FrameDecoder().push(fixture(name));
  expect(more).toEqual([]);
  return frame as Frame;
}

describe("the byte fixtures shared with the agent", () => {
  it.each(Object.keys(OPS))("op %s is read and written as the agent does", (name) => {
    const encoded = fixture(`op-${name}`);
    const input = new FieldReader(encoded);
    expect(readOp(input)).toEqual(OPS[name]);
    input.end();
    const out = new FieldWriter();
    writeOp(OPS[name] as Op, out);
    expect(plain(out.finish())).toEqual(encoded);
  });

  it.each(Object.entries(REQUESTS))(
    "request %s is read and written as the agent does",
    (name, [method, id, fields]) => {
      const frame = soleFrame(`frame-request-${name}`);
      expect({ ...frame, payload: undefined }).toEqual({
        type: FRAME.request,
        code: METHOD[method],
        id,
        payload: undefined,
      });
      expect(decodeRequest(method, frame.payload)).toEqual(fields);
      const payload = encodeRequest(method, fields as RequestFields[typeof method]);
      expect(encodeFrame({ type: FRAME.request, code: METHOD[method], id, payload })).toEqual(
        fixture(`frame-request-${name}`),
      );
    },
  );

  it.each(Object.entries(OTHER_FRAMES))(
    "frame %s is read and written as the agent does",
    (name, { frame, value, decode, encode }) => {
      const decoded = soleFrame(`frame-${name}`);
      expect(decoded).toMatchObject(frame);
      expect(decode(decoded.payload)).toEqual(value);
      expect(encodeFrame({ ...frame, payload: encode(value as never) })).toEqual(fixture(`frame-${name}`));
    },
  );

  it.each(Object.entries(RESPONSES))("%s is read and written as the agent does", (name, { method, id, outcome }) => {
    const frame = soleFrame(`frame-${name}`);
    expect(frame).toMatchObject({ type: FRAME.response, code: METHOD[method], id });
    if ("error" in outcome) expect(() => decodeResponse(method, frame.payload)).toThrow(outcome.error);
    else expect(decodeResponse(method, frame.payload)).toEqual(outcome.result);
    const payload = encodeResponse(method, outcome as { result: ResultFields[MethodName] });
    expect(encodeFrame({ type: FRAME.response, code: METHOD[method], id, payload })).toEqual(fixture(`frame-${name}`));
  });

  it.each(Object.entries(TREES))("tree header %s is read and written as the agent does", async (name, header) => {
    const record = fixture(`tree-${name}`);
    const entries = [];
    for await (const entry of decodeTree(streamOf(record, new Uint8Array(header.size), fixture("tree-end")))) {
      const content = await collect(entry.content);
      expect(content).toHaveLength(header.size);
      entries.push({ ...entry, content: undefined });
    }
    expect(entries).toEqual([{ ...header, content: undefined }]);
    expect(encodeTreeHeader(header)).toEqual(record);
  });

  it("decodes and encodes the results of stat, readdir and statfs", () => {
    const stat = {
      mode: 33188,
      uid: 1000,
      gid: 100,
      nlink: 2,
      major: 0,
      minor: 0,
      size: 5e9,
      ino: 42n,
      mtimeSeconds: -1,
      mtimeNanoseconds: 999999999,
    };
    expect(decodeStat(fixture("result-stat"))).toEqual(stat);
    expect(plain(encodeStat(stat))).toEqual(fixture("result-stat"));
    const names = [".hidden", "B", "a", "é"];
    expect(decodeNames(fixture("result-readdir"))).toEqual(names);
    expect(plain(encodeNames(names))).toEqual(fixture("result-readdir"));
    const usage = { totalBytes: 1073741824, freeBytes: 536870912, files: 1000, freeFiles: 999 };
    expect(decodeStatfs(fixture("result-statfs"))).toEqual(usage);
    expect(plain(encodeStatfs(usage))).toEqual(fixture("result-statfs"));
  });

  it("covers every fixture there is, and every op has one", () => {
    const known = [
      ...Object.keys(OPS).map((name) => `op-${name}`),
      ...Object.keys(REQUESTS).map((name) => `frame-request-${name}`),
      ...Object.keys(OTHER_FRAMES).map((name) => `frame-${name}`),
      ...Object.keys(RESPONSES).map((name) => `frame-${name}`),
      ...Object.keys(TREES).map((name) => `tree-${name}`),
      "tree-end",
      "result-stat",
      "result-readdir",
      "result-statfs",
    ];
    const files = readdirSync(directory).filter((name) => name.endsWith(".hex"));
    expect(files.map((name) => name.slice(0, -4)).toSorted()).toEqual(known.toSorted());
    expect(Object.keys(OP_CODES).toSorted()).toEqual(Object.keys(OPS).toSorted());
  });
});

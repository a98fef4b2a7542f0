/** The wire form of operations. One row per op of `kernel-image/agent/PROTOCOL.md`, in its order and with its field order. */
import { type FieldReader, type FieldWriter, ProtocolError } from "./codec.ts";
import type { Op } from "./ops.ts";

type OpName = Op["op"];
type OpOf<Name extends OpName> = Extract<Op, { op: Name }>;

interface Row<Name extends OpName> {
  readonly code: number;
  write(op: OpOf<Name>, out: FieldWriter): unknown;
  read(input: FieldReader): Omit<OpOf<Name>, "op">;
}

/** `open(2)` flags of a plain "create or replace": O_WRONLY | O_CREAT | O_TRUNC. */
export const O_REPLACE = 0o1101;
const DEFAULT_FILE_MODE = 0o644;
const DEFAULT_DIRECTORY_MODE = 0o755;
const NETNS_CHILD = 0xffffffff;
const LISTEN_FAMILY = { tcp: 1, udp: 2 } as const;

const encoder = new TextEncoder();

const ROWS: { readonly [Name in OpName]: Row<Name> } = {
  mkdir: {
    code: 1,
    write: (op, out) =>
      out
        .string(op.path)
        .u32(op.mode ?? DEFAULT_DIRECTORY_MODE)
        .boolean(op.parents),
    read: (input) => ({ path: input.string(), mode: input.u32(), parents: input.boolean() }),
  },
  mount: {
    code: 2,
    write: (op, out) =>
      out
        .string(op.source)
        .string(op.target)
        .string(op.type)
        .u32(op.flags ?? 0)
        .string(op.data ?? ""),
    read: (input) => ({
      source: input.string(),
      target: input.string(),
      type: input.string(),
      flags: input.u32(),
      data: input.string(),
    }),
  },
  umount: {
    code: 3,
    write: (op, out) => out.string(op.target).u32(op.flags ?? 0),
    read: (input) => ({ target: input.string(), flags: input.u32() }),
  },
  write: {
    code: 4,
    write: (op, out) =>
      out
        .string(op.path)
        .bytes(typeof op.data === "string" ? encoder.encode(op.data) : op.data)
        .u32(op.flags ?? O_REPLACE)
        .u32(op.mode ?? DEFAULT_FILE_MODE),
    read: (input) => ({ path: input.string(), data: input.bytes(), flags: input.u32(), mode: input.u32() }),
  },
  read: {
    code: 5,
    write: (op, out) => out.string(op.path).boolean(op.optional),
    read: (input) => ({ path: input.string(), optional: input.boolean() }),
  },
  symlink: {
    code: 6,
    write: (op, out) => out.string(op.target).string(op.path),
    read: (input) => ({ target: input.string(), path: input.string() }),
  },
  mknod: {
    code: 7,
    write: (op, out) => out.string(op.path).u32(op.mode).u32(op.major).u32(op.minor),
    read: (input) => ({ path: input.string(), mode: input.u32(), major: input.u32(), minor: input.u32() }),
  },
  chmod: {
    code: 8,
    write: (op, out) => out.string(op.path).u32(op.mode),
    read: (input) => ({ path: input.string(), mode: input.u32() }),
  },
  chown: {
    code: 9,
    write: (op, out) => out.string(op.path).u32(op.uid).u32(op.gid),
    read: (input) => ({ path: input.string(), uid: input.u32(), gid: input.u32() }),
  },
  unlink: { code: 10, write: (op, out) => out.string(op.path), read: (input) => ({ path: input.string() }) },
  remove: { code: 11, write: (op, out) => out.string(op.path), read: (input) => ({ path: input.string() }) },
  rmdir: { code: 12, write: (op, out) => out.string(op.path), read: (input) => ({ path: input.string() }) },
  rename: {
    code: 13,
    write: (op, out) => out.string(op.from).string(op.to),
    read: (input) => ({ from: input.string(), to: input.string() }),
  },
  "pivot-root": { code: 14, write: (op, out) => out.string(op.path), read: (input) => ({ path: input.string() }) },
  chdir: {
    code: 15,
    write: (op, out) => out.string(op.path).boolean(op.create),
    read: (input) => ({ path: input.string(), create: input.boolean() }),
  },
  hostname: { code: 16, write: (op, out) => out.string(op.name), read: (input) => ({ name: input.string() }) },
  domainname: { code: 17, write: (op, out) => out.string(op.name), read: (input) => ({ name: input.string() }) },
  rlimit: {
    code: 18,
    write: (op, out) => out.u32(op.resource).u64(op.soft).u64(op.hard),
    read: (input) => ({ resource: input.u32(), soft: input.u64(), hard: input.u64() }),
  },
  user: {
    code: 19,
    write: (op, out) =>
      out
        .u32(op.uid)
        .u32(op.gid)
        .list(op.groups, (group) => out.u32(group)),
    read: (input) => ({ uid: input.u32(), gid: input.u32(), groups: input.list(() => input.u32()) }),
  },
  caps: {
    code: 20,
    write: (op, out) => out.u64(op.bounding).u64(op.effective).u64(op.permitted).u64(op.inheritable).u64(op.ambient),
    read: (input) => ({
      bounding: input.u64(),
      effective: input.u64(),
      permitted: input.u64(),
      inheritable: input.u64(),
      ambient: input.u64(),
    }),
  },
  prctl: {
    code: 21,
    write: (op, out) => {
      out.u32(op.option);
      for (let index = 0; index < 4; index++) out.u32(op.args?.[index] ?? 0);
    },
    read: (input) => ({ option: input.u32(), args: [input.u32(), input.u32(), input.u32(), input.u32()] }),
  },
  seccomp: {
    code: 22,
    write: (op, out) => out.u32(op.flags ?? 0).bytes(op.filter),
    read: (input) => ({ flags: input.u32(), filter: input.bytes() }),
  },
  unshare: { code: 23, write: (op, out) => out.u32(op.flags), read: (input) => ({ flags: input.u32() }) },
  setns: {
    code: 24,
    write: (op, out) => out.string(op.path).u32(op.flags),
    read: (input) => ({ path: input.string(), flags: input.u32() }),
  },
  netlink: {
    code: 25,
    write: (op, out) =>
      out
        .u32(op.protocol)
        .u32(netnsToWire(op.netns))
        .bytes(op.messages)
        .list(op.pidOffsets ?? [], (offset) => out.u32(offset))
        .boolean(op.optional),
    read: (input) => ({
      protocol: input.u32(),
      netns: netnsFromWire(input.u32()),
      messages: input.bytes(),
      pidOffsets: input.list(() => input.u32()),
      optional: input.boolean(),
    }),
  },
  tty: { code: 26, write: () => undefined, read: () => ({}) },
  exec: {
    code: 27,
    write: (op, out) =>
      out
        .list(op.argv, (argument) => out.string(argument))
        .list(op.env, (variable) => out.string(variable))
        .string(op.path ?? ""),
    read: (input) => ({
      argv: input.list(() => input.string()),
      env: input.list(() => input.string()),
      path: input.string(),
    }),
  },
  "open-tree": {
    code: 28,
    write: (op, out) => out.u8(op.slot).string(op.path).boolean(op.recursive),
    read: (input) => ({ slot: input.u8(), path: input.string(), recursive: input.boolean() }),
  },
  "move-mount": {
    code: 29,
    write: (op, out) =>
      out
        .u8(op.slot)
        .string(op.target)
        .u32(op.attributes ?? 0)
        .boolean(op.recursive)
        .u32(op.propagation ?? 0),
    read: (input) => ({
      slot: input.u8(),
      target: input.string(),
      attributes: input.u32(),
      recursive: input.boolean(),
      propagation: input.u32(),
    }),
  },
  mask: { code: 30, write: (op, out) => out.string(op.path), read: (input) => ({ path: input.string() }) },
  readonly: { code: 31, write: (op, out) => out.string(op.path), read: (input) => ({ path: input.string() }) },
  stat: {
    code: 32,
    write: (op, out) => out.string(op.path).boolean(op.follow),
    read: (input) => ({ path: input.string(), follow: input.boolean() }),
  },
  readdir: { code: 33, write: (op, out) => out.string(op.path), read: (input) => ({ path: input.string() }) },
  statfs: { code: 34, write: (op, out) => out.string(op.path), read: (input) => ({ path: input.string() }) },
  "device-program": {
    code: 35,
    write: (op, out) => out.string(op.cgroup).bytes(op.program),
    read: (input) => ({ cgroup: input.string(), program: input.bytes() }),
  },
  readlink: { code: 36, write: (op, out) => out.string(op.path), read: (input) => ({ path: input.string() }) },
  umask: { code: 37, write: (op, out) => out.u32(op.mask), read: (input) => ({ mask: input.u32() }) },
  sync: { code: 38, write: () => undefined, read: () => ({}) },
  listen: {
    code: 39,
    write: (op, out) =>
      out.u32(netnsToWire(op.netns)).u32(op.listener).u8(LISTEN_FAMILY[op.family]).string(op.address).u16(op.port),
    read: (input) => ({
      netns: netnsFromWire(input.u32()),
      listener: input.u32(),
      family: input.u8() === LISTEN_FAMILY.udp ? "udp" : "tcp",
      address: input.string(),
      port: input.u16(),
    }),
  },
  unlisten: {
    code: 40,
    write: (op, out) => out.u32(op.listener),
    read: (input) => ({ listener: input.u32() }),
  },
};

const NAMES_BY_CODE = new Map(Object.entries(ROWS).map(([name, row]) => [row.code, name as OpName]));

/** Every op's code, by name. */
export const OP_CODES: Readonly<Record<OpName, number>> = Object.fromEntries(
  Object.entries(ROWS).map(([name, row]) => [name, row.code]),
) as Record<OpName, number>;

/** Appends one op: its code, then its fields. */
export function writeOp(op: Op, out: FieldWriter): void {
  // The table is indexed by the op's own name, which the compiler cannot follow through a union.
  const row = ROWS[op.op] as Row<OpName>;
  out.u8(row.code);
  row.write(op, out);
}

/** Reads one op; fields that had a default are present. @throws ProtocolError for an unknown code. */
export function readOp(input: FieldReader): Op {
  const code = input.u8();
  const name = NAMES_BY_CODE.get(code);
  if (name === undefined) throw new ProtocolError(`unknown operation ${code}`);
  return { op: name, ...ROWS[name].read(input) } as Op;
}

function netnsToWire(netns: "current" | "child" | number | undefined): number {
  if (netns === undefined || netns === "current") return 0;
  return netns === "child" ? NETNS_CHILD : netns;
}

function netnsFromWire(value: number): "current" | "child" | number {
  if (value === 0) return "current";
  return value === NETNS_CHILD ? "child" : value;
}

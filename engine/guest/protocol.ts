/**
 * Requests to the agent and its responses: codes, and encode/decode of every method (`events.ts` has the rest). Mirrors
 * `kernel-image/agent/PROTOCOL.md` and `kernel-image/agent/src/protocol.h`; all three are checked by shared fixtures.
 */
import { type FieldReader, FieldWriter, ProtocolError, readAll } from "./codec.ts";
import { GuestError, type ConnectTarget } from "./guest.ts";
import { readOp, writeOp } from "./op-codec.ts";
import type { Op } from "./ops.ts";

/** What the agent of this engine answers in READY. */
export const PROTOCOL_VERSION = 1;

/** Method codes by name. */
export const METHOD = {
  restored: 1,
  ops: 2,
  start: 3,
  kill: 4,
  resize: 5,
  connect: 6,
  listen: 7,
  fileRead: 8,
  fileWrite: 9,
  treeRead: 10,
  treeWrite: 11,
  ping: 12,
} as const;

/** Names of {@link METHOD}. */
export type MethodName = keyof typeof METHOD;

/** Standard streams on the wire: stream ids, 0 for /dev/null. */
export type WireStdio =
  | { readonly mode: "pipes"; readonly stdin: number; readonly stdout: number; readonly stderr: number }
  | { readonly mode: "pty"; readonly stream: number; readonly rows: number; readonly columns: number };

interface StartFields {
  readonly joinPid: number;
  readonly joinFlags: number;
  readonly cloneFlags: number;
  readonly cgroup: string;
  readonly parentOps: readonly Op[];
  readonly childOps: readonly Op[];
  readonly stdio: WireStdio;
}

interface FileFields {
  readonly stream: number;
  readonly root: string;
  readonly path: string;
}

/** Fields of every method's request. */
export interface RequestFields {
  readonly restored: { readonly seconds: number; readonly nanoseconds: number; readonly entropy: Uint8Array };
  readonly ops: { readonly ops: readonly Op[] };
  readonly start: StartFields;
  readonly kill: { readonly pid: number; readonly signal: number };
  readonly resize: { readonly stream: number; readonly rows: number; readonly columns: number };
  readonly connect: { readonly stream: number; readonly target: ConnectTarget };
  readonly listen: { readonly path: string; readonly mode: number };
  readonly fileRead: FileFields & { readonly offset: number; readonly length: number };
  readonly fileWrite: FileFields & { readonly flags: number; readonly mode: number };
  readonly treeRead: FileFields & { readonly flags: number };
  readonly treeWrite: FileFields & { readonly flags: number };
  readonly ping: { readonly bytes: Uint8Array };
}

/** Result of every method. */
export interface ResultFields {
  readonly restored: void;
  readonly ops: Uint8Array[];
  readonly start: number;
  readonly kill: void;
  readonly resize: void;
  readonly connect: void;
  readonly listen: number;
  readonly fileRead: number;
  readonly fileWrite: void;
  readonly treeRead: void;
  readonly treeWrite: void;
  readonly ping: Uint8Array;
}

interface MethodCodec<Name extends MethodName> {
  write(fields: RequestFields[Name], out: FieldWriter): unknown;
  read(input: FieldReader): RequestFields[Name];
  writeResult(result: ResultFields[Name], out: FieldWriter): unknown;
  readResult(input: FieldReader): ResultFields[Name];
}

const NOTHING = { writeResult: () => undefined, readResult: () => undefined };
const FAMILY = { unix: 0, tcp: 1 } as const;

const CODECS: { readonly [Name in MethodName]: MethodCodec<Name> } = {
  restored: {
    write: (fields, out) => out.i64(fields.seconds).u32(fields.nanoseconds).bytes(fields.entropy),
    read: (input) => ({ seconds: input.integer(), nanoseconds: input.u32(), entropy: input.bytes() }),
    ...NOTHING,
  },
  ops: {
    write: (fields, out) => out.list(fields.ops, (op) => writeOp(op, out)),
    read: (input) => ({ ops: input.list(() => readOp(input)) }),
    writeResult: (results, out) => out.list(results, (result) => out.bytes(result)),
    readResult: (input) => input.list(() => input.bytes()),
  },
  start: {
    write: (fields, out) => {
      out.u32(fields.joinPid).u32(fields.joinFlags).u32(fields.cloneFlags).string(fields.cgroup);
      out.list(fields.parentOps, (op) => writeOp(op, out)).list(fields.childOps, (op) => writeOp(op, out));
      const { stdio } = fields;
      if (stdio.mode === "pipes") out.u8(0).u32(stdio.stdin).u32(stdio.stdout).u32(stdio.stderr);
      else out.u8(1).u32(stdio.stream).u16(stdio.rows).u16(stdio.columns);
    },
    read: (input) => ({
      joinPid: input.u32(),
      joinFlags: input.u32(),
      cloneFlags: input.u32(),
      cgroup: input.string(),
      parentOps: input.list(() => readOp(input)),
      childOps: input.list(() => readOp(input)),
      stdio: readStdio(input),
    }),
    writeResult: (pid, out) => out.u32(pid),
    readResult: (input) => input.u32(),
  },
  kill: {
    write: (fields, out) => out.u32(fields.pid).u32(fields.signal),
    read: (input) => ({ pid: input.u32(), signal: input.u32() }),
    ...NOTHING,
  },
  resize: {
    write: (fields, out) => out.u32(fields.stream).u16(fields.rows).u16(fields.columns),
    read: (input) => ({ stream: input.u32(), rows: input.u16(), columns: input.u16() }),
    ...NOTHING,
  },
  connect: {
    write: ({ stream, target }, out) => {
      out
        .u32(stream)
        .u32(target.netnsPid ?? 0)
        .u8(FAMILY[target.family]);
      if (target.family === "unix") out.string(target.path).u16(0);
      else out.string(target.address).u16(target.port);
    },
    read: (input) => ({ stream: input.u32(), target: readTarget(input) }),
    ...NOTHING,
  },
  listen: {
    write: (fields, out) => out.string(fields.path).u32(fields.mode),
    read: (input) => ({ path: input.string(), mode: input.u32() }),
    writeResult: (listener, out) => out.u32(listener),
    readResult: (input) => input.u32(),
  },
  fileRead: {
    write: (fields, out) => writeFile(fields, out).u64(fields.offset).u64(fields.length),
    read: (input) => ({ ...readFile(input), offset: input.size(), length: input.size() }),
    writeResult: (size, out) => out.u64(size),
    readResult: (input) => input.size(),
  },
  fileWrite: {
    write: (fields, out) => writeFile(fields, out).u32(fields.flags).u32(fields.mode),
    read: (input) => ({ ...readFile(input), flags: input.u32(), mode: input.u32() }),
    ...NOTHING,
  },
  treeRead: {
    write: (fields, out) => writeFile(fields, out).u32(fields.flags),
    read: (input) => ({ ...readFile(input), flags: input.u32() }),
    ...NOTHING,
  },
  treeWrite: {
    write: (fields, out) => writeFile(fields, out).u32(fields.flags),
    read: (input) => ({ ...readFile(input), flags: input.u32() }),
    ...NOTHING,
  },
  ping: {
    write: (fields, out) => out.bytes(fields.bytes),
    read: (input) => ({ bytes: input.bytes() }),
    writeResult: (bytes, out) => out.bytes(bytes),
    readResult: (input) => input.bytes(),
  },
};

const METHOD_NAMES = new Map(Object.entries(METHOD).map(([name, code]) => [code as number, name as MethodName]));

/** The method with this code, if there is one. */
export function methodName(code: number): MethodName | undefined {
  return METHOD_NAMES.get(code);
}

/** Payload of a REQUEST. */
export function encodeRequest<Name extends MethodName>(method: Name, fields: RequestFields[Name]): Uint8Array {
  const out = new FieldWriter();
  CODECS[method].write(fields, out);
  return out.finish();
}

/** Fields of a REQUEST's payload. @throws ProtocolError */
export function decodeRequest<Name extends MethodName>(method: Name, payload: Uint8Array): RequestFields[Name] {
  return readAll(payload, (input) => CODECS[method].read(input));
}

/** Payload of a RESPONSE: a result, or a failure. */
export function encodeResponse<Name extends MethodName>(
  method: Name,
  outcome: { result: ResultFields[Name] } | { error: GuestError },
): Uint8Array {
  const out = new FieldWriter();
  if ("error" in outcome) {
    const { error } = outcome;
    out.i32(error.errno).u8(PHASES.indexOf(error.phase)).u32(error.opIndex).string(error.message);
  } else {
    CODECS[method].writeResult(outcome.result, out.i32(0));
  }
  return out.finish();
}

/** The result of a RESPONSE. @throws GuestError when it is a failure */
export function decodeResponse<Name extends MethodName>(method: Name, payload: Uint8Array): ResultFields[Name] {
  return readAll(payload, (input) => {
    const errno = input.i32();
    if (errno === 0) return CODECS[method].readResult(input);
    const phase = PHASES[input.u8()];
    if (phase === undefined) throw new ProtocolError("a failure has no such phase");
    throw new GuestError({ errno, phase, opIndex: input.u32(), detail: input.string() });
  });
}

const PHASES = ["request", "parent", "child"] as const satisfies readonly GuestError["phase"][];

function readStdio(input: FieldReader): WireStdio {
  const mode = input.u8();
  if (mode === 0) return { mode: "pipes", stdin: input.u32(), stdout: input.u32(), stderr: input.u32() };
  if (mode === 1) return { mode: "pty", stream: input.u32(), rows: input.u16(), columns: input.u16() };
  throw new ProtocolError(`unknown stdio mode ${mode}`);
}

function readTarget(input: FieldReader): ConnectTarget {
  const netnsPid = input.u32();
  const family = input.u8();
  const address = input.string();
  const port = input.u16();
  if (family === FAMILY.unix) return { family: "unix", path: address, netnsPid };
  if (family === FAMILY.tcp) return { family: "tcp", address, port, netnsPid };
  throw new ProtocolError(`unknown address family ${family}`);
}

function writeFile(fields: FileFields, out: FieldWriter): FieldWriter {
  return out.u32(fields.stream).string(fields.root).string(fields.path);
}

function readFile(input: FieldReader): FileFields {
  return { stream: input.u32(), root: input.string(), path: input.string() };
}

// The wire format of PROTOCOL.md for the agent's own tests: enough to ask and to read answers.

export const FRAME = { REQUEST: 1, RESPONSE: 2, EVENT: 3, DATA: 4, CREDIT: 5, CLOSE: 6, RESET: 7, LINK_ACK: 8, OPEN: 9 };
export const METHOD = {
  RESTORED: 1, OPS: 2, START: 3, KILL: 4, RESIZE: 5, CONNECT: 6, LISTEN: 7, FILE_READ: 8, FILE_WRITE: 9,
  TREE_READ: 10, TREE_WRITE: 11, PING: 12,
};
export const EVENT = { READY: 1, EXIT: 2, LOG: 3 };

const SIZES = { 1: 1, 2: 2, 4: 4, 8: 8 };

/** Encodes values by a signature of codec.h; `O` takes encoded ops, `x` an xattr list. */
export function encode(signature, values) {
  const parts = [];
  const number = (value, size) => {
    const part = Buffer.alloc(size);
    const big = BigInt.asUintN(size * 8, BigInt(value));
    for (let i = 0; i < size; i++) part[i] = Number((big >> BigInt(8 * i)) & 255n);
    parts.push(part);
  };
  const run = (value) => {
    const bytes = Buffer.from(value);
    number(bytes.length, 4);
    parts.push(bytes);
  };
  [...signature].forEach((kind, i) => {
    const value = values[i];
    if (SIZES[kind]) number(value, SIZES[kind]);
    else if (kind === 's' || kind === 'b') run(value);
    else {
      number(value.length, 4);
      for (const item of value) {
        if (kind === 'S') run(item);
        else if (kind === 'L') number(item, 4);
        else if (kind === 'O') parts.push(item);
        else if (kind === 'x') { run(item[0]); run(item[1]); }
      }
    }
  });
  return Buffer.concat(parts);
}

/** Reads fields one after the other. */
export class Reader {
  constructor(bytes) { this.bytes = bytes; this.at = 0; }
  get done() { return this.at === this.bytes.length; }
  number(size) {
    let value = 0n;
    for (let i = 0; i < size; i++) value |= BigInt(this.bytes[this.at + i]) << BigInt(8 * i);
    this.at += size;
    return size === 8 ? value : Number(value);
  }
  u8() { return this.number(1); }
  u16() { return this.number(2); }
  u32() { return this.number(4); }
  i32() { return this.number(4) | 0; }
  u64() { return this.number(8); }
  run() {
    const length = this.u32();
    if (this.at + length > this.bytes.length) throw new Error('short field');
    return this.bytes.subarray(this.at, (this.at += length));
  }
  string() { return this.run().toString(); }
  list(item) { return Array.from({ length: this.u32() }, () => item()); }
}

export function frame(type, code, id, payload = Buffer.alloc(0)) {
  return Buffer.concat([encode('41124', [payload.length, type, 0, code, id]), payload]);
}

const OPS = {
  mkdir: [1, 's41'], mount: [2, 'sss4s'], umount: [3, 's4'], write: [4, 'sb44'], read: [5, 's1'],
  symlink: [6, 'ss'], mknod: [7, 's444'], chmod: [8, 's4'], chown: [9, 's44'], unlink: [10, 's'],
  remove: [11, 's'], rmdir: [12, 's'], rename: [13, 'ss'], pivotRoot: [14, 's'], chdir: [15, 's1'],
  hostname: [16, 's'], domainname: [17, 's'], rlimit: [18, '488'], user: [19, '44L'], caps: [20, '88888'],
  prctl: [21, '44444'], seccomp: [22, '4b'], unshare: [23, '4'], setns: [24, 's4'], netlink: [25, '44bL1'],
  tty: [26, ''], exec: [27, 'SSs'], openTree: [28, '1s1'], moveMount: [29, '1s414'], mask: [30, 's'],
  readonly: [31, 's'], stat: [32, 's1'], readdir: [33, 's'], statfs: [34, 's'], deviceProgram: [35, 'sb'],
  readlink: [36, 's'], umask: [37, '4'], sync: [38, ''], listen: [39, '441s2'], unlisten: [40, '4'],
};

/** op.mkdir(path, mode, parents) and so on: one encoded op. */
export const op = Object.fromEntries(
  Object.entries(OPS).map(([name, [code, signature]]) => [
    name,
    (...values) => Buffer.concat([Buffer.from([code]), encode(signature, values)]),
  ]),
);

export const request = {
  ops: (ops) => encode('O', [ops]),
  startPipes: (s) =>
    encode('444sOO1444', [
      s.join ?? 0, s.joinFlags ?? 0, s.cloneFlags ?? 0, s.cgroup ?? '', s.parentOps ?? [], s.childOps, 0,
      s.stdin ?? 0, s.stdout ?? 0, s.stderr ?? 0,
    ]),
  startPty: (s) =>
    encode('444sOO1422', [
      s.join ?? 0, s.joinFlags ?? 0, s.cloneFlags ?? 0, s.cgroup ?? '', s.parentOps ?? [], s.childOps, 1,
      s.stream, s.rows ?? 24, s.columns ?? 80,
    ]),
};

/** One tree record header with its length in front (content is not included). */
export function treeRecord(r) {
  const header = encode('s44488444s1x', [
    r.path, r.mode, r.uid ?? 0, r.gid ?? 0, r.size ?? 0, r.mtime ?? 0, r.mtimeNs ?? 0, r.major ?? 0, r.minor ?? 0,
    r.link ?? '', r.hard ? 1 : 0, r.xattrs ?? [],
  ]);
  return Buffer.concat([encode('4', [header.length]), header]);
}

export function readTreeHeader(bytes) {
  const r = new Reader(bytes);
  return {
    path: r.string(), mode: r.u32(), uid: r.u32(), gid: r.u32(), size: Number(r.u64()), mtime: Number(r.u64()),
    mtimeNs: r.u32(), major: r.u32(), minor: r.u32(), link: r.string(), hard: r.u8() === 1,
    xattrs: r.list(() => [r.string(), Buffer.from(r.run())]),
  };
}

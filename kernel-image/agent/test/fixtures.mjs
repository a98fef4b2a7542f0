// The byte fixtures both sides test against: testdata/<kind>.hex (stub/: of the docker stub) is one comment line, a JSON value
// that says what the bytes mean, then the bytes in hex. `node test/fixtures.mjs --write` renews them.
import { readFileSync, readdirSync, writeFileSync, mkdirSync } from 'node:fs';
import { encode, frame, op, request, treeRecord, FRAME, METHOD, EVENT } from './wire.mjs';

const directory = new URL('../testdata/', import.meta.url);
const text = (s) => Buffer.from(s);
const response = (...parts) => Buffer.concat([encode('4', [0]), ...parts]);
const failure = (errno, phase, index, detail) => encode('414s', [errno, phase, index, detail]);
const exec = op.exec(['/bin/sh', '-c', 'exit 3'], ['PATH=/bin', 'TERM=xterm'], '');

const filter = Buffer.from('060000000000ff7f', 'hex'); // one instruction: return SECCOMP_RET_ALLOW
const bpf = Buffer.from('b7000000010000009500000000000000', 'hex'); // r0 = 1; exit
const getlink = Buffer.from('200000001200050001000000000000000000000000000000000000000000000000000000'.slice(0, 64), 'hex');

const OPS = {
  mkdir: [{ path: '/a/b', mode: 0o755, parents: true }, op.mkdir('/a/b', 0o755, 1)],
  mount: [
    { source: 'overlay', target: '/m', type: 'overlay', flags: 6, data: 'lowerdir=/l,upperdir=/u,workdir=/w' },
    op.mount('overlay', '/m', 'overlay', 6, 'lowerdir=/l,upperdir=/u,workdir=/w'),
  ],
  umount: [{ target: '/m', flags: 2 }, op.umount('/m', 2)],
  write: [{ path: '/f', bytesHex: '68690a', openFlags: 0o1101, mode: 0o644 }, op.write('/f', text('hi\n'), 0o1101, 0o644)],
  read: [{ path: '/proc/$PID/status', optional: true }, op.read('/proc/$PID/status', 1)],
  symlink: [{ target: '../t', path: '/l' }, op.symlink('../t', '/l')],
  mknod: [{ path: '/dev/null', mode: 0o20666, major: 1, minor: 3 }, op.mknod('/dev/null', 0o20666, 1, 3)],
  chmod: [{ path: '/f', mode: 0o4755 }, op.chmod('/f', 0o4755)],
  chown: [{ path: '/f', uid: 1000, gid: 4294967295 }, op.chown('/f', 1000, 4294967295)],
  unlink: [{ path: '/f' }, op.unlink('/f')],
  remove: [{ path: '/tree' }, op.remove('/tree')],
  rmdir: [{ path: '/d' }, op.rmdir('/d')],
  rename: [{ from: '/a', to: '/b' }, op.rename('/a', '/b')],
  'pivot-root': [{ newRoot: '/new' }, op.pivotRoot('/new')],
  chdir: [{ path: '/work', create: true }, op.chdir('/work', 1)],
  hostname: [{ name: 'höst' }, op.hostname('höst')],
  domainname: [{ name: 'example' }, op.domainname('example')],
  rlimit: [{ resource: 7, soft: '1024', hard: '18446744073709551615' }, op.rlimit(7, 1024n, 2n ** 64n - 1n)],
  user: [{ uid: 33, gid: 33, groups: [33, 4, 65534] }, op.user(33, 33, [33, 4, 65534])],
  caps: [
    { bounding: '2818844155', effective: '2818844155', permitted: '2818844155', inheritable: '0', ambient: '1099511627776' },
    op.caps(2818844155n, 2818844155n, 2818844155n, 0n, 1099511627776n),
  ],
  prctl: [{ option: 38, arguments: [1, 0, 0, 0] }, op.prctl(38, 1, 0, 0, 0)],
  seccomp: [{ flags: 2, filterHex: filter.toString('hex') }, op.seccomp(2, filter)],
  unshare: [{ flags: 0x40000000 }, op.unshare(0x40000000)],
  setns: [{ path: '/proc/7/ns/net', flags: 0x40000000 }, op.setns('/proc/7/ns/net', 0x40000000)],
  netlink: [
    { protocol: 0, netnsPid: 4294967295, messagesHex: getlink.toString('hex'), pidOffsets: [12], optional: false },
    op.netlink(0, 0xffffffff, getlink, [12], 0),
  ],
  tty: [{}, op.tty()],
  exec: [{ argv: ['/bin/sh', '-c', 'exit 3'], env: ['PATH=/bin', 'TERM=xterm'], path: '' }, exec],
  'open-tree': [{ slot: 5, path: '/src', recursive: true }, op.openTree(5, '/src', 1)],
  'move-mount': [
    { slot: 5, target: '/dst', attributes: 1, recursive: true, propagation: 0x40000 },
    op.moveMount(5, '/dst', 1, 1, 0x40000),
  ],
  mask: [{ path: '/proc/kcore' }, op.mask('/proc/kcore')],
  readonly: [{ path: '/proc/sys' }, op.readonly('/proc/sys')],
  stat: [{ path: '/f', follow: false }, op.stat('/f', 0)],
  readdir: [{ path: '/d' }, op.readdir('/d')],
  statfs: [{ path: '/' }, op.statfs('/')],
  'device-program': [{ cgroup: '/sys/fs/cgroup/docker/x', instructionsHex: bpf.toString('hex') }, op.deviceProgram('/sys/fs/cgroup/docker/x', bpf)],
  readlink: [{ path: '/l' }, op.readlink('/l')],
  umask: [{ mask: 0o22 }, op.umask(0o22)],
  sync: [{}, op.sync()],
  listen: [
    { netnsPid: 4294967295, listener: 2147483649, family: 'udp', address: '127.0.0.11', port: 53 },
    op.listen(0xffffffff, 0x80000001, 2, '127.0.0.11', 53),
  ],
  unlisten: [{ listener: 2147483649 }, op.unlisten(0x80000001)],
};

const RESULTS = {
  stat: [
    { mode: 0o100644, uid: 1000, gid: 100, nlink: 2, major: 0, minor: 0, size: '5000000000', ino: '42', mtime: '-1', mtimeNs: 999999999 },
    encode('4444448884', [0o100644, 1000, 100, 2, 0, 0, 5000000000n, 42n, -1n, 999999999]),
  ],
  readdir: [{ names: ['.hidden', 'B', 'a', 'é'] }, encode('S', [['.hidden', 'B', 'a', 'é']])],
  statfs: [{ totalBytes: '1073741824', freeBytes: '536870912', files: '1000', freeFiles: '999' }, encode('8888', [1073741824n, 536870912n, 1000n, 999n])],
};

const requestFrame = (method, id, payload) => frame(FRAME.REQUEST, METHOD[method], id, payload);
const parentOps = [op.mkdir('/sys/fs/cgroup/docker/x', 0o755, 0)];
const FRAMES = {
  'request-restored': [{ method: 'RESTORED', id: 1, seconds: '1767225600', nanoseconds: 5, entropyHex: '0102030405060708' }, requestFrame('RESTORED', 1, encode('84b', [1767225600n, 5, Buffer.from('0102030405060708', 'hex')]))],
  'request-ops': [{ method: 'OPS', id: 2, ops: ['mkdir', 'sync'] }, requestFrame('OPS', 2, request.ops([OPS.mkdir[1], OPS.sync[1]]))],
  'request-start-pipes': [
    { method: 'START', id: 3, joinPid: 0, joinFlags: 0, cloneFlags: 0x20000, cgroup: '/sys/fs/cgroup/docker/x', parentOps: [{ mkdir: '/sys/fs/cgroup/docker/x', mode: 0o755, parents: false }], childOps: ['hostname', 'exec'], stdin: 10, stdout: 11, stderr: 12 },
    requestFrame('START', 3, request.startPipes({ cloneFlags: 0x20000, cgroup: '/sys/fs/cgroup/docker/x', parentOps, childOps: [OPS.hostname[1], exec], stdin: 10, stdout: 11, stderr: 12 })),
  ],
  'request-start-pty': [
    { method: 'START', id: 4, joinPid: 77, joinFlags: 0x20000, cloneFlags: 0, cgroup: '', parentOps: [], childOps: ['tty', 'exec'], stream: 20, rows: 24, columns: 80 },
    requestFrame('START', 4, request.startPty({ join: 77, joinFlags: 0x20000, childOps: [OPS.tty[1], exec], stream: 20 })),
  ],
  'request-kill': [{ method: 'KILL', id: 5, pid: 77, signal: 15 }, requestFrame('KILL', 5, encode('44', [77, 15]))],
  'request-resize': [{ method: 'RESIZE', id: 6, stream: 20, rows: 50, columns: 132 }, requestFrame('RESIZE', 6, encode('422', [20, 50, 132]))],
  'request-connect': [{ method: 'CONNECT', id: 7, stream: 21, netnsPid: 77, family: 'tcp', address: '127.0.0.1', port: 8080 }, requestFrame('CONNECT', 7, encode('441s2', [21, 77, 1, '127.0.0.1', 8080]))],
  'request-connect-unix': [{ method: 'CONNECT', id: 7, stream: 21, netnsPid: 0, family: 'unix', address: '/run/x.sock', port: 0 }, requestFrame('CONNECT', 7, encode('441s2', [21, 0, 0, '/run/x.sock', 0]))],
  'request-listen': [{ method: 'LISTEN', id: 8, path: '/var/run/docker.sock', mode: 0o660 }, requestFrame('LISTEN', 8, encode('s4', ['/var/run/docker.sock', 0o660]))],
  'request-file-read': [{ method: 'FILE_READ', id: 9, stream: 22, root: '/m', path: '/etc/passwd', offset: '0', length: '0' }, requestFrame('FILE_READ', 9, encode('4ss88', [22, '/m', '/etc/passwd', 0n, 0n]))],
  'request-file-write': [{ method: 'FILE_WRITE', id: 10, stream: 23, root: '', path: '/f', openFlags: 0o1101, mode: 0o644 }, requestFrame('FILE_WRITE', 10, encode('4ss44', [23, '', '/f', 0o1101, 0o644]))],
  'request-tree-read': [{ method: 'TREE_READ', id: 11, stream: 24, root: '/m', path: '/etc', flags: 1 }, requestFrame('TREE_READ', 11, encode('4ss4', [24, '/m', '/etc', 1]))],
  'request-tree-write': [{ method: 'TREE_WRITE', id: 12, stream: 25, root: '/m', path: '/etc', flags: 1 }, requestFrame('TREE_WRITE', 12, encode('4ss4', [25, '/m', '/etc', 1]))],
  'request-ping': [{ method: 'PING', id: 4294967295, bytesHex: '00ff' }, requestFrame('PING', 0xffffffff, encode('b', [Buffer.from('00ff', 'hex')]))],
  'response-start': [{ method: 'START', id: 3, pid: 77 }, frame(FRAME.RESPONSE, METHOD.START, 3, response(encode('4', [77])))],
  'response-ops': [{ method: 'OPS', id: 2, resultsHex: ['', '6869'] }, frame(FRAME.RESPONSE, METHOD.OPS, 2, response(encode('S', [['', 'hi']])))],
  'response-failure': [
    { method: 'START', id: 3, errno: 22, phase: 2, opIndex: 4, detail: 'mount(overlay, /x): Invalid argument' },
    frame(FRAME.RESPONSE, METHOD.START, 3, failure(22, 2, 4, 'mount(overlay, /x): Invalid argument')),
  ],
  'event-ready': [{ event: 'READY', version: 1, release: '6.12.38' }, frame(FRAME.EVENT, EVENT.READY, 0, encode('4s', [1, '6.12.38']))],
  'event-exit': [{ event: 'EXIT', pid: 77, status: 768, userMicros: '1500', systemMicros: '2500' }, frame(FRAME.EVENT, EVENT.EXIT, 0, encode('4488', [77, 768, 1500n, 2500n]))],
  'event-log': [{ event: 'LOG', level: 4, text: 'boot: x' }, frame(FRAME.EVENT, EVENT.LOG, 0, encode('1s', [4, 'boot: x']))],
  data: [{ type: 'DATA', id: 10, bytesHex: '68656c6c6f' }, frame(FRAME.DATA, 0, 10, text('hello'))],
  credit: [{ type: 'CREDIT', id: 10, amount: 16384 }, frame(FRAME.CREDIT, 0, 10, encode('4', [16384]))],
  close: [{ type: 'CLOSE', id: 10 }, frame(FRAME.CLOSE, 0, 10)],
  reset: [{ type: 'RESET', id: 10, errno: 32 }, frame(FRAME.RESET, 0, 10, encode('4', [32]))],
  'link-ack': [{ type: 'LINK_ACK', total: 4294967000 }, frame(FRAME.LINK_ACK, 0, 0, encode('4', [4294967000]))],
  open: [{ type: 'OPEN', id: 2147483649, listener: 1, peerPid: 99, peerUid: 1000 }, frame(FRAME.OPEN, 0, 0x80000001, encode('444', [1, 99, 1000]))],
};

const RECORDS = {
  directory: { path: '', mode: 0o40755, mtime: 1767225600, mtimeNs: 1 },
  file: { path: 'a/f', mode: 0o104755, uid: 1, gid: 2, size: 5, mtime: -5, mtimeNs: 999999999, xattrs: [['security.capability', '0100000200200000000000000000000000000000']] },
  symlink: { path: 'a/l', mode: 0o120777, link: '../t' },
  'hard-link': { path: 'a/z', mode: 0o100644, link: 'a/f', hard: true },
  device: { path: 'wh', mode: 0o20000, major: 0, minor: 0 },
  opaque: { path: 'd', mode: 0o40700, xattrs: [['trusted.overlay.opaque', '79'], ['user.x', '']] },
};

const stubFrame = (type, payload = Buffer.alloc(0)) => Buffer.concat([encode('41', [payload.length, type]), payload]);
const STUB = {
  hello: [
    { argv: ['docker', 'run', ''], env: ['PATH=/bin', 'A=ü'], cwd: '/root', terminals: 7, rows: 24, columns: 80, uid: 0, gid: 0, pid: 42 },
    stubFrame(1, encode('SSs122444', [['docker', 'run', ''], ['PATH=/bin', 'A=ü'], '/root', 7, 24, 80, 0, 0, 42])),
  ],
  stdin: [{ bytesHex: '61620a' }, stubFrame(2, text('ab\n'))],
  'stdin-eof': [{}, stubFrame(3)],
  signal: [{ signal: 2 }, stubFrame(4, encode('4', [2]))],
  winch: [{ rows: 50, columns: 132 }, stubFrame(5, encode('22', [50, 132]))],
  stdout: [{ bytesHex: '6f75740a' }, stubFrame(1, text('out\n'))],
  stderr: [{ bytesHex: '6572720a' }, stubFrame(2, text('err\n'))],
  'stdin-credit': [{ amount: 65536 }, stubFrame(3, encode('4', [65536]))],
  'raw-on': [{ raw: true }, stubFrame(4, encode('1', [1]))],
  'raw-off': [{ raw: false }, stubFrame(4, encode('1', [0]))],
  exit: [{ code: 125 }, stubFrame(5, encode('4', [125]))],
  'signal-self': [{ signal: 15 }, stubFrame(6, encode('4', [15]))],
};

function treeFixture(record) {
  const xattrs = (record.xattrs ?? []).map(([name, hex]) => [name, Buffer.from(hex, 'hex')]);
  const full = { uid: 0, gid: 0, size: 0, mtime: 0, mtimeNs: 0, major: 0, minor: 0, link: '', hard: false, ...record };
  const value = { ...full, xattrsHex: record.xattrs ?? [] };
  delete value.xattrs;
  return [value, treeRecord({ ...full, xattrs })];
}

/** name → [value, bytes], of every fixture. */
export function fixtures() {
  const all = {};
  for (const [name, entry] of Object.entries(OPS)) all[`op-${name}`] = entry;
  for (const [name, entry] of Object.entries(RESULTS)) all[`result-${name}`] = entry;
  for (const [name, entry] of Object.entries(FRAMES)) all[`frame-${name}`] = entry;
  for (const [name, record] of Object.entries(RECORDS)) all[`tree-${name}`] = treeFixture(record);
  all['tree-end'] = [{}, encode('4', [0])];
  for (const [name, entry] of Object.entries(STUB)) all[`stub/${name}`] = entry;
  return all;
}

const format = ([value, bytes]) => `# ${JSON.stringify(value)}\n${bytes.toString('hex').replace(/.{64}/g, '$&\n').trimEnd()}\n`;

/** The names of fixtures whose file differs from what this file says, or is missing or extra. */
export function staleFixtures() {
  const all = fixtures();
  const files = readdirSync(directory, { recursive: true }).filter((f) => f.endsWith('.hex'));
  const stale = files.filter((f) => !all[f.slice(0, -4)]);
  for (const [name, entry] of Object.entries(all)) {
    if (!files.includes(`${name}.hex`) || readFileSync(new URL(`${name}.hex`, directory), 'utf8') !== format(entry)) stale.push(name);
  }
  return stale;
}

if (process.argv.includes('--write')) {
  mkdirSync(new URL('stub/', directory), { recursive: true });
  for (const [name, entry] of Object.entries(fixtures())) writeFileSync(new URL(`${name}.hex`, directory), format(entry));
}

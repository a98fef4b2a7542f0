import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { encode, op, request, Reader } from './wire.mjs';

const STUB = new URL(`../${process.env.BUILD ?? 'build-native'}/docker`, import.meta.url).pathname;
const ENV = ['PATH=/usr/bin:/bin', 'DRYDOCK_CLI_SOCK=/mnt/cli.sock', 'ASAN_OPTIONS=detect_leaks=0'];
const OUT = { STDOUT: 1, STDERR: 2, STDIN_CREDIT: 3, RAW: 4, EXIT: 5, SIGNAL_SELF: 6 };
const IN = { HELLO: 1, STDIN: 2, STDIN_EOF: 3, SIGNAL: 4, WINCH: 5 };

/** The engine's end of one stub. */
class Peer {
  #input = Buffer.alloc(0);
  frames = [];
  constructor(stream) {
    this.stream = stream;
    this.taken = 0;
    stream.onData = (bytes) => this.#receive(bytes);
    const early = stream.data;
    if (early.length) this.#receive(early);
  }
  #receive(bytes) {
    this.#input = Buffer.concat([this.#input, bytes]);
    while (this.#input.length >= 5 && this.#input.length >= 5 + this.#input.readUInt32LE(0)) {
      const length = this.#input.readUInt32LE(0);
      this.frames.push({ type: this.#input[4], payload: this.#input.subarray(5, 5 + length) });
      this.#input = this.#input.subarray(5 + length);
    }
    this.wake?.();
  }
  async next() {
    while (this.taken === this.frames.length) await new Promise((resolve) => (this.wake = resolve));
    return this.frames[this.taken++];
  }
  send(type, payload) { return this.stream.write(Buffer.concat([encode('41', [payload.length, type]), payload])); }
  number(type, n) { return this.send(type, encode('4', [n])); }
}

async function listen(agent) {
  await agent.request('LISTEN', encode('s4', ['/mnt/cli.sock', 0o666]));
  return () => new Promise((resolve) => (agent.onOpen = (stream) => resolve(new Peer(stream))));
}

async function stubOnPipes(agent, argv = ['docker']) {
  const accept = (await listen(agent))();
  const [stdin, stdout, stderr] = [agent.stream(), agent.stream(), agent.stream()];
  const r = await agent.request('START', request.startPipes({ stdin: stdin.id, stdout: stdout.id, stderr: stderr.id, childOps: [op.chdir('/usr', 0), op.exec(argv, ENV, STUB)] }));
  return { pid: r.u32(), stdin, stdout, stderr, peer: await accept };
}

const fixture = (name) => Buffer.from(readFileSync(new URL(`../testdata/stub/${name}.hex`, import.meta.url), 'utf8').replace(/^#.*\n/, '').replace(/\s/g, ''), 'hex');

function readHello({ type, payload }) {
  assert.equal(type, IN.HELLO);
  const r = new Reader(payload);
  const hello = {
    argv: r.list(() => r.string()), env: r.list(() => r.string()), cwd: r.string(), tty: r.u8(), rows: r.u16(), columns: r.u16(), uid: r.u32(), gid: r.u32(), pid: r.u32(),
  };
  assert.ok(r.done);
  return hello;
}

export default {
  'HELLO tells argv, environment, directory and ids; EXIT is the exit code': async (start) => {
    const agent = await start();
    const p = await stubOnPipes(agent, ['docker', 'run', '', 'ünï']);
    assert.deepEqual(readHello(await p.peer.next()), { argv: ['docker', 'run', '', 'ünï'], env: ENV, cwd: '/usr', tty: 0, rows: 0, columns: 0, uid: 0, gid: 0, pid: p.pid });
    await p.peer.send(OUT.STDOUT, Buffer.from('out\n'));
    await p.peer.send(OUT.STDERR, Buffer.from('err\n'));
    await p.peer.number(OUT.EXIT, 125);
    assert.equal((await agent.waitExit(p.pid)).status, 125 << 8);
    assert.deepEqual([p.stdout.text, p.stderr.text], ['out\n', 'err\n']);
  },

  'the fixtures are the frames it speaks': async (start) => {
    const hello = readHello({ type: fixture('hello')[4], payload: fixture('hello').subarray(5) });
    assert.deepEqual([hello.argv, hello.cwd, hello.columns, hello.pid], [['docker', 'run', ''], '/root', 80, 42]);
    const agent = await start();
    const p = await stubOnPipes(agent);
    await p.peer.next();
    await p.stdin.write(Buffer.from('ab\n'));
    for (const name of ['raw-on', 'raw-off', 'stdout', 'stderr', 'stdin-credit']) await p.peer.stream.write(fixture(name));
    const stdin = await p.peer.next();
    assert.deepEqual([stdin.type, stdin.payload], [fixture('stdin')[4], fixture('stdin').subarray(5)]);
    p.stdin.close();
    assert.equal((await p.peer.next()).type, fixture('stdin-eof')[4]);
    await agent.request('KILL', encode('44', [p.pid, 2]));
    const signal = await p.peer.next();
    assert.deepEqual([signal.type, signal.payload], [fixture('signal')[4], fixture('signal').subarray(5)]);
    await p.peer.stream.write(fixture('exit'));
    assert.equal((await agent.waitExit(p.pid)).status, 125 << 8);
    assert.deepEqual([p.stdout.text, p.stderr.text], ['out\n', 'err\n']);
  },

  'stdin is read as far as credit goes, then its end is told': async (start) => {
    const agent = await start();
    const p = await stubOnPipes(agent);
    await p.peer.next();
    await p.stdin.write(Buffer.from('0123456789'));
    p.stdin.close();
    await new Promise((resolve) => setTimeout(resolve, 100));
    assert.equal(p.peer.frames.length, 1);
    await p.peer.number(OUT.STDIN_CREDIT, 4);
    const first = await p.peer.next();
    assert.deepEqual([first.type, first.payload.toString()], [IN.STDIN, '0123']);
    await p.peer.number(OUT.STDIN_CREDIT, 1000);
    assert.equal((await p.peer.next()).payload.toString(), '456789');
    assert.equal((await p.peer.next()).type, IN.STDIN_EOF);
    await p.peer.number(OUT.EXIT, 0);
    assert.equal((await agent.waitExit(p.pid)).status, 0);
  },

  'large output passes a slow reader, and signals pass meanwhile': async (start) => {
    const agent = await start();
    const p = await stubOnPipes(agent);
    await p.peer.next();
    p.stdout.reading = false;
    const bytes = Buffer.alloc(900000, 'abcdefg');
    const sending = p.peer.send(OUT.STDOUT, bytes);
    await new Promise((resolve) => setTimeout(resolve, 200));
    await agent.request('KILL', encode('44', [p.pid, 2]));
    const signal = await p.peer.next();
    assert.deepEqual([signal.type, signal.payload.readUInt32LE(0)], [IN.SIGNAL, 2]);
    p.stdout.reading = true;
    p.stdout.giveCredit();
    await sending;
    await p.peer.number(OUT.EXIT, 7);
    assert.equal((await agent.waitExit(p.pid)).status, 7 << 8);
    assert.ok(p.stdout.data.equals(bytes));
  },

  'SIGNAL_SELF is a death by that signal, a lost stdout one by SIGPIPE': async (start) => {
    const agent = await start();
    const p = await stubOnPipes(agent);
    await p.peer.next();
    await p.peer.number(OUT.SIGNAL_SELF, 15);
    assert.equal((await agent.waitExit(p.pid)).status & 127, 15);
    const q = await stubOnPipes(agent);
    await q.peer.next();
    q.stdout.reset();
    await q.peer.send(OUT.STDOUT, Buffer.from('x'));
    assert.equal((await agent.waitExit(q.pid)).status & 127, 13);
  },

  'without an engine: the message of docker, exit 1': async (start) => {
    const agent = await start();
    const message = 'Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?\n';
    const stderr = agent.stream();
    const r = await agent.request('START', request.startPipes({ stderr: stderr.id, childOps: [op.exec(['docker'], ENV, STUB)] }));
    assert.equal((await agent.waitExit(r.u32())).status, 1 << 8);
    assert.equal(stderr.text, message);
    const p = await stubOnPipes(agent);
    await p.peer.next();
    p.peer.stream.reset();
    assert.equal((await agent.waitExit(p.pid)).status, 1 << 8);
    assert.equal(p.stderr.text, message);
  },

  'on a terminal: its size, raw mode, ^C and WINCH; it is restored at the end': async (start) => {
    const agent = await start();
    const accept = (await listen(agent))();
    const s = agent.stream();
    const script = `${STUB} ps; echo code $?; stty -a | grep -o -- "-*icanon"`;
    const r = await agent.request('START', request.startPty({ stream: s.id, rows: 33, columns: 99, childOps: [op.tty(), op.exec(['sh', '-c', script], ENV, '')] }));
    const pid = r.u32();
    const peer = await accept;
    const hello = readHello(await peer.next());
    assert.deepEqual([hello.argv.slice(1), hello.tty, hello.rows, hello.columns], [['ps'], 7, 33, 99]);
    await s.write(Buffer.from([3])); // cooked: a signal
    const signal = await peer.next();
    assert.deepEqual([signal.type, signal.payload.readUInt32LE(0)], [IN.SIGNAL, 2]);
    await peer.send(OUT.RAW, Buffer.from([1]));
    await peer.number(OUT.STDIN_CREDIT, 10);
    await peer.send(OUT.STDOUT, Buffer.from('raw!'));
    await s.until(/raw!/);
    await s.write(Buffer.from([3, 13])); // raw: bytes
    assert.deepEqual([...(await peer.next()).payload], [3, 13]);
    await agent.request('RESIZE', encode('422', [s.id, 40, 120]));
    const winch = await peer.next();
    assert.deepEqual([winch.type, winch.payload.toString('hex')], [IN.WINCH, '28007800']);
    await peer.number(OUT.EXIT, 9);
    await agent.waitExit(pid);
    // sh itself also got the ^C and ends after its command.
    assert.ok(/code 9\r\nicanon/.test(s.text) || (agent.exits.get(pid).status & 127) === 2, s.text);
  },

  'a signal that was ignored stays ignored': async (start) => {
    const agent = await start();
    const accept = (await listen(agent))();
    const r = await agent.request('START', request.startPipes({ childOps: [op.exec(['sh', '-c', `trap "" HUP; exec ${STUB}`], ENV, '')] }));
    const pid = r.u32();
    const peer = await accept;
    await peer.next();
    await agent.request('KILL', encode('44', [pid, 1]));
    await agent.request('KILL', encode('44', [pid, 10]));
    const signal = await peer.next();
    assert.equal(signal.payload.readUInt32LE(0), 10);
    await peer.number(OUT.EXIT, 0);
    assert.equal((await agent.waitExit(pid)).status, 0);
  },
};
